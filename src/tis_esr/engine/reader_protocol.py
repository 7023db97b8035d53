"""Reading what an engine holds, for people: counts, rows, messages and documents, while services run."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

import msgspec

from tis_esr.engine.collection import Collection, Where
from tis_esr.engine.row_accounting import Row, RowState

T = TypeVar("T", bound=msgspec.Struct)


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """One message as it went: in the order sent, where it went and its outcome.

    ``at`` is a moment of its way, in seconds since 1970: when it was sent or, once it is handled and the engine
    keeps that, when it was handled; 0 where neither is kept.
    """

    seq: float
    id: str
    queue: str
    state: str
    attempts: int
    correlation_id: str
    source_file: str
    row: int
    reason: str
    at: float = 0.0


class Reader(Protocol):
    """An engine's holdings, read only."""

    def close(self) -> None:
        """Close them."""
        ...

    def get(self, collection: Collection[T], keys: Sequence[str]) -> list[T]:
        """Return the documents that exist of ``keys``, in no particular order."""
        ...

    def find(
        self, collection: Collection[T], where: Where, order_by: Sequence[str] = (), limit: int | None = None
    ) -> list[T]:
        """Return the documents that meet ``where``; none where the collection was never made."""
        ...

    def counts(self, collection: Collection[Any], *fields: str) -> dict[tuple[Any, ...], int]:
        """Return how many documents there are by these of the collection's ``indexes`` and ``counted`` fields."""
        ...

    def counts_within(self, collection: Collection[Any], field: str) -> dict[str, int]:
        """Return how often each value stands in a list among the collection's ``counted`` fields."""
        ...

    def row_counts(self, files: Sequence[str] | None = None) -> dict[str, dict[RowState, int]]:
        """Return for each inbound file, or each of ``files``, how many of its rows are in which state."""
        ...

    def rows(self, places: Sequence[tuple[str, int]]) -> list[Row]:
        """Return the outcome of the rows at these places (file, row)."""
        ...

    def parked(self) -> list[Trace]:
        """Return the parked messages, oldest first."""
        ...

    def messages_of(self, correlation_ids: Sequence[str]) -> list[Trace]:
        """Return every message that one of these rows caused, in the order sent."""
        ...

    def waiting(self) -> dict[str, int]:
        """Return how many messages are still to be handled, by queue."""
        ...
