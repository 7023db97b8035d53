"""Versions of facts, and the one rule by which a newer fact supersedes an older one.

A row of ESR is as new as its stamp; a position is as new as its revision, which Reconciliation counts; a generator's
result for a position is as new as its own count. Each consumer stores the newest version that it has handled of a
thing, even without a result, and drops what is older.
"""

from datetime import date
from typing import Any, Protocol, TypeVar

import msgspec

from tis_esr.records.file_names import FileName


class Comparable(Protocol):
    """What has an order."""

    def __lt__(self, other: Any, /) -> bool:
        """Return whether this version is older."""
        ...


V = TypeVar("V", bound=Comparable)


class Stamp(msgspec.Struct, frozen=True, order=True, array_like=True):
    """The version of a row: file date, deanery, file sequence, row (counted from 1).

    Each deanery has its own sequence, so on one day it orders rows within a deanery only; between two deaneries of one
    day the order is that of their codes, which is arbitrary but the same everywhere.
    """

    day: date
    deanery: str
    sequence: int
    row: int


def stamp_of(source_file: str, row: int) -> Stamp:
    """Return the stamp of a row of an inbound file. Raises BadFileNameError."""
    name = FileName.parse(source_file)
    return Stamp(name.date, name.deanery, name.sequence, row)


def is_superseded(arriving: V, known: V | None) -> bool:
    """Return whether a newer version than the arriving one is known: the same version again is not superseded."""
    return known is not None and arriving < known
