"""What an engine must do. Services never see it: they are handed a Work."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from tis_esr.engine.collection import Collection, Where
from tis_esr.engine.envelope import Identity, Message
from tis_esr.engine.row_accounting import Row, RowState

Cursor = tuple[str, Any]
"""Where a walk through what is old goes on: the day of what was returned last, and the engine's own mark."""


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

    ``searched`` and ``counted`` are the values of the collection's fields of that name. ``written_on`` is the day
    (ISO) that it is to count as written on, the commit's where it is empty.
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
    """One document to remove, unless it has moved from the ``version`` that was read."""

    collection: Collection[Any]
    key: str
    version: int


@dataclass(frozen=True, slots=True)
class OldMessage:
    """A message that was handled or parked before a day, and where a walk goes on behind it."""

    identity: Identity
    cursor: Cursor


@dataclass(slots=True)
class Commit:
    """All that takes effect together, or not at all.

    A parked message covers its row, and those rows up to its ``last_row`` that are accounted pending: they are
    PARKED, over what they are accounted as, for as long as any parked message covers them. Rows are accounted
    first. A message that is parked already covers its rows once. ``held`` are messages that the unit of work
    is about: where another process has taken one of them over, nothing takes effect.

    ``day`` is the day that its documents and messages count as written and handled on, the engine's where there is
    none. ``removals`` are documents to remove, ``forgotten`` messages that are done, and ``rows_gone`` rows of a
    file, of which nothing is kept any more.
    """

    puts: list[Put] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    done: list[Message] = field(default_factory=list)
    parked: list[tuple[Message, str]] = field(default_factory=list)
    held: list[Message] = field(default_factory=list)
    day: date | None = None
    removals: list[Removal] = field(default_factory=list)
    forgotten: list[Identity] = field(default_factory=list)
    rows_gone: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Depths:
    """What waits: by queue the number of messages and the oldest one's age in seconds; parked by queue and reason.

    ``outbox`` counts messages that are committed but not delivered yet, with the oldest one's age.
    """

    queues: dict[str, tuple[int, float]]
    parked: dict[tuple[str, str], int]
    outbox: int = 0
    outbox_oldest: float = 0.0


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
        """Return the documents that meet every condition of ``where``."""
        ...

    async def commit(self, commit: Commit) -> None:
        """Apply all of it in one transaction; raises ConflictError when a document's version moved.

        Raises LeaseLostError when a message that is to be done is not held any more: taken over, parked or done.
        """
        ...

    async def claim(self, queue: str, limit: int) -> list[Message]:
        """Return the oldest ready messages, their attempt counted durably before they are handed out.

        If the process ends before they are committed, parked or released, that is one more of their
        ``deaths``. A message that is isolated for its deaths is returned alone, and only while this process
        holds no other such one: so only the cause of the ends, or nobody, is with each of them.
        """
        ...

    async def release(self, messages: Iterable[Message], delay: float) -> None:
        """Release messages, to be claimed again after ``delay`` seconds; those not held any more stay as they are."""
        ...

    async def next_ready(self, queues: Sequence[str]) -> float | None:
        """Return in how many seconds the next message of ``queues`` may be ready; None when none is left.

        What is being handled is left, and not ready yet.
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

        Rows of theirs that are accounted pending become ignored with the reason; others stay what they are
        and say so in theirs.
        """
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
        """Return a file's rows behind row ``after`` in their order, parked ones with the reason of that."""
        ...

    async def row_states(self, file: str) -> dict[RowState, int]:
        """Return how many rows of a file are in which state."""
        ...

    async def depths(self) -> Depths:
        """Return what waits, is unsent and is parked."""
        ...

    async def trouble(self) -> str:
        """Return why nothing can be handled just now; "" while everything is OK."""
        ...
