"""What the digest asks people to do: each line names who acts, and for all offices that have the same to do."""

from collections.abc import Mapping, Sequence
from datetime import date

from tis_esr.counted import counted, plural
from tis_esr.decisions.who import Who
from tis_esr.operations.board.cells import Cell, CellState, FileType
from tis_esr.operations.dates import day as in_words
from tis_esr.records.file_names import DEANERIES

NOTHING = "Nobody has to do anything."
_MOST_ACTIONS = 5
_FILES = {
    FileType.RMC: "file from ESR",
    FileType.APP: "applicants",
    FileType.DNC: "notifications",
    FileType.RTC: "acknowledgement",
    FileType.APC: "answer about applicants",
    FileType.DCC: "answer about notifications",
}
_UNSENT: Mapping[Who, str] = {
    Who.LOCAL_OFFICE: "correct today the data of",
    Who.TRUST: "add today to the positions what is missing for",
    Who.SUPPORT: "write another file today for",
}


def to_do(trouble: Sequence[Cell], stuck: Mapping[Who, int], left: int) -> list[str]:
    """Return the lines: ``stuck`` leave the window tomorrow, by who must act; ``left`` have left it, and not started."""
    lines = [*_about_leavers(stuck), *_about_those_who_left(left), *_about_files(trouble)]
    return lines or [NOTHING]


def named(offices: Sequence[str]) -> str:
    """Return the offices as text."""
    return "all offices" if len(offices) == len(DEANERIES) else ", ".join(offices)


def _about_leavers(stuck: Mapping[Who, int]) -> list[str]:
    return [
        f"To do, {who.value}: {action} {counted(number, 'applicant who leaves', 'applicants who leave')}"
        " the window tomorrow."
        for who, action in _UNSENT.items()
        if (number := stuck.get(who, 0))
    ]


def _about_those_who_left(left: int) -> list[str]:
    if not left:
        return []
    who = f"{counted(left, 'applicant')} who left the window unsent"
    return [f"To do, {Who.TRUST.value}: create the {plural(left, 'record')} of {who}."]


def _about_files(trouble: Sequence[Cell]) -> list[str]:
    """Return what to do about files, newest days first: one line for all offices with the same."""
    groups: dict[tuple[date, CellState, FileType], list[Cell]] = {}
    for cell in sorted(trouble, key=lambda cell: cell.day, reverse=True):
        groups.setdefault((cell.day, cell.state, cell.type), []).append(cell)
    lines = [f"To do, {some[0].who_acts.value}: {_plain(some)}." for some in groups.values()]
    more = [f"And {len(lines) - _MOST_ACTIONS} more: see the board."] if len(lines) > _MOST_ACTIONS else []
    return [*lines[:_MOST_ACTIONS], *more]


def _plain(cells: Sequence[Cell]) -> str:
    state, type_, of_day = cells[0].state, cells[0].type, in_words(cells[0].day)
    offices = named([cell.deanery for cell in cells])
    of = f"of {offices} of {of_day}"
    if state is CellState.HELD:
        return f"look at the {_FILES[type_]} {of}, which arrived and can't be used"
    if state is CellState.REJECTED:
        return f"read ESR's messages about the {_FILES[type_]} {of}, which ESR rejected"
    if state is CellState.COMPLETE_WITH_REFUSALS:
        return f"look at what could not be used of the {_FILES[type_]} {of}"
    if state is CellState.CONFIRMATION_OVERDUE:
        return f"ask ESR for the {_FILES[type_]} {of}"
    if type_ is FileType.RMC:
        return f"ask ESR for the file {of}"
    return f"find out why the {_FILES[type_]} {of} did not go"
