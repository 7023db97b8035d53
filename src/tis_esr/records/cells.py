"""Splits a line into cells, and interprets quotes that are not valid."""

import csv
import re
from enum import Enum

_WELL_FORMED = re.compile(r'[^",]*(?:,(?:"(?:[^"]|"")*"|[^",]*))*')


def is_well_formed(text: str) -> bool:
    """Return whether every quote of a line is valid; the record type may be in quotes too."""
    return _WELL_FORMED.fullmatch(_with_plain_type(text)) is not None


class Quotes(Enum):
    """How reliable the quotes of a line are.

    CUT if only the last cell is not closed; OPEN if an unclosed one hides where cells end.
    """

    IN_ORDER = "in order"
    STRAY = "stray"
    CUT = "cut"
    OPEN = "open"


def cells(text: str) -> tuple[list[str], Quotes]:
    """Return a line's cells, and the state of its quotes; a backslash is an ordinary character."""
    if '"' not in text:
        return text.split(","), Quotes.IN_ORDER
    if text[0] == '"':
        text = _with_plain_type(text)
    if _WELL_FORMED.fullmatch(text):
        try:
            return next(csv.reader([text])), Quotes.IN_ORDER
        except csv.Error:  # a carriage return within the line, or a cell beyond csv's limit
            pass
    found, closed = _loose_cells(text)
    if any(',"' in cell for cell in found):
        return found, Quotes.OPEN
    return found, Quotes.STRAY if closed else Quotes.CUT


def _with_plain_type(text: str) -> str:
    if text.startswith('"') and text[4:5] == '"':
        return text[1:4] + text[5:]
    return text


def _loose_cells(text: str) -> tuple[list[str], bool]:
    """Treat quotes beside a comma or the line's end as a cell's quotes; others belong to the text.

    Also returns whether the last cell was closed.
    """
    found, place, closed = [], 0, True
    while place <= len(text):
        if text.startswith('"', place):
            end = _closing(text, place + 1)
            closed = end < len(text)
            found.append(text[place + 1 : end].replace('""', '"'))
            place = text.find(",", end)
        else:
            end = text.find(",", place)
            found.append(text[place : end if end >= 0 else len(text)])
            place = end
        if place < 0:
            break
        place += 1
    return found, closed


def _closing(text: str, start: int) -> int:
    """Return where the quote closes that was opened before ``start``: at `",` or at the end."""
    end = text.find('",', start)
    while end > start and _quotes_up_to(text, start, end) % 2 == 0:
        end = text.find('",', end + 1)
    if end >= 0:
        return end
    return len(text) - 1 if text.endswith('"') and len(text) > start else len(text)


def _quotes_up_to(text: str, start: int, end: int) -> int:
    """Count the consecutive quotes from ``end`` backwards, without copying the text before."""
    first = end
    while first > start and text[first - 1] == '"':
        first -= 1
    return end - first + 1
