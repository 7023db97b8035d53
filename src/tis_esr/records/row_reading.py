"""Reads rows: lenient and streaming; no input loses a row."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from tis_esr.counted import counted
from tis_esr.records.cells import Quotes, cells
from tis_esr.records.known_defects import anchored_confirmation, numbers_in_place, shifted_position
from tis_esr.records.layouts import Column, Layout
from tis_esr.records.lines import LONGEST_LINE, decode, looks_like_text, read_lines
from tis_esr.records.record_types import LAYOUTS
from tis_esr.records.row_assembly import RawRow, rows_of
from tis_esr.records.values import Value, has_lost_letters, misfit_reason, read_value

__all__ = ["Problem", "Record", "looks_like_text", "read_records"]


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of a row; ``fatal`` if the row can't be used. The text never contains the value."""

    column: str
    code: str
    text: str
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One row, numbered by its first line from 1; ``next_offset`` is the byte at which the next one begins.

    ``type`` is column 1, in capitals if it is known, "" for a blank row; one that is too long is cut to ``ABC…``,
    because it may be anything. ``surplus`` has the values beyond the last column. ``lines`` is more than 1 if line ends
    within quotes were joined, and for very many blank lines.
    """

    type: str
    row: int
    raw: str
    values: dict[str, Value]
    problems: tuple[Problem, ...]
    next_offset: int
    surplus: tuple[str, ...] = ()
    lines: int = 1

    @property
    def next_row(self) -> int:
        """Return the number of the row that begins at ``next_offset``."""
        return self.row + self.lines

    @property
    def unusable(self) -> str:
        """Return why the row can't be used; "" if it can."""
        return "; ".join(problem.text for problem in self.problems if problem.fatal)


def read_records(stream: BinaryIO, *, first_row: int = 1) -> Iterator[Record]:
    """Yield a record for every row from the stream's position; never raises because of the content.

    To continue after a record, seek to its ``next_offset`` and pass its ``next_row`` as ``first_row``.
    """
    offset, row = stream.tell(), first_row
    for raw in rows_of(read_lines(stream)):
        offset += raw.length
        yield _record(raw, row, offset)
        row += raw.lines


def _record(raw: RawRow, row: int, next_offset: int) -> Record:
    text = decode(raw.text).removeprefix("\ufeff")
    line = text.strip(_EDGES)
    if not raw.ended:
        line = line.rstrip("\0" + _EDGES)
    if not line or line.isspace():
        said = "the row is blank" if raw.lines == 1 else counted(raw.lines, "blank line")
        blank = Problem("", "blank", said)
        return Record("", row, text, {}, (blank,), next_offset, lines=raw.lines)
    found, quotes = cells(line)
    first = found[0].strip()
    record_type = first.upper()
    layout = LAYOUTS.get(record_type)
    problems = _of_the_line(raw, line, quotes)
    if layout is None:
        problems.append(Problem("", "unknown-record-type", "unknown record type", fatal=True))
        return Record(_shortened(first), row, text, {}, tuple(problems), next_offset, lines=raw.lines)
    data, mended = _mended(layout, found[1:], line, in_order=quotes is Quotes.IN_ORDER)
    if mended:
        problems.append(Problem("", mended, _MENDED[mended]))
    elif quotes is Quotes.OPEN or (quotes is Quotes.CUT and raw.ended):
        problems.append(_OPEN)
    if not raw.ended and record_type != "TRL":
        problems.append(_cut_off(layout, data, is_whole=quotes is not Quotes.CUT and line[-1] in '",'))
    values = _values(layout, data, problems, damaged=has_lost_letters(line))
    surplus = tuple(data[len(layout.columns) :])
    if surplus:
        problems.append(
            Problem("", "surplus", f"{counted(len(surplus), 'surplus column')} in a {record_type} row")
        )
        if quotes is not Quotes.IN_ORDER:
            problems.append(_SHIFTED)
    return Record(record_type, row, text, values, tuple(problems), next_offset, surplus, raw.lines)


