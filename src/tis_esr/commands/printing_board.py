"""Prints the board: a table of offices by file types, what needs somebody, one office in full, and the history."""

from datetime import date, datetime

from tis_esr.commands.terminal import HEADING, NOTICE, console, say
from tis_esr.counted import counted
from tis_esr.operations.board.cells import NEEDS_SOMEBODY, Cell, CellState, FileType, not_taken
from tis_esr.operations.board.cells import in_words as state_in_words
from tis_esr.operations.board.history_lines import DayEnd, History, HistoryLine
from tis_esr.operations.board.needs import Need, needs
from tis_esr.operations.board.whole_board import Board
from tis_esr.operations.dates import day as in_words
from tis_esr.records.file_names import DEANERIES

_GROUPS_SHOWN = 4
_NOT_EXPECTED = "-"
_LEGEND = (
    "by, due: expected by then; +1: the day after; !: it came late; -: not expected;",
    "nothing: nothing to send; sent: ESR has not answered yet; then ok or errors.",
)
_MARKS = {
    DayEnd.ON_TIME: "+",
    DayEnd.LATE: "L",
    DayEnd.NOT_HERE: "X",
    DayEnd.HELD: "H",
    DayEnd.WAIVED: "w",
    DayEnd.IDLE: "o",
    DayEnd.OPEN: ".",
    DayEnd.UNKNOWN: "?",
    DayEnd.NOT_EXPECTED: " ",
}
_MARKS_LEGEND = (
    "+ in time, L late, X not here, H held, w waived, o nothing to send, . open,",
    "? time not stored. In time: share of the days that can be judged. Usual: median",
    "and the time by which 95 % were here, of the last 28 days; +1 the day after.",
)


def show_board(found: Board, note: str = "") -> None:
    """Print all offices: in 24 lines of 80 columns as long as few different things need somebody.

    ``note`` says why this day is shown, "" if it is as of now.
    """
    say(f"Board of {_weekday(found.day)}, {note or _as_of(found)}", style=HEADING)
    cells = {(cell.deanery, cell.type): cell for cell in found.cells}
    rows = [(office, *(_mark(cells.get((office, type_))) for type_ in FileType)) for office in DEANERIES]
    console.table(("", *FileType), rows)
    for line in _LEGEND:
        say(line)
    _show_needs(found)


def _show_needs(found: Board) -> None:
    found_needs = needs(found)
    if not found_needs:
        say("No file is late, missing, held, rejected or unanswered.")
        return
    for one in found_needs[:_GROUPS_SHOWN]:
        is_all = len(one.deaneries) == len(DEANERIES)
        offices = "all offices" if is_all else ", ".join(one.deaneries)
        when = "" if one.day == found.day else f" of {in_words(one.day)}"
        say(f"{offices}{_affected(one)}", label=f"{one.type}{when} {_words(one.state)}:", style=NOTICE)
    if len(found_needs) > _GROUPS_SHOWN:
        say(f"and {len(found_needs) - _GROUPS_SHOWN} more of this kind: see --json")
    say("What to do: tis-esr board --deanery CODE")


def _affected(one: Need) -> str:
    said = f"; {counted(one.starters, 'applicant')} affected" if one.starters else ""
    return f"{said}; {one.leaving_tomorrow:,} leave the window tomorrow" if one.leaving_tomorrow else said


def show_office(found: Board, deanery: str, note: str = "") -> None:
    """Print the files of one office in full, with what to do; see ``show_board``."""
    say(f"Board of {deanery}, {_weekday(found.day)}, {note or _as_of(found)}", style=HEADING)
    for cell in found.cells:
        _show_cell(cell, found.day)
    if found.earlier:
        say("Of earlier days", style=HEADING)
        for cell in found.earlier:
            _show_cell(cell, found.day)


