"""Row accounting: each row of each inbound file ends in exactly one state (guarantee 3)."""

from enum import StrEnum

import msgspec


class RowState(StrEnum):
    """The states of a row; PENDING is the only one that is not final.

    PARKED is never accounted: a row shows it while a parked message covers it, whatever it is accounted as.
    """

    PENDING = "pending"
    APPLIED = "applied"
    SUPERSEDED = "superseded"
    UNMATCHED = "unmatched"
    PARKED = "parked"
    IGNORED = "ignored"


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one row (counted from 1, HDR is row 1) of an inbound file.

    Without ``type`` the row keeps its record type.
    """

    file: str
    row: int
    type: str
    state: RowState
    reason: str = ""


def discarded(state: RowState, reason: str, why: str) -> tuple[RowState, str]:
    """Return what a row is accounted as once a message that covered it is discarded.

    A pending row becomes ignored; any other keeps its state and says so in its reason.
    """
    if state is RowState.PENDING:
        return RowState.IGNORED, f"discarded: {why}"
    said = f"a message of this row was discarded: {why}"
    return state, reason if said in reason else "; ".join(filter(None, (reason, said)))
