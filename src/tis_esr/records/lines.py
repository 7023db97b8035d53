"""A file's bytes as lines, and a line as cells: whatever comes, no line is lost."""

import csv
import re
from collections.abc import Iterator
from typing import BinaryIO

LONGEST_LINE = 1 << 20
_WELL_FORMED = re.compile(r'[^",]*(?:,(?:"(?:[^"]|"")*"|[^",]*))*')
_BOM = b"\xef\xbb\xbf"
_BINARY = frozenset(range(32)) - {9, 10, 12, 13, 26}


def read_lines(stream: BinaryIO) -> Iterator[tuple[bytes, int, bool, bool]]:
    """Yield each line without its end, its length in bytes with it, whether it had an end, and was cut.

    A line longer than LONGEST_LINE is cut there, and skipped to its end: it stays one line.
    """
    while line := stream.readline(LONGEST_LINE):
        length, cut, part = len(line), False, line
        while len(part) == LONGEST_LINE and not part.endswith(b"\n"):
            part = stream.readline(LONGEST_LINE)
            length += len(part)
            cut = cut or part.rstrip(b"\r\n") != b""
        yield line.rstrip(b"\r\n"), length, part.endswith(b"\n"), cut


def decode(line: bytes, *, first: bool) -> str:
    """Return a line's text: UTF-8, or else Windows-1252; a byte that is neither becomes ``\\ufffd``."""
    if first:
        line = line.removeprefix(_BOM)
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("cp1252", errors="replace")


def cells(text: str) -> tuple[list[str], bool]:
    """Return a line's cells, and whether its quotes were in order; a backslash is an ordinary character."""
    if '"' not in text:
        return text.split(","), True
    if _WELL_FORMED.fullmatch(text):
        try:
            return next(csv.reader([text])), True
        except csv.Error:  # a carriage return within the line, or a cell beyond csv's limit
            pass
    return _loose_cells(text), False


def _loose_cells(text: str) -> list[str]:
    """Take a cell's quotes to be those beside a comma or the line's end; others belong to the text."""
    found, place = [], 0
    while place <= len(text):
        if text.startswith('"', place):
            end = _closing(text, place + 1)
            found.append(text[place + 1 : end].replace('""', '"'))
            place = text.find(",", end)
        else:
            end = text.find(",", place)
            found.append(text[place : end if end >= 0 else len(text)])
            place = end
        if place < 0:
            return found
        place += 1
    return found


def _closing(text: str, start: int) -> int:
    """Return where the quote closes that was opened before ``start``: at `",` or at the end."""
    end = text.find('",', start)
    while end > start and _quotes_up_to(text, start, end) % 2 == 0:
        end = text.find('",', end + 1)
    if end >= 0:
        return end
    return len(text) - 1 if text.endswith('"') and len(text) > start else len(text)


def _quotes_up_to(text: str, start: int, end: int) -> int:
    """Count the quotes that stand side by side from ``end`` backwards, without copying what is before."""
    first = end
    while first > start and text[first - 1] == '"':
        first -= 1
    return end - first + 1


def looks_like_text(head: bytes) -> bool:
    """Say whether a file's first bytes can be text: no NUL, hardly a control character."""
    if b"\0" in head:
        return False
    return sum(byte in _BINARY for byte in head) * 50 <= len(head)
