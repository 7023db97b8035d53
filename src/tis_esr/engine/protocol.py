"""The protocol of engines. Services do not use it directly: they get a Work."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, Protocol

from tis_esr.engine.collection import Collection, Where
from tis_esr.engine.envelope import Identity, Message
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.parking_causes import ParkingCause

Cursor = tuple[str, Any]
"""The cursor of a walk through old data: the day of what was returned last, and the engine's own position."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A document as stored: its key, its version (for the check at commit), its JSON.

    ``written_on`` is the day (ISO) on which it was last written.
    """

    key: str
    version: int
    body: bytes
    written_on: str = ""


@dataclass(frozen=True, slots=True)
class Put:
    """One document to write; ``version`` is the one that was read, 0 for a new document.

    ``searched`` and ``counted`` are the values of the collection's fields of that name. ``written_on`` is the day (ISO)
    of writing to store, by default the commit's.
    """

    collection: Collection[Any]
    key: str
    version: int
    body: bytes
    searched: tuple[Any, ...]
    counted: tuple[Any, ...]
    written_on: str = ""


@dataclass(frozen=True, slots=True)
class Removal:
    """One document to remove, unless its ``version`` has changed since it was read."""

    collection: Collection[Any]
    key: str
    version: int


@dataclass(frozen=True, slots=True)
class OldMessage:
    """A message that was handled or parked before a day, and the cursor behind it."""

    identity: Identity
    cursor: Cursor


class Parking(NamedTuple):
    """A message to park, with the reason for people and the cause for machines."""

    message: Message
    reason: str
    cause: ParkingCause = ParkingCause.OTHER


@dataclass(frozen=True, slots=True)
class Standing:
    """A stored message at one moment: ``state`` is "waiting" (also while it is handled), "parked" or "done".

    ``reason`` and ``cause`` are those of its parking, "" if it is not parked.
    """

    state: str
    reason: str = ""
    cause: str = ""


@dataclass(slots=True)
class Commit:
    """Everything that takes effect together, or not at all.

    A parked message covers its row, and those rows up to its ``last_row`` that are accounted pending: they show as
    PARKED, whatever they are accounted as, while any parked message covers them. Rows are accounted first. A message
    that is parked already covers its rows once. ``held`` are messages that the unit of work is about: if another
    process has taken one of them over, nothing takes effect.

    ``day`` is the day that its documents and messages count as written and handled on, the engine's where there is
    none. ``removals`` are documents to remove, ``forgotten`` messages that are done, and ``rows_gone`` rows of a
    file, of which nothing is kept any more. ``discarded`` are parked messages to discard, with the reason, see Engine.discard, ``requeued``
    those to requeue, see Engine.replay.
    """

    puts: list[Put] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    done: list[Message] = field(default_factory=list)
    parked: list[Parking] = field(default_factory=list)
    held: list[Message] = field(default_factory=list)
    day: date | None = None
    removals: list[Removal] = field(default_factory=list)
    forgotten: list[Identity] = field(default_factory=list)
    rows_gone: list[tuple[str, int]] = field(default_factory=list)
    discarded: list[tuple[Identity, str]] = field(default_factory=list)
    requeued: list[Identity] = field(default_factory=list)


@dataclass(frozen=True)
class Depths:
    """The backlog: by queue the number of messages and the age of the oldest one in seconds; parked by queue and reason.

    ``outbox`` counts messages that are committed but not delivered yet, with the oldest one's age. ``open_longest`` is
    the age of the oldest that is parked, or was and is not done: however often it was requeued and parked again.
    """

    queues: dict[str, tuple[int, float]]
    parked: dict[tuple[str, str], int]
    outbox: int = 0
    outbox_oldest: float = 0.0
    open_longest: float = 0.0


class Engine(Protocol):
    """Documents, queues and row accounting with one transaction over all of them."""

    def time(self) -> float:
        """Return the seconds since 1970 of a clock that all processes on one store share.

        To be compared only with what it returned to this or another process on the same store.
        """
        ...

    async def get(self, collection: Collection[Any], keys: Sequence[str]) -> list[Stored]:
        """Return the documents that exist of ``keys``, in no particular order."""
        ...

    async def find(
        self, collection: Collection[Any], where: Where, order_by: Sequence[str], limit: int | None
    ) -> list[Stored]:
        """Return the documents that match every condition of ``where``."""
        ...

    async def commit(self, commit: Commit) -> None:
        """Apply everything in one transaction; raises ConflictError if a document's version has changed.

        So it does where a row that is to go has been parked meanwhile, or a message to be discarded or requeued is not
        parked.
        Raises LeaseLostError when a message that is to be done is not held any more: taken over, parked or done.
        """
        ...

    async def claim(self, queue: str, limit: int) -> list[Message]:
        """Return the oldest ready messages, their attempt counted durably before they are handed out.

        If the process ends before they are committed, parked or released, that is one more of their ``deaths``. A
        message that is isolated because of its deaths is returned alone, and only if this process holds no other such
        one: so no innocent message ends with it.
        """
        ...

    async def release(self, messages: Iterable[Message], delay: float) -> None:
        """Release messages, to be claimed again after ``delay`` seconds; those no longer held are unchanged."""
        ...

    async def next_ready(self, queues: Sequence[str]) -> float | None:
        """Return in how many seconds the next message of ``queues`` may be ready; None if none is left.

        Messages in progress count as left.
        """
        ...

    async def wait(self, queue: str, seconds: float) -> None:
        """Return when there may be something to claim, after ``seconds`` at the latest."""
        ...

    async def replay(self, parked: Iterable[tuple[str, str]]) -> int:
        """Requeue parked messages (queue, id); return how many were still parked.

        In one transaction the message is ready as if it had never been handled, and its rows show what they
        are accounted as. Its attempts stay counted; its
        deaths do not.
        """
        ...

    async def discard(self, parked: Iterable[tuple[str, str]], reason: str) -> int:
        """Discard parked messages (queue, id) permanently; return how many were still parked.

        Their rows that are accounted pending become ignored with the reason; others keep their state and add it to
        their reason.
        """
        ...

    async def standing(self, messages: Sequence[Identity]) -> dict[Identity, Standing]:
        """Return how these messages stand; those of which nothing is stored any more are left out."""
        ...

    async def written_before(
        self, collection: Collection[Any], day: date, after: Cursor | None, limit: int
    ) -> list[Stored]:
        """Return documents last written before ``day``, oldest first, those behind (written_on, key) ``after``."""
        ...

    async def handled_before(
        self, day: date, after: Cursor | None, limit: int, *, parked: bool
    ) -> list[OldMessage]:
        """Return messages that were done, or ``parked``, before ``day``, oldest first, those behind ``after``.

        One that may still be delivered or sent again is left out.
        """
        ...

    async def rows_of(self, file: str, after: int, limit: int) -> list[int]:
        """Return numbers of a file's rows, in their order, behind row ``after``, less those that are parked."""
        ...

    async def outcomes(self, file: str, after: int, limit: int) -> list[Row]:
        """Return a file's rows after row ``after`` in their order, parked ones with the reason for parking."""
        ...

    async def rows_at(self, places: Sequence[tuple[str, int]]) -> list[Row]:
        """Return the rows at these places (file, row) that exist, parked ones with the reason for parking."""
        ...

    async def row_states(self, file: str) -> dict[RowState, int]:
        """Return how many rows of a file are in which state."""
        ...

    async def unfinished(self, files: str, queues: Sequence[str]) -> dict[str, int]:
        """Return the number of messages by queue that are neither done nor parked, and whose source file's name begins with ``files``.

        It is the state of one moment: a message that is sent on while this is read is counted.
        """
        ...

    async def depths(self) -> Depths:
        """Return what waits, is unsent and is parked, and for how long."""
        ...

    async def trouble(self) -> str:
        """Return why nothing can be handled at the moment; "" if everything is OK."""
        ...
