"""Splits a file's bytes into lines, with any line end: in order, bounded in memory, without omitting a byte."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

LONGEST_LINE = 1 << 16
"""Bytes. The widest row of any layout takes a quarter of it; anything longer is not a row of ESR's."""

_BLOCK = 1 << 16
_TYPES = rb"(?:HDR|TRL|POR|POS|ASG|PER|ADD|PBD|ABS|APC|DCC)"
_ROW = re.compile(rb'\s*"?' + _TYPES + rb'\s*"?\s*(?:,|$)', re.IGNORECASE)
_RARER = (rb"\x0b", rb"\x0c", rb"\x1c", rb"\x1d", rb"\x1e", rb"\xc2\x85", rb"\xe2\x80\xa8", rb"\xe2\x80\xa9")
_END = re.compile(b"|".join([rb"\r\r\n|\r\n|\n|\r", *(end + b"(?=" + _TYPES + b",)" for end in _RARER)]))
_BOM = b"\xef\xbb\xbf"
PADDING = b"\0\x0b\x0c\x1a \t"
_BINARY = frozenset(range(32)) - {9, 10, 11, 12, 13, 26}


@dataclass(slots=True)
class Line:
    """One line without its end. ``length`` is its bytes with it; ``cut`` says that the rest of it was discarded."""

    text: bytes
    length: int
    ended: bool
    cut: bool = False


def read_lines(stream: BinaryIO) -> Iterator[Line]:
    """Yield each line of the stream: ended by LF, CR LF, CR, or a rarer separator before the next record.

    A line longer than LONGEST_LINE is cut there, and skipped to its end: it stays one line.
    """
    buffer, start, dropped, head = b"", 0, 0, b""
    while True:
        block = stream.read(_BLOCK)
        buffer, seen, start = buffer[start:] + block, max(0, len(buffer) - start - _EDGE), 0
        for end in _END.finditer(buffer, seen):
            if block and end.end() > len(buffer) - 2 and buffer[end.start() : end.start() + 1] == b"\r":
                break  # what follows may belong to this end
            yield _line(head, buffer[start : end.start()], dropped + end.end() - start, ended=True)
            start, dropped, head = end.end(), 0, b""
        if not block:
            if start < len(buffer) or dropped:
                yield _line(head, buffer[start:], dropped + len(buffer) - start, ended=False)
            return
        over = len(buffer) - start - _EDGE
        if over > LONGEST_LINE:
            head = head or buffer[start : start + LONGEST_LINE]
            dropped += over
            start += over


_EDGE = 8
"""Bytes kept of a line that is too long: a line end, and the record after it, may begin in them."""


def _line(head: bytes, rest: bytes, length: int, *, ended: bool) -> Line:
    if head:
        return Line(head, length, ended, cut=True)
    if len(rest) > LONGEST_LINE:
        return Line(rest[:LONGEST_LINE], length, ended, cut=rest[LONGEST_LINE:].strip(PADDING) != b"")
    return Line(rest, length, ended)


def decode(line: bytes) -> str:
    """Return a line's text: UTF-8, or else Windows-1252; a byte that is neither becomes ``\\ufffd``."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def begins_a_row(line: bytes) -> bool:
    """Return whether a line begins as a row of ESR does, in any letter case."""
    return _ROW.match(line.removeprefix(_BOM)) is not None


def looks_like_text(head: bytes) -> bool:
    """Return whether a file's first bytes can be ESR's: not if they are binary and none of their lines is a row."""
    binary = sum(byte in _BINARY for byte in head)
    if not binary or (b"\0" not in head and binary * 50 <= len(head)):
        return True
    return any(begins_a_row(line.lstrip(PADDING)) for line in re.split(rb"[\r\n]", head))
