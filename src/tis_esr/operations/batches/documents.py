"""The stored documents of batches: the batch with its totals, and one item per message of the frozen set."""

from collections.abc import Container, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from tis_esr.engine.collection import Collection
from tis_esr.engine.envelope import Identity
from tis_esr.parking_causes import ParkingCause


class BatchState(StrEnum):
    """The state of a batch; the last two are final."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    FINISHED = "finished"


class Verdict(StrEnum):
    """The outcome of one message, by its effect. The first two are not final.

    GONE were retried or discarded by another person before their turn. PARKED_FURTHER was handled, and its row is
    parked by another message.
    """

    NOT_BEGUN = "not begun"
    WAITING = "waiting"
    DONE = "done"
    PARKED_SAME = "parked again, same cause"
    PARKED_OTHER = "parked again, another cause"
    PARKED_FURTHER = "handled, row still parked"
    GONE = "gone"


PARKED_AGAIN: Final = frozenset({Verdict.PARKED_SAME, Verdict.PARKED_OTHER})
ACTIVE: Final = frozenset({BatchState.RUNNING, BatchState.PAUSED})


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """One batch, named by the number of the audit entry of its start.

    ``choice`` says in words how its messages were chosen. ``counts`` are its messages by verdict: they add up to
    ``total``. ``cap`` is how many may be in flight. ``changed_by`` and ``note`` say who changed its state last, and
    why. ``is_open`` is True until it cannot change any more. ``offices`` are those of its messages, with "" if one has none.
    """

    id: str
    number: int
    who: str
    why: str
    started_at: datetime
    choice: str
    total: int
    cap: int
    state: BatchState = BatchState.RUNNING
    counts: dict[Verdict, int]
    changed_by: str
    changed_at: datetime
    note: str = ""
    is_open: bool = True
    offices: list[str] = []

    def of(self, *verdicts: Verdict) -> int:
        """Return how many messages have one of these verdicts."""
        return sum(self.counts.get(verdict, 0) for verdict in verdicts)

    def is_within(self, offices: Container[str] | None) -> bool:
        """Return whether all its messages are of these offices; None means all offices."""
        return offices is None or (bool(self.offices) and all(office in offices for office in self.offices))

    @property
    def begun(self) -> int:
        """Return how many messages the batch has requeued."""
        return self.total - self.of(Verdict.NOT_BEGUN, Verdict.GONE)

    def counted(self, changes: Mapping[Verdict, int]) -> "Batch":
        """Return it with these changes of its totals."""
        counts = {v: self.counts.get(v, 0) + changes.get(v, 0) for v in Verdict}
        return msgspec.structs.replace(self, counts={v: number for v, number in counts.items() if number})


class BatchItem(msgspec.Struct, frozen=True, kw_only=True):
    """One message of a batch; ``number`` is its turn, ``cause`` that of its parking when the batch began.

    ``reason`` is why it was parked again, ``effect`` the state of its row once it was handled, "" if it has no row.
    """

    batch: str
    number: int
    queue: str
    id: str
    cause: ParkingCause
    source_file: str
    row: int
    verdict: Verdict = Verdict.NOT_BEGUN
    reason: str = ""
    effect: str = ""
    message: str

    @property
    def identity(self) -> Identity:
        """Return the key of the message."""
        return self.queue, self.id


BATCHES = Collection("batch.batches", Batch, lambda batch: batch.id, (("is_open",), ("number",)))
ITEMS = Collection(
    "batch.items",
    BatchItem,
    lambda item: f"{item.batch}:{item.number:06}",
    (("batch", "verdict", "number"), ("message",)),
)