_EDGES = "\x0b\x0c\x1a"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_STRAY = Problem("", "quotes", "a quote is not doubled or not closed")
_OPEN = Problem("", "open-quote", "a quote is not closed, so a value may be cut or hold others", fatal=True)
_SHIFTED = Problem(
    "",
    "shifted",
    "quotes out of order and too many columns, so values may stand in wrong columns",
    fatal=True,
)
_CUT = Problem(
    "",
    "too-long",
    f"the row is longer than {LONGEST_LINE // 1024} KiB; the rest of it is not read",
    fatal=True,
)
_BYTES = Problem("", "encoding", "a byte is neither UTF-8 nor Windows-1252")
_BINARY = Problem("", "control", "the row contains a NUL or another control character", fatal=True)


def _of_the_line(raw: RawRow, line: str, quotes: Quotes) -> list[Problem]:
    """Return the problems of the line, whatever its layout is."""
    problems = []
    if quotes is not Quotes.IN_ORDER:
        problems.append(_STRAY)
    if not line.isascii() and "\ufffd" in line:
        problems.append(_BYTES)
    if not line.isprintable() and _CONTROL.search(line):
        problems.append(_BINARY)
    if raw.cut:
        problems.append(_CUT)
    if raw.lines > 1:
        said = f"a line end inside quotes: {counted(raw.lines, 'line')} joined"
        problems.append(Problem("", "mended-lines", said))
    return problems


def _cut_off(layout: Layout, data: list[str], *, is_whole: bool) -> Problem:
    """Mark that the file ends within the row, and empty its last cell unless it is complete."""
    fatal, last = False, len(data) - 1
    if not is_whole and 0 <= last < len(layout.columns):
        fatal = layout.columns[last].decisive
        data[last] = ""
    return Problem("", "no-line-end", "the file ends within this row", fatal=fatal)


def _shortened(record_type: str) -> str:
    return record_type if len(record_type) <= _TYPE_LENGTH else f"{record_type[:_TYPE_LENGTH]}…"


_TYPE_LENGTH = 3
_MENDED = {
    "mended-shift": "title cut in two at a backslash: joined again, and the columns behind it moved back",
    "mended-text": "commas or quotes inside the message text: taken as part of it",
}


def _mended(layout: Layout, data: list[str], text: str, *, in_order: bool) -> tuple[list[str], str]:
    if layout.record_type == "POS" and (mended := shifted_position(data)) is not None:
        return mended, "mended-shift"
    if in_order and len(data) <= len(layout.columns):
        return data, ""
    if layout.record_type != "APC" or (in_order and numbers_in_place(data)):
        return data, ""
    mended = anchored_confirmation(text, len(data))
    return (data, "") if mended is None else (mended, "mended-text")


def _values(layout: Layout, data: list[str], problems: list[Problem], *, damaged: bool) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for number, column in enumerate(layout.columns):
        text = data[number] if number < len(data) else ""
        if not text and not column.mandatory:
            values[column.name] = None
            continue
        if text and column.is_plain and not damaged and len(text) <= column.length and not text.isspace():
            values[column.name] = text
            continue
        values[column.name], problem = _value(column, text, damaged=damaged)
        if problem is not None:
            problems.append(problem)
    return values


def _value(column: Column, text: str, *, damaged: bool) -> tuple[Value, Problem | None]:
    name = column.name
    try:
        value = read_value(column, text)
    except ValueError as error:
        said = f"column {name} ({column}) is {error}"
        if column.others:
            return text.strip(), Problem(name, "unknown-code", said)
        code, fatal = ("unknown-code", True) if column.codes else ("ill-formed", column.decisive)
        return None, Problem(name, code, said, fatal=fatal)
    if value is None and column.mandatory:
        said = f"column {name} is mandatory and empty"
        return None, Problem(name, "missing-mandatory", said, fatal=True)
    if damaged and column.decisive and has_lost_letters(text):
        return value, Problem(name, "lost-letters", f"column {name} has lost letters", fatal=True)
    if len(text) > column.length and misfit_reason(column, value):
        return value, Problem(name, "too-long", f"column {name} is longer than {column}")
    return value, None
