"""Reading rows: lenient, streaming, keeping the raw line; whatever comes, no row is lost."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from tis_esr.records.catalogue import LAYOUTS
from tis_esr.records.layouts import Layout
from tis_esr.records.lines import cells, decode, looks_like_text, read_lines
from tis_esr.records.mending import anchored_confirmation, numbers_in_place, shifted_position
from tis_esr.records.values import Value, fits, read_value

__all__ = ["Problem", "Record", "looks_like_text", "read_records"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is odd about a row; ``fatal`` where the row can't be used. The text never holds the value."""

    column: str
    code: str
    text: str
    fatal: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """One row, numbered from 1; ``next_offset`` is the byte at which the next one begins.

    ``type`` is column 1 as it stands, "" for a blank row; a longer one than any is cut to ``ABC…``, since
    it may be anything. ``surplus`` keeps what is beyond the last column.
    """

    type: str
    row: int
    raw: str
    values: dict[str, Value]
    problems: tuple[Problem, ...]
    next_offset: int
    surplus: tuple[str, ...] = ()


def read_records(stream: BinaryIO, *, first_row: int = 1) -> Iterator[Record]:
    """Yield a record for every line from the stream's place on; never raises for what the lines hold.

    To go on after a record, seek to its ``next_offset`` and pass its row plus 1 as ``first_row``.
    """
    offset = stream.tell()
    for row, (line, length, ended, cut) in enumerate(read_lines(stream), first_row):
        offset += length
        text = decode(line, first=row == 1)
        yield _record(text, row, offset, cut=cut, ended=ended)


def _record(text: str, row: int, next_offset: int, *, cut: bool, ended: bool) -> Record:
    if not text.strip():
        blank = Problem("", "blank", "the row is blank")
        return Record("", row, text, {}, (blank,), next_offset)
    found, in_order = cells(text)
    record_type = found[0].strip()
    layout = LAYOUTS.get(record_type)
    problems = []
    if not in_order:
        problems.append(Problem("", "quotes", "a quote is not doubled or not closed"))
    if "\ufffd" in text:
        problems.append(Problem("", "encoding", "a byte is neither UTF-8 nor Windows-1252"))
    if cut:
        problems.append(
            Problem("", "too-long", "the row is over a mebibyte long; the rest of it is not read", fatal=True)
        )
    if layout is None:
        problems.append(
            Problem("", "unknown-record-type", "the record type is none of the interface's", fatal=True)
        )
        return Record(_shortened(record_type), row, text, {}, tuple(problems), next_offset)
    data, mended = _mended(layout, found[1:], text, in_order=in_order)
    if mended:
        problems.append(Problem("", mended, _MENDED[mended]))
    if not ended and record_type != "TRL":
        problems.append(Problem("", "no-line-end", "the file ends within this row"))
    values = _values(layout, data, problems)
    surplus = tuple(data[len(layout.columns) :])
    if surplus:
        problems.append(Problem("", "surplus", f"{len(surplus)} columns more than a {record_type} row has"))
    return Record(record_type, row, text, values, tuple(problems), next_offset, surplus)


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


def _values(layout: Layout, data: list[str], problems: list[Problem]) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for number, column in enumerate(layout.columns):
        text = data[number] if number < len(data) else ""
        try:
            value = read_value(column, text)
        except ValueError as error:
            value = None
            said = f"column {column.name} ({column}) holds {error}"
            problems.append(Problem(column.name, "ill-formed", said, fatal=column.mandatory))
        else:
            if value is None and column.mandatory:
                said = f"column {column.name} is mandatory and empty"
                problems.append(Problem(column.name, "missing-mandatory", said, fatal=True))
            elif len(text) > column.length and fits(column, value):
                problems.append(
                    Problem(column.name, "too-long", f"column {column.name} is longer than {column}")
                )
        values[column.name] = value
    return values
