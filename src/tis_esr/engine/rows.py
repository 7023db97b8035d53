"""Row accounting: each row of each inbound file ends in exactly one state (guarantee 3)."""

from enum import StrEnum

import msgspec


class RowState(StrEnum):
    """Where a row can end; PENDING is the one state that is not an end."""

    PENDING = "pending"
    APPLIED = "applied"
    SUPERSEDED = "superseded"
    UNMATCHED = "unmatched"
    PARKED = "parked"
    IGNORED = "ignored"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one row (counted from 1, HDR is row 1) of an inbound file.

    Without ``type`` the row keeps the record type that it is known by.
    """

    file: str
    row: int
    type: str
    state: RowState
    reason: str = ""
