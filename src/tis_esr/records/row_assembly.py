"""Assembles lines into rows: a line end within quotes does not end a row, and any number of blank lines are few rows."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from tis_esr.records.cells import is_well_formed
from tis_esr.records.lines import LONGEST_LINE, Line, begins_a_row, decode

_JOINED_AT_MOST = 20
_BLANK_ROWS = 1000
"""This many consecutive blank lines are separate rows; the following ones are one row with their number."""


@dataclass(slots=True)
class RawRow:
    """The bytes of a row, its number of lines and bytes, and whether it had a line end or was cut."""

    text: bytes
    length: int
    ended: bool
    cut: bool = False
    lines: int = 1


def rows_of(lines: Iterator[Line]) -> Iterator[RawRow]:
    """Yield the rows of the lines; each line is in exactly one."""
    ahead: deque[Line] = deque()
    blank, rest = 0, RawRow(b"", 0, ended=True, lines=0)
    while (line := ahead.popleft() if ahead else next(lines, None)) is not None:
        if line.ended and (not line.text or line.text.isspace()):
            blank += 1
            if blank > _BLANK_ROWS:
                rest = RawRow(b"", rest.length + line.length, ended=True, lines=rest.lines + 1)
                continue
        elif blank:
            blank = 0
            if rest.lines:
                yield rest
                rest = RawRow(b"", 0, ended=True, lines=0)
        yield _whole(line, ahead, lines)
    if rest.lines:
        yield rest


def _whole(line: Line, ahead: deque[Line], lines: Iterator[Line]) -> RawRow:
    """Join a row that a line end within quotes has split, if the next lines complete it and do not begin a row."""
    row = RawRow(line.text, line.length, line.ended, line.cut)
    if line.cut or not line.ended or line.text.count(b'"') % 2 == 0 or not begins_a_row(line.text):
        return row
    text, length = line.text, line.length
    for number in range(_JOINED_AT_MOST):
        if number == len(ahead):
            following = next(lines, None)
            if following is None:
                return row
            ahead.append(following)
        part = ahead[number]
        text, length = text + b"\n" + part.text, length + part.length
        if part.cut or len(text) > LONGEST_LINE or begins_a_row(part.text):
            return row
        if part.text.count(b'"') % 2:
            if not is_well_formed(decode(text)):
                return row
            for _ in range(number + 1):
                ahead.popleft()
            return RawRow(text, length, part.ended, lines=number + 2)
    return row
