"""``tis-esr reconcile``: compares all positions with TIS now, or prints what that and the day's exports would do."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

from tis_esr.commands.as_of_day import refuse_impossible_day
from tis_esr.commands.person import person_of
from tis_esr.commands.progress import progress
from tis_esr.commands.terminal import HEADING, NOTICE, print_json, say
from tis_esr.counted import counted
from tis_esr.errors import Exit
from tis_esr.files.file_store import Nowhere
from tis_esr.operations.audit.acts import audited
from tis_esr.operations.composition import engine_for_operation, reader_of, system, window
from tis_esr.operations.dates import day as written
from tis_esr.operations.planned_day import Change, Compared, Effect, planned_day
from tis_esr.operations.reconciling import ACT, Comparison, compare, request
from tis_esr.operations.waiting_for_services import POLL_SECONDS, POSITIONS, until_done
from tis_esr.settings import Settings

_SHOWN: Final = 12


async def reconcile(
    settings: Settings,
    deaneries: Sequence[str],
    day: date,
    state: Path | None,
    tcs_url: str,
    *,
    dry_run: bool,
    as_json: bool,
) -> Exit:
    """Compare positions with TIS and apply the daily rules, or print what that and the exports of the day would do.

    On the production engine running services do it. Raises NobodyWorksError if none does.
    """
    if dry_run:
        planned = await _planned(settings, deaneries, day, state, tcs_url)
        if as_json:
            print_json(planned)
        else:
            _show_planned(planned)
        return Exit.DONE
    if settings.engine == "production" and state is None:
        async with engine_for_operation(settings, None, day) as runner:
            refuse_impossible_day(settings, None, day)
            async with audited(runner, person_of(settings), ACT, deaneries, why=f"as of {day}") as act:
                asked = await request(runner, partial(reader_of, settings), day, deaneries)
                act.result = "requested"
        compared = await _by_services(asked)
        parked = await asyncio.to_thread(asked.parked)
    else:
        compared, parked = await _here(settings, deaneries, day, state, tcs_url)
    if as_json:
        print_json(
            Compared(day=day, deaneries=list(deaneries), dry_run=False, positions=compared, parked=parked)
        )
    else:
        say(
            f"{counted(compared, 'position was', 'positions were')} compared with TIS, and the daily rules applied as of {written(day)}."
        )
        say_parked(parked)
        say("See what the next files will have: tis-esr export applicants --dry-run")
    return Exit.DONE_WITH_PARKED if parked else Exit.DONE


def say_parked(number: int) -> None:
    """Print how many messages were parked meanwhile, if any were."""
    if number:
        say(
            f"{counted(number, 'message was', 'messages were')} parked meanwhile; tis-esr parked says why, and who acts",
            style=NOTICE,
        )


async def _planned(
    settings: Settings, deaneries: Sequence[str], day: date, state: Path | None, tcs_url: str
) -> Compared:
    nowhere = Nowhere()
    async with system(settings, state, tcs_url, nowhere, nowhere, day) as opened:
        refuse_impossible_day(settings, state, day, dry_run=True)
        with progress() as bars:
            bar = bars.stage("Copying records", "stages", total=None)

            def stage(name: str, _rows: int) -> None:
                bar.update(bar.done + 1, name=name)

            return await planned_day(
                opened.runner.engine, opened.tcs, day, deaneries, window(settings), stage
            )


async def _here(
    settings: Settings, deaneries: Sequence[str], day: date, state: Path | None, tcs_url: str
) -> tuple[int, int]:
    """Compare in this process; return how many positions were compared, and how many messages were parked."""
    nowhere = Nowhere()
    async with system(settings, state, tcs_url, nowhere, nowhere, day) as opened:
        refuse_impossible_day(settings, state, day)
        async with audited(opened.runner, person_of(settings), ACT, deaneries, why=f"as of {day}") as act:
            asked = await request(opened.runner, partial(reader_of, settings, state), day, deaneries)
            comparing = asyncio.create_task(compare(opened.runner))
            try:
                await _followed(asked, comparing)
                await comparing
            finally:
                comparing.cancel()
                await asyncio.gather(comparing, return_exceptions=True)
            compared = (await asyncio.to_thread(asked.progress))[0]
            parked = await asyncio.to_thread(asked.parked)
            act.result = f"positions compared: {compared}; messages parked: {parked}"
            return compared, parked


async def _by_services(asked: Comparison) -> int:
    """Wait until running services have compared all positions, and show how far they are; return how many there are."""
    done, total = await asyncio.to_thread(asked.progress)
    with progress() as bars:
        bar = bars.stage("Comparing with TIS", "positions", total=total, done=done)
        await until_done(asked.left, lambda left: bar.update(total - left), POSITIONS)
    return total


async def _followed(asked: Comparison, comparing: "asyncio.Task[None]") -> None:
    """Show how far a comparison within this process is, until it ends."""
    with progress() as bars:
        bar = bars.stage("Comparing with TIS", "positions", total=None)
        while not comparing.done():
            bar.update(*await asyncio.to_thread(asked.progress))
            await asyncio.wait({comparing}, timeout=POLL_SECONDS)


def _show_planned(planned: Compared) -> None:
    say(
        f"as of {written(planned.day)}: {counted(planned.positions, 'position')} compared with TIS. Nothing was stored, written or sent.",
        label="Dry run",
        style=HEADING,
    )
    busy = {file.deanery for file in (*planned.sent, *planned.files)}
    for deanery in planned.deaneries:
        for line in _of_deanery(planned, deanery) if deanery in busy else ():
            say(line)
    if quiet := [deanery for deanery in planned.deaneries if deanery not in busy]:
        say(f"nothing would be sent for {', '.join(quiet)}")
    effects = Counter(change.effect for change in planned.changes)
    counts = ", ".join(f"{effects[effect]:,} {effect.value}" for effect in Effect)
    say(f"{counts}, compared with the records stored now", label="Records:")
    for change in planned.changes[:_SHOWN]:
        say(_line(change), indent=2)
    if len(planned.changes) > _SHOWN:
        say(f"and {len(planned.changes) - _SHOWN:,} more; --json lists all", indent=2)


def _of_deanery(planned: Compared, deanery: str) -> Iterator[str]:
    sent = [file for file in planned.sent if file.deanery == deanery]
    going = [file for file in planned.files if file.deanery == deanery]
    for file in sent:
        yield f"{deanery}: {counted(file.rows, 'row was', 'rows were')} already sent in {file.name}"
    for file in going:
        held = f"; {file.held_back} held back" if file.held_back else ""
        yield f"{deanery}: {counted(file.rows, 'row')} would be sent in {file.name}{held}"
    if not going:
        yield f"{deanery}: nothing more would be sent"


def _line(change: Change) -> str:
    what = "applicant" if change.kind == "APP" else f"type {change.kind}"
    return f"{change.deanery} {what} {change.record}: {change.effect.value}"
