"""``tis-esr day``: the files of one day through everything, ending in the files for ESR."""

import asyncio
from datetime import date
from pathlib import Path

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from tis_esr.commands.outcome import Exit, console
from tis_esr.commands.system import reader_of, system, window
from tis_esr.desk.accounting import check_rows
from tis_esr.desk.summary import Summary, summarise
from tis_esr.files.folder import Folder
from tis_esr.services.day import DayDone, run_day
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
        done = asyncio.run(_day(settings, inbound, out, tcs, as_of, state, bar))
    reader = reader_of(settings, state)
    try:
        check_rows(reader.find(FILES, {}), reader.row_counts())
        return done, summarise(reader)
    finally:
        reader.close()


async def _day(
    settings: Settings, inbound: Path, out: Path, tcs: str, as_of: date, state: Path | None, bar: Progress
) -> DayDone:
    task = bar.add_task("starting", total=None)
    rows = 0

    def progress(stage: str, more: int) -> None:
        nonlocal rows
        rows += more
        bar.update(task, description=f"{stage} ({rows:,} rows)")

    folders = Folder(inbound), Folder(out, make=True)
    async with system(settings, state, tcs, *folders, as_of) as runner:
        return await run_day(runner, *folders, as_of, window=window(settings), progress=progress)


def exit_code(done: DayDone, summary: Summary) -> Exit:
    """Return DONE, or DONE_WITH_PARKED where something waits for a person, or a file of this time has findings."""
    fresh = {taken.file.name for taken in done.taken if taken.fresh}
    found = any(taken.findings for taken in done.taken) or any(gap.shown_by in fresh for gap in summary.gaps)
    rejected = summary.applicants.get("INVALID_DATA", 0)
    return Exit.DONE_WITH_PARKED if summary.parked or found or rejected else Exit.DONE
