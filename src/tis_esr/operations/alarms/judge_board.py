"""Judges the board: files that are late or missing, one finding for each file type and day with its local offices. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, timedelta

from tis_esr.counted import counted, plural
from tis_esr.operations.alarms import about_files
from tis_esr.operations.alarms.findings import Finding, finding
from tis_esr.operations.alarms.kinds import Kind
from tis_esr.operations.board.board import EARLIER_DAYS
from tis_esr.operations.board.cells import Cell, CellState, FileType
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.dates import midnight
from tis_esr.operations.unconfirmed import ANSWERED_BY
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.outbound import OutboundFile

OURS = (FileType.APP, FileType.DNC, FileType.RTC)
_KINDS: Mapping[CellState, Kind] = {
    CellState.LATE: about_files.FILE_LATE,
    CellState.MISSING: about_files.FILE_MISSING,
}


def absent_files(cells: Iterable[Cell]) -> list[Finding]:
    """Return a finding for each file type and day that offices lack; it is urgent if applicants leave the window by it."""
    groups: dict[tuple[CellState, FileType, date], list[Cell]] = {}
    for cell in cells:
        if cell.state in _KINDS:
            groups.setdefault((cell.state, cell.type, cell.day), []).append(cell)
    return [_absent(state, type_, day, some) for (state, type_, day), some in groups.items()]


def answered_late(cells: Iterable[Cell], sent: Iterable[OutboundFile]) -> list[OutboundFile]:
    """Return our files that ESR should have confirmed by the board's deadline, which is before the ledger's."""
    overdue = {
        (cell.deanery, cell.type.value, cell.day)
        for cell in cells
        if cell.state is CellState.CONFIRMATION_OVERDUE
    }
    return [
        file
        for file in sent
        if file.rows and (file.deanery, ANSWERED_BY.get(file.type, ""), file.day) in overdue
    ]


def leaving_tomorrow(cells: Iterable[Cell]) -> set[tuple[str, date]]:
    """Return the offices and days of APP files without a confirmation whose applicants leave the window tomorrow."""
    return {
        (cell.deanery, cell.day)
        for cell in cells
        if cell.state is CellState.CONFIRMATION_OVERDUE
        and cell.type is FileType.APC
        and cell.consequence.leaving_tomorrow
    }


def _absent(state: CellState, type_: FileType, day: date, cells: Sequence[Cell]) -> Finding:
    offices, cause = sorted(cell.deanery for cell in cells), f"{type_}:{day.isoformat()}"
    return finding(
        _KINDS[state],
        cause,
        offices,
        _text(state, type_, day, offices),
        consequence=_consequence(cells),
        since=min(cell.late_at for cell in cells).astimezone(UTC),
        urgent=any(cell.consequence.leaving_tomorrow for cell in cells),
        follows=f"{about_files.FILE_LATE.id}:{cause}" if state is CellState.MISSING else "",
        watched_until=midnight(day + timedelta(days=EARLIER_DAYS + 1)).astimezone(UTC),
    )


def _text(state: CellState, type_: FileType, day: date, offices: Sequence[str]) -> str:
    is_ours, of_day = type_ in OURS, f"{type_} of {in_words(day)}"
    if len(offices) == len(DEANERIES):
        return f"no {of_day} was sent at all" if is_ours else f"no {of_day} from ESR at all"
    word = "late" if state is CellState.LATE else "missing"
    return f"{of_day} is {word} {'for' if is_ours else 'from'} {', '.join(offices)}"


def _consequence(cells: Sequence[Cell]) -> str:
    starters = sum(cell.consequence.starters for cell in cells)
    leaving = sum(cell.consequence.leaving_tomorrow for cell in cells)
    parts = [f"{counted(starters, 'applicant')} affected" if starters else cells[0].consequence.text]
    if leaving:
        parts.append(f"{leaving:,} of them {plural(leaving, 'leaves', 'leave')} the window tomorrow")
    return "; ".join(filter(None, parts))
