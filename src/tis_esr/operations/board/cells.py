"""The cells of the board: one office, file type and day each, with its state and what follows from it."""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from tis_esr.counted import counted
from tis_esr.decisions.who import Who
from tis_esr.operations.states import words


class FileType(StrEnum):
    """The file types that are expected, in the order of a day; an RMF counts as that day's RMC."""

    RMC = "RMC"
    APP = "APP"
    DNC = "DNC"
    RTC = "RTC"
    APC = "APC"
    DCC = "DCC"


class CellState(StrEnum):
    """The state of a cell.

    AT_RISK is a file later than usual, LATE one past its due time and grace, MISSING one whose due day is over. HELD is
    a file that arrived and is not applied. SENT is one of ours that ESR has not answered yet.
    """

    NOT_DUE = "NOT_DUE"
    DUE = "DUE"
    AT_RISK = "AT_RISK"
    RECEIVED = "RECEIVED"
    IN_WORK = "IN_WORK"
    COMPLETE = "COMPLETE"
    COMPLETE_WITH_REFUSALS = "COMPLETE_WITH_REFUSALS"
    LATE = "LATE"
    MISSING = "MISSING"
    HELD = "HELD"
    WAIVED = "WAIVED"
    SENT = "SENT"
    CONFIRMED = "CONFIRMED"
    CONFIRMED_WITH_ERRORS = "CONFIRMED_WITH_ERRORS"
    REJECTED = "REJECTED"
    CONFIRMATION_OVERDUE = "CONFIRMATION_OVERDUE"


def in_words(state: CellState) -> str:
    """Return a state as people read it."""
    return _WORDS.get(state) or words(state)


_WORDS = {
    CellState.SENT: "Sent, waiting for ESR",
    CellState.COMPLETE_WITH_REFUSALS: "Complete, with faults",
}


NOT_HERE = (CellState.LATE, CellState.MISSING, CellState.CONFIRMATION_OVERDUE)
"""The states of a file that should be here and is not."""
NEEDS_SOMEBODY = (*NOT_HERE, CellState.HELD, CellState.REJECTED)
"""The states in which somebody must act."""


class Consequence(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from a cell's state: in words, "" for nothing, and in numbers.

    ``starters`` are the applicants affected, ``leaving_tomorrow`` those of them who can't be sent any more if this
    day's files lack them, ``losing_promise`` those whose data would then not be sent 12 weeks before the start.
    """

    text: str = ""
    starters: int = 0
    leaving_tomorrow: int = 0
    losing_promise: int = 0


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """One expected file. Times are Europe/London.

    It is late from ``late_at`` on (``due_at`` and the grace). ``usual_at`` is the time by which it was here on 95 % of
    the last 28 days, None where too few are known. ``came_at`` is None if it is not here, or its arrival was not stored.
    ``is_late`` says that it came, or has still not come, after ``late_at``; ``is_unusual`` the same of ``usual_at``.
    ``rows`` and ``refused`` count all files of the cell, of which ``file`` is the first. ``detail`` is why it is held,
    what it lacks, or how it was waived. ``next_check`` is when the state changes next without a file.
    """

    deanery: str
    type: FileType
    day: date
    state: CellState
    due_at: datetime
    late_at: datetime
    usual_at: datetime | None = None
    came_at: datetime | None = None
    is_late: bool = False
    is_unusual: bool = False
    file: str = ""
    rows: int = 0
    refused: int = 0
    detail: str = ""
    consequence: Consequence = Consequence()
    who_acts: Who = Who.NOBODY
    action: str = ""
    next_check: datetime | None = None
    source: str = ""

    @property
    def key(self) -> str:
        """Return ``EOE-RMC-2026-11-24``."""
        return f"{self.deanery}-{self.type}-{self.day}"


def not_taken(cell: Cell) -> str:
    """Return what of a cell's rows was not taken, "" for nothing: ESR's rows that were not used, ours that ESR rejected."""
    if not cell.refused:
        return ""
    if cell.type in {FileType.APP, FileType.DNC}:
        return f"{cell.refused:,} rejected by ESR"
    return f"{counted(cell.refused, 'row')} not used"
