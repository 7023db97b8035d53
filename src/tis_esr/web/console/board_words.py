"""How cells of the board are written: the state in words with a colour beside it, times of London's clocks."""

from datetime import date, datetime
from typing import Final
from urllib.parse import quote

from markupsafe import Markup

from tis_esr.counted import plural
from tis_esr.first_letters import first_upper
from tis_esr.operations.board.cells import NEEDS_SOMEBODY, Cell, CellState, in_words, not_taken
from tis_esr.web.console.wording import tag

_COLOURS: Final = {
    CellState.AT_RISK: "yellow",
    CellState.IN_WORK: "blue",
    CellState.RECEIVED: "blue",
    CellState.SENT: "blue",
    CellState.COMPLETE: "green",
    CellState.CONFIRMED: "green",
    CellState.COMPLETE_WITH_REFUSALS: "yellow",
    CellState.CONFIRMED_WITH_ERRORS: "yellow",
}

_SETTINGS: Final = {
    "TIS_ESR_APPLICANTS_CRON": "the schedule of the export of applicants",
    "TIS_ESR_NOTIFICATIONS_CRON": "the schedule of the export of notifications",
    "TIS_ESR_SEND_RTC; one hour": "one hour",
    "; TIS_ESR_CONFIRMATION_DUE_DAYS": "",
}
_TO_COME: Final = (CellState.NOT_DUE, CellState.DUE, CellState.AT_RISK)
"""Beside these a cell names no file of ESR's, only ours that is to be answered."""


def state_tag(state: CellState) -> Markup:
    """Return a state as a word in a coloured box."""
    return tag(in_words(state), "red" if state in NEEDS_SOMEBODY else _COLOURS.get(state, "grey"))


def clock(at: datetime | None, of_day: date) -> Markup:
    """Return ``14:30``, ``07:12, day after`` for another day than the file's, "" for None."""
    if at is None:
        return Markup("")
    days = (at.date() - of_day).days
    other = "" if not days else ", day after" if days == 1 else f", {days:+} {plural(abs(days), 'day')}"
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), f"{at:%H:%M}{other}")


def short(cell: Cell) -> Markup:
    """Return a cell in few words: its state, when it came or is due, and a link to its file."""
    when, name = _when(cell), f"{cell.type.value} {cell.deanery}"
    if cell.file and cell.state not in _TO_COME:
        when = Markup('<a href="/files/{}">{}<span class="nhsuk-u-visually-hidden"> {}</span></a>').format(
            quote(cell.file), when or "file", name
        )
    lost = not_taken(cell)
    return Markup("{}<br>{}{}").format(state_tag(cell.state), when, f" {lost}" if lost else "")


def source_words(source: str) -> str:
    """Return where an expectation comes from, without the names of settings, which a reader of the board doesn't know."""
    for setting, text in _SETTINGS.items():
        source = source.replace(setting, text)
    return first_upper(source)


def _when(cell: Cell) -> Markup:
    if cell.came_at is not None:
        return Markup("{}{}").format(clock(cell.came_at, cell.day), ", late" if cell.is_late else "")
    if cell.state in _TO_COME:
        return Markup("due {}").format(clock(cell.due_at, cell.day))
    if cell.file or cell.state is CellState.WAIVED:
        return Markup("")
    if cell.state is CellState.COMPLETE:
        return Markup("nothing to send")
    return Markup("due {}").format(clock(cell.due_at, cell.day))
