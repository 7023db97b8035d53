"""A day of the parts that ``tis-esr run`` is made of, walked stage by stage so that its end can be compared.

Files are found by the sweep or told of by events, exports are asked for by command, and both are handled by
the services. Any number of processes may walk one day together: a stage is over when nobody holds anything
of it. Services that simply run until stopped look things up while others still come in, so what they end in
depends on timing; here it does not.
"""

import asyncio
from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path

from tis_esr.engine.faults import TransientError
from tis_esr.engine.runner import Runner
from tis_esr.files.file_store import FileStore
from tis_esr.files.folder import Folder
from tis_esr.operations.composition import system
from tis_esr.operations.configured_stores import inbound_store, outbound_store
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.contracts.commands import APPLICANT_COMMAND, NOTIFICATION_COMMAND, ask
from tis_esr.services.data_exporter import export_run
from tis_esr.services.flow import AFTER_APPLICANTS, STAGES, TELLING
from tis_esr.services.inbound_data_reader import file_splitting
from tis_esr.services.inbound_data_reader.arrivals import Arrivals, announce
from tis_esr.settings import Settings

CHUNKS = ((file_splitting, 40), (export_run, 15))
"""So few rows a chunk that a small day has many."""

ARRIVED = "esr.queue.file.arrived"


def parts(settings: Settings, day: date, state: Path | None) -> None:
    """Run such a day with the stores that the settings name, to its end."""
    inbound = inbound_store(settings)
    if isinstance(inbound, Folder):
        inbound = Folder(Path(settings.inbound))  # its files have lain there for long
    asyncio.run(day_of_parts(settings, inbound, outbound_store(settings), day, state))


async def day_of_parts(
    settings: Settings,
    inbound: FileStore,
    out: FileStore,
    day: date,
    state: Path | None,
    events: Sequence[tuple[str, str]] = (),
) -> None:
    """Take what events tell of (name, arrival) and what the sweep finds, and go through with it."""
    assert settings.tcs_url is not None
    async with system(settings, state, settings.tcs_url, inbound, out, day) as opened:
        runner = opened.runner
        await tell(runner, events)
        await runner.drain([ARRIVED])
        await sweep(runner, inbound)
        await the_rest(runner, day)


async def tell(runner: Runner, events: Sequence[tuple[str, str]]) -> None:
    """Store what events tell of, as the hook does; S3 sends again what could not be stored."""

    async def store(event: tuple[str, str]) -> None:
        work = runner.work()
        announce(work, [event])
        await work.commit()

    for event in events:
        await runner.patiently("the hook", partial(store, event))


async def sweep(runner: Runner, inbound: FileStore) -> None:
    """Look through the store until it could be done, and take what is found."""

    async def look() -> None:
        try:
            await Arrivals(inbound).sweep(runner.work)
        except OSError as error:
            raise TransientError(str(error)) from error

    await runner.patiently("the sweep", look)
    await runner.drain([ARRIVED])


_DEANERIES = DEANERIES[:3]
"""Those of the generated days: the commands of all thirteen, failing one after the other, would outlast the patience."""


async def the_rest(runner: Runner, day: date) -> None:
    """Walk the stages, and export on command."""
    for stage in STAGES:
        await runner.drain(stage)

    async def due(command: str) -> None:
        work = runner.work()
        ask(work, command, day, _DEANERIES, "the clock")
        await work.commit()

    for command, after in ((APPLICANT_COMMAND, AFTER_APPLICANTS), (NOTIFICATION_COMMAND, (TELLING,))):
        await runner.patiently("the schedule", partial(due, command))
        await runner.drain([f"esr.queue.{command}"])
        for stage in after:
            await runner.drain(stage)
