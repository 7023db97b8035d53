"""A manual day: the state before it, what it left, and its exit code."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import msgspec

from tis_esr.counted import counted
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.work import Work
from tis_esr.errors import Exit
from tis_esr.operations.composition import reader_of, window
from tis_esr.operations.day_summary import Summary, standing, summarise
from tis_esr.operations.row_check import check_rows
from tis_esr.operations.unsent_applicants import missed, unsent_applicants
from tis_esr.services.day import DayDone
from tis_esr.services.day_begun import DAYS, DayBegun
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.settings import Settings

ACT = "day"
"""The act in the audit."""


def result_of(done: DayDone) -> str:
    """Return what a day did, for the audit."""
    going = [file.rows for file in done.sent if file.rows]
    read = sum(taken.file.rows for taken in done.taken)
    rows_in, rows_out = counted(read, "row"), counted(sum(going), "row")
    return f"files in: {len(done.taken)} ({rows_in}); files out: {len(going)} ({rows_out})"


async def begin_day(
    begin_work: Callable[[], Work],
    as_of: date,
    reader: Reader,
    names: Sequence[str],
    open_: ApplicantWindow,
) -> DayBegun:
    """Return the state before the day first began, which is stored, so that a repeated day reports the same."""
    work = begin_work()
    known = (await work.get(DAYS, [DayBegun.KEY])).get(DayBegun.KEY)
    if known is not None and known.day == as_of:
        return known
    begun = await asyncio.to_thread(standing, reader, as_of, names)
    if known is not None:
        late = await asyncio.to_thread(missed, reader, known.day, open_)
        begun = msgspec.structs.replace(begun, missed=late)
    work.put(DAYS, begun)
    await work.commit()
    return begun


def exit_code(summary: Summary) -> Exit:
    """Return DONE_WITH_PARKED if the day left something for a person; what earlier days left does not count.

    A file that becomes unconfirmed on the day counts for that day alone. A repeated day has the same exit code; the
    findings of an interrupted run are reported by the next one.
    """
    own = {file["name"] for file in summary.files_in}
    found = any(file["findings"] for file in summary.files_in) or any(
        gap.shown_by in own for gap in summary.gaps
    )
    is_late = any(file.due + timedelta(days=1) == summary.day for file in summary.unconfirmed)
    left = (
        is_late
        or summary.unsent
        or summary.parked
        or summary.invalid
        or summary.held_back
        or summary.rejected
    )
    return Exit.DONE_WITH_PARKED if left or found else Exit.DONE


def accounted(settings: Settings, state: Path | None, done: DayDone, begun: DayBegun) -> Summary:
    """Check that every row is accounted for, and return what the day did. Raises RowsUnaccountedError."""
    with closing(reader_of(settings, state)) as reader:
        files, rows = reader.find(FILES, {}), reader.row_counts()
        check_rows(files, rows)
        names = [taken.file.name for taken in done.taken]
        unsent = unsent_applicants(reader, begun.day, window(settings))
        return summarise(reader, begun, names, files, rows, settings.confirmation_due_days, unsent)
