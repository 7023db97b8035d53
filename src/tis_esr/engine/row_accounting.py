"""Row accounting: each row of each inbound file ends in exactly one state (guarantee 3)."""

from enum import StrEnum

import msgspec


class RowState(StrEnum):
    """Where a row can end; PENDING is the one state that is not an end.

    PARKED is never accounted: a row shows it while a parked message covers it, over what it is accounted as.
    """

    PENDING = "pending"
    APPLIED = "applied"
    SUPERSEDED = "superseded"
    UNMATCHED = "unmatched"
    PARKED = "parked"
    IGNORED = "ignored"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one row (counted from 1, HDR is row 1) of an inbound file.

    Without ``type`` the row keeps the record type that it is known by.
    """

    file: str
    row: int
    type: str
    state: RowState
    reason: str = ""


def discarded(state: RowState, reason: str, why: str) -> tuple[RowState, str]:
    """Return what a row is accounted as once a message that covered it is discarded.

    Where nothing had come of the row it is ignored; otherwise it stays what it is and says so in its reason.
    """
    if state is RowState.PENDING:
        return RowState.IGNORED, f"discarded: {why}"
    said = f"a message of this row was discarded: {why}"
    return state, reason if said in reason else "; ".join(filter(None, (reason, said)))