def _show_cell(cell: Cell, day: date) -> None:
    style = NOTICE if cell.state in NEEDS_SOMEBODY else HEADING
    of = "" if cell.day == day else f" of {in_words(cell.day)}"
    say(f"{_words(cell.state)}{_times(cell)}", label=f"{cell.type}{of}:", style=style)
    if cell.file:
        lost = not_taken(cell)
        say(f"{cell.file}  {counted(cell.rows, 'row')}{f', {lost}' if lost else ''}", indent=4)
    for text in (cell.detail, cell.consequence.text):
        if text:
            say(text, indent=4)
    if cell.action:
        say(f"{cell.who_acts.value}: {cell.action}", label="Who must act:", style=NOTICE, indent=4)


def _times(cell: Cell) -> str:
    parts = []
    if cell.came_at is not None:
        parts.append(f"came {_clock(cell.came_at, cell.day)}{', late' if cell.is_late else ''}")
    parts.append(f"due {_clock(cell.due_at, cell.day)}")
    if cell.usual_at is not None:
        parts.append(f"usually by {_clock(cell.usual_at, cell.day)}")
    if cell.next_check is not None and cell.came_at is None:
        parts.append(f"next check {_clock(cell.next_check, cell.day)}")
    return "; " + "; ".join(parts)


def _mark(cell: Cell | None) -> str:
    """Return a cell in a few characters; the state is always a word."""
    if cell is None:
        return _NOT_EXPECTED
    late = "!" if cell.is_late else ""
    came = f" {_clock(cell.came_at, cell.day)}{late}" if cell.came_at is not None else ""
    shown: dict[CellState, str] = {
        CellState.NOT_DUE: f"by {_clock(cell.due_at, cell.day)}",
        CellState.DUE: f"due {_clock(cell.due_at, cell.day)}",
        CellState.COMPLETE: f"done{came}" if came or cell.rows else "nothing",
        CellState.COMPLETE_WITH_REFUSALS: f"{cell.refused:,} unused" if cell.refused else "incomplete",
        CellState.SENT: f"sent{came}",
        CellState.CONFIRMED: "ok",
        CellState.CONFIRMED_WITH_ERRORS: counted(cell.refused, "error"),
        CellState.CONFIRMATION_OVERDUE: "OVERDUE",
    }
    plain = cell.state.value if cell.state in NEEDS_SOMEBODY else _words(cell.state)
    return shown.get(cell.state, plain)


def show_history(found: History, note: str = "") -> None:
    """Print a line for each office and type: a character for each day, never a colour alone; see ``show_board``."""
    if note:
        say(f"{in_words(found.last)} is {note}.", style=NOTICE)
    days = f"{in_words(found.first)} to {in_words(found.last)}"
    say(f"Files of {days}, one character a day", style=HEADING)
    rows = [
        (line.type.value, line.deanery, "".join(_MARKS[end] for end in line.ends), _share(line), _usual(line))
        for line in sorted(found.lines, key=lambda line: list(FileType).index(line.type))
    ]
    console.table(
        (
            "",
            "",
            f"{in_words(found.first)}".ljust(len(found.lines[0].ends) if found.lines else 0),
            "In time",
            "Usual",
        ),
        rows,
    )
    for line in _MARKS_LEGEND:
        say(line)


def _share(line: HistoryLine) -> str:
    return "" if line.share is None else f"{line.share:.0%} of {line.judged}"


def _usual(line: HistoryLine) -> str:
    if line.median is None or line.p95 is None:
        return "too few days"
    return f"{line.median:%H:%M}, {line.p95:%H:%M}{'+1' if line.days_after else ''}"


def _words(state: CellState) -> str:
    text = state_in_words(state)
    return text[:1].lower() + text[1:]


def _clock(at: datetime, day: date) -> str:
    after = (at.date() - day).days
    return f"{at:%H:%M}" + (f"{after:+}" if after else "")


def _weekday(day: date) -> str:
    return f"{day:%a} {in_words(day)}"


def _as_of(found: Board) -> str:
    return f"as of {_moment(found.now)}"


def _moment(at: datetime) -> str:
    return f"{in_words(at.date())} {at:%H:%M}"
