"""``tis-esr day``: the files of one day through everything, ending in the files for ESR."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tis_esr.commands.outcome import Exit, console
from tis_esr.commands.system import reader_of, system, window
from tis_esr.desk.accounting import check_rows
from tis_esr.desk.summary import Summary, standing, summarise
from tis_esr.engine.reading import Reader
from tis_esr.engine.work import Work
from tis_esr.files.folder import Folder
from tis_esr.services.day import DayDone, run_day
from tis_esr.services.day_begun import DAYS, DayBegun
from tis_esr.services.file_ledger import FILES
from tis_esr.settings import Settings


def day(
    settings: Settings, inbound: Path, out: Path, tcs: str, as_of: date, state: Path | None
) -> tuple[DayDone, Summary]:
    """Run the day, check that every row is accounted for, and return what came of it."""
    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    ) as bar:
        done, begun = asyncio.run(_day(settings, inbound, out, tcs, as_of, state, bar))
    with closing(reader_of(settings, state)) as reader:
        files, rows = reader.find(FILES, {}), reader.row_counts()
        check_rows(files, rows)
        return done, summarise(reader, begun, [taken.file.name for taken in done.taken], files, rows)


async def _day(
    settings: Settings, inbound: Path, out: Path, tcs: str, as_of: date, state: Path | None, bar: Progress
) -> tuple[DayDone, DayBegun]:
    task = bar.add_task("starting", total=None)
    rows = 0

    def progress(stage: str, more: int) -> None:
        nonlocal rows
        rows += more
        bar.update(task, description=f"{stage} ({rows:,} rows)")

    folders = Folder(inbound), Folder(out, make=True)
    async with system(settings, state, tcs, *folders, as_of) as runner:
        with closing(reader_of(settings, state)) as reader:
            names = (await folders[0].listing()).names
            begun = await runner.patiently("the day", partial(begin, runner.work, as_of, reader, names))
        done = await run_day(runner, *folders, as_of, window=window(settings), progress=progress)
    return done, begun


async def begin(
    begin_work: Callable[[], Work], as_of: date, reader: Reader, names: Sequence[str]
) -> DayBegun:
    """Return what stood when the day was first begun, which is kept: a day that is repeated reports the same."""
    work = begin_work()
    known = (await work.get(DAYS, [DayBegun.KEY])).get(DayBegun.KEY)
    if known is not None and known.day == as_of:
        return known
    begun = standing(reader, as_of, names)
    work.put(DAYS, begun)
    await work.commit()
    return begun


def exit_code(done: DayDone, summary: Summary) -> Exit:
    """Return DONE_WITH_PARKED where this day left something for a person; what earlier days left is theirs."""
    fresh = {taken.file.name for taken in done.taken if taken.fresh}
    found = any(taken.findings for taken in done.taken) or any(gap.shown_by in fresh for gap in summary.gaps)
    left = summary.parked or summary.invalid or summary.held_back or summary.rejected
    return Exit.DONE_WITH_PARKED if left or found else Exit.DONE
