"""The ledger of inbound files: one entry for each name, and one more for each other content of a known name."""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from tis_esr.engine.collection import Collection
from tis_esr.engine.work import Work
from tis_esr.services.contracts.bodies import AssignmentRow

FIRST_PAUSE, LONGEST_PAUSE = 60.0, 3600.0


class FileState(StrEnum):
    """The state of a file. HELD is retried automatically, REFUSED and OTHER_CONTENT are not.

    A file that is SPLIT may be incomplete as well, see ``InboundFile.incomplete``.
    """

    RECEIVED = "received"
    SPLITTING = "splitting"
    SPLIT = "split"
    REFUSED = "refused"
    HELD = "held"
    OTHER_CONTENT = "other_content"


INCOMPLETE = "incomplete"
"""The displayed and counted state of a file that is split and incomplete."""

UNDER_WAY = (FileState.RECEIVED, FileState.SPLITTING)
NOT_TAKEN = (FileState.REFUSED, FileState.HELD, FileState.OTHER_CONTENT)
"""States in which no row, or not every row, of a file was accounted for."""


class SettledGap(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers ``first`` to ``last`` of a counter that are settled as missing, and how."""

    first: int
    last: int
    how: str


class InboundFile(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger's entry of one file, identified by its name and its content (``sha256``, ``size`` in bytes).

    ``copy`` distinguishes the other contents of one name; the content that was taken has none. ``offset`` and
    ``next_row`` are where the next chunk begins, ``last_row`` is the number of the row before; ``rows`` counts HDR
    and TRL too, ``blank_within`` the blank ones before TRL. Rows up to ``taken_before`` were processed from an earlier copy that ended there; ``taken_rows_gone`` says that
    theirs were purged, or had begun to be. ``asg_row`` is the
    ASG row to which the next rows belong, 0 where there is none, and ``asg_head`` that row with its PBD rows, empty
    where it can't be used: a long assignment is several messages. ``reason`` says why a file is not taken, ``incomplete`` why
    it is not whole, ``bare_size`` and ``bare_sha256`` what it is without the padding that it ends in, ``remarks`` what else a person should know of it, ``notes`` what was fixed or noticed, row
    by row. ``settled`` says who has dealt with the findings ``dealt_with``, and how; later findings are open again.

    ``settled_gaps`` are the missing numbers before it that are settled.

    ``row_states`` counts its rows by final state, once their purge begins; ``rows_gone`` says that they are purged.

    With ``set_aside`` it is REFUSED and no copy of its name is ever read.

    ``stamp`` is the file's state as the store last reported it; a held file has been tried ``attempts`` times, and is
    retried at ``retry_at``; the entry was last written at ``changed_at`` (both by the engine's clock). ``arrived_at``
    (UTC) is when this content was first read, None as long as there is none to read.
    """

    name: str
    copy: str = ""
    sha256: str = ""
    size: int = 0
    bare_sha256: str = ""
    bare_size: int = 0
    deanery: str = ""
    type: str = ""
    counter: str = ""
    day: date | None = None
    sequence: int = 0
    state: FileState
    reason: str = ""
    offset: int = 0
    next_row: int = 1
    last_row: int = 0
    rows: int = 0
    taken_before: int = 0
    taken_rows_gone: bool = False
    has_header: bool = False
    trailer: int | None = None
    blank_within: int = 0
    counts: dict[str, int] = {}
    incomplete: str = ""
    remarks: list[str] = []
    notes: list[str] = []
    noted: int = 0
    asg_row: int = 0
    asg_head: list[AssignmentRow] = []
    settled: str = ""
    dealt_with: list[str] = []
    settled_gaps: list[SettledGap] = []
    row_states: dict[str, int] = {}
    rows_gone: bool = False
    set_aside: bool = False
    stamp: str = ""
    attempts: int = 0
    retry_at: float = 0.0
    changed_at: float = 0.0
    arrived_at: datetime | None = None

    @property
    def key(self) -> str:
        """Return the name, or the name and the copy."""
        return f"{self.name}#{self.copy}" if self.copy else self.name

    @property
    def beginning(self) -> tuple[int, str]:
        """Return size and digest of the beginning that a complete copy must have."""
        return (self.bare_size, self.bare_sha256) if self.bare_sha256 else (self.size, self.sha256)

    @property
    def shown_state(self) -> str:
        """Return the state that is displayed and counted."""
        return INCOMPLETE if self.state is FileState.SPLIT and self.incomplete else self.state.value

    @property
    def findings(self) -> list[str]:
        """Return all findings as texts, settled or not."""
        found = []
        if self.state in NOT_TAKEN:
            found.append(f"{_WORDS[self.state]}: {self.reason}")
        if self.incomplete:
            found.append(f"incomplete: {self.incomplete}")
        return [*found, *self.remarks]

    @property
    def open_findings(self) -> list[str]:
        """Return the findings that are not settled."""
        return [finding for finding in self.findings if finding not in self.dealt_with]

    def settle(self, how: str) -> "InboundFile":
        """Return the entry with all present findings settled."""
        return msgspec.structs.replace(self, settled=how, dealt_with=self.findings)


_WORDS = {
    FileState.REFUSED: "refused",
    FileState.HELD: "held",
    FileState.OTHER_CONTENT: "other content",
}

FILES = Collection(
    "inbounddatareader.files",
    InboundFile,
    lambda file: file.key,
    (("deanery", "counter", "sequence"), ("settled", "deanery", "counter"), ("changed_at",), ("day",)),
    counted=("state",),
)


def enter(work: Work, file: InboundFile) -> None:
    """Write a file's entry, with the time of writing, by which changes can be found."""
    work.put(FILES, msgspec.structs.replace(file, changed_at=work.time()))


def pause_after(attempts: int) -> float:
    """Return the seconds after which a file is retried that could not be processed this many times."""
    return min(FIRST_PAUSE * 2.0 ** min(attempts - 1, 10), LONGEST_PAUSE)
