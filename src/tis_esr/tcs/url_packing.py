"""Encodes paths and queries for TCS, and packs lists into as few of them as possible."""

from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote

import msgspec

LONGEST_PATH: Final = 6000
"""Bytes of path and query; common servers reject request lines of more than 8,000."""

PAGE_SIZE: Final = 2000
"""The largest page of TCS."""


def encoded(text: str) -> str:
    """Return one path segment, encoded once."""
    return quote(text, safe="")


def encoded_npn(npn: str) -> str:
    """Return a national post number for a path, encoded twice because TCS decodes it twice.

    ``EOE/RGT00`` becomes ``EOE%252FRGT00``; blanks and ``+`` are significant and survive.
    """
    return quote(quote(npn, safe=""), safe="")


def packed(
    pieces: Iterable[str], comma: str = ",", room: int = LONGEST_PATH, most: int = 1000
) -> Iterator[str]:
    """Join pieces by ``comma`` into texts of at most ``room`` characters and ``most`` pieces.

    A single piece that is longer than ``room`` is sent alone.
    """
    chunk: list[str] = []
    size = 0
    for piece in pieces:
        if chunk and (size + len(comma) + len(piece) > room or len(chunk) == most):
            yield comma.join(chunk)
            chunk, size = [], 0
        size += len(piece) + (len(comma) if chunk else 0)
        chunk.append(piece)
    if chunk:
        yield comma.join(chunk)


def placement_filters(attribute: str, ids: Iterable[int]) -> Iterator[str]:
    """Yield ``columnFilters`` for placements whose ``attribute`` is one of ``ids``, ready for the query."""
    start, comma, end = (quote(text, safe="") for text in (f'{{"{attribute}":["', '","', '"]}'))
    room = LONGEST_PATH - 200
    return (f"{start}{ids_}{end}" for ids_ in packed(map(str, ids), comma, room))


def json_body(value: object) -> bytes:
    """Return the JSON of a request; dates and times become ISO text."""
    return msgspec.json.encode(value)
