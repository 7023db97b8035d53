"""The dialect: commas, text in double quotes with quotes inside doubled, other values unquoted."""

import re
from collections.abc import Iterable

from tis_esr.simulation.esr.columns import Cell

_CELL = re.compile(r'"((?:[^"]|"")*)"|([^",]*)')
_TEXT = "XF"


class MalformedRowError(Exception):
    """A row whose quotes and commas are not those of the dialect."""


def split(line: str) -> list[Cell]:
    """Return the cells of a row; raises MalformedRowError."""
    cells, place = [], 0
    while True:
        match = _CELL.match(line, place)
        if match is None:
            raise MalformedRowError
        quoted, bare = match.groups()
        cells.append(Cell((quoted or "").replace('""', '"') if bare is None else bare, bare is None))
        place = match.end()
        if place == len(line):
            return cells
        if line[place] != ",":
            raise MalformedRowError
        place += 1


def row(record_type: str, kinds: str, values: Iterable[object], *, escapes: bool = True) -> str:
    """Return a row; each letter of ``kinds`` is that of a column: X and F stand in quotes, None is empty.

    Quotes in a text are doubled if it ``escapes`` them.
    """
    cells = [record_type]
    for kind, value in zip(kinds, values, strict=True):
        shown = "" if value is None else str(value)
        if kind in _TEXT:
            doubled = shown.replace('"', '""') if escapes else shown
            shown = f'"{doubled}"'
        cells.append(shown)
    return ",".join(cells)
