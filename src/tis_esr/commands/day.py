"""``tis-esr day``: processes the files of one day, from inbound files to the files for ESR."""

import asyncio
from contextlib import closing
from datetime import date, datetime
from functools import partial
from pathlib import Path

from tis_esr.commands.as_of_day import refuse_day
from tis_esr.commands.day_progress import DayProgress
from tis_esr.commands.person import person_of
from tis_esr.commands.progress import Bars, progress
from tis_esr.files.folder import Folder
from tis_esr.operations.audit.acts import audited
from tis_esr.operations.batches.beside_a_day import finish_batches
from tis_esr.operations.composition import purge_of, reader_of, system, window
from tis_esr.operations.day_summary import Summary
from tis_esr.operations.manual_day import ACT, accounted, begin_day, result_of
from tis_esr.process.garbage_collection import collect_less_often
from tis_esr.services.day import DayDone, run_day
from tis_esr.services.day_begun import DayBegun
from tis_esr.settings import Settings


def day(
    settings: Settings,
    inbound: Path,
    out: Path,
    tcs: str,
    as_of: date,
    state: Path | None,
    *,
    at: datetime | None = None,
) -> tuple[DayDone, Summary]:
    """Run the day, check that every row is accounted for, and return its outcome.

    ``at`` is the moment at which it is run (UTC); by default the current time of day.
    """
    collect_less_often()
    with progress() as bars:
        done, begun = asyncio.run(_day(settings, inbound, out, tcs, as_of, state, at, bars))
    return done, accounted(settings, state, done, begun)


async def _day(
    settings: Settings,
    inbound: Path,
    out: Path,
    tcs: str,
    as_of: date,
    state: Path | None,
    at: datetime | None,
    bars: Bars,
) -> tuple[DayDone, DayBegun]:
    folders = Folder(inbound), Folder(out, make=True)
    async with system(settings, state, tcs, *folders, as_of, at) as opened:
        runner = opened.runner
        with closing(reader_of(settings, state)) as reader:
            refuse_day(reader, as_of, is_live=False)
        async with audited(runner, person_of(settings), ACT, why=f"as of {as_of}") as act:
            purge = purge_of(settings, runner, folders[0], embedded=state is not None)
            await runner.patiently("the purge", partial(purge.of_day, as_of))
            with closing(reader_of(settings, state)) as reader:
                names = (await folders[0].listing()).names
                begin = partial(begin_day, runner.work, as_of, reader, names, window(settings))
                begun = await runner.patiently("the day", begin)
            async with DayProgress(bars, partial(reader_of, settings, state), inbound, names) as shown:
                await finish_batches(runner)
                done = await run_day(
                    runner,
                    *folders,
                    as_of,
                    window=window(settings),
                    acknowledges=settings.send_rtc,
                    progress=shown.stage,
                )
            act.result = result_of(done)
    return done, begun
