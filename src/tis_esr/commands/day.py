"""``tis-esr day``: the files of one day through everything, ending in the files for ESR."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

from tis_esr.commands.day_progress import DayProgress
from tis_esr.commands.progress import Bars, progress
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.work import Work
from tis_esr.errors import Exit
from tis_esr.files.folder import Folder
from tis_esr.operations.composition import purge_of, reader_of, system, window
from tis_esr.operations.day_summary import Summary, standing, summarise
from tis_esr.operations.row_check import check_rows
from tis_esr.process.garbage_collection import collect_less_often
from tis_esr.services.day import DayDone, run_day
from tis_esr.services.day_begun import DAYS, DayBegun
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.settings import Settings


def day(
    settings: Settings, inbound: Path, out: Path, tcs: str, as_of: date, state: Path | None
) -> tuple[DayDone, Summary]:
    """Run the day, check that every row is accounted for, and return its outcome."""
    collect_less_often()
    with progress() as bars:
        done, begun = asyncio.run(_day(settings, inbound, out, tcs, as_of, state, bars))
    with closing(reader_of(settings, state)) as reader:
        files, rows = reader.find(FILES, {}), reader.row_counts()
        check_rows(files, rows)
        return done, summarise(reader, begun, [taken.file.name for taken in done.taken], files, rows)


async def _day(
    settings: Settings, inbound: Path, out: Path, tcs: str, as_of: date, state: Path | None, bars: Bars
) -> tuple[DayDone, DayBegun]:
    folders = Folder(inbound), Folder(out, make=True)
    async with system(settings, state, tcs, *folders, as_of) as runner:
        purge = purge_of(settings, runner, folders[0], embedded=state is not None)
        await runner.patiently("the purge", partial(purge.of_day, as_of))
        with closing(reader_of(settings, state)) as reader:
            names = (await folders[0].listing()).names
            begun = await runner.patiently("the day", partial(begin, runner.work, as_of, reader, names))
        async with DayProgress(bars, partial(reader_of, settings, state), inbound, names) as shown:
            done = await run_day(runner, *folders, as_of, window=window(settings), progress=shown.stage)
    return done, begun


async def begin(
    begin_work: Callable[[], Work], as_of: date, reader: Reader, names: Sequence[str]
) -> DayBegun:
    """Return the state before the day was first begun, which is kept: a repeated day reports the same."""
    work = begin_work()
    known = (await work.get(DAYS, [DayBegun.KEY])).get(DayBegun.KEY)
    if known is not None and known.day == as_of:
        return known
    begun = await asyncio.to_thread(standing, reader, as_of, names)
    work.put(DAYS, begun)
    await work.commit()
    return begun


def exit_code(summary: Summary) -> Exit:
    """Return DONE_WITH_PARKED where the day left something for a person; what earlier days left is theirs.

    A day that is called again ends as it did: what a call that was cut short found is reported by the next.
    """
    own = {file["name"] for file in summary.files_in}
    found = any(file["findings"] for file in summary.files_in) or any(
        gap.shown_by in own for gap in summary.gaps
    )
    left = summary.parked or summary.invalid or summary.held_back or summary.rejected
    return Exit.DONE_WITH_PARKED if left or found else Exit.DONE
