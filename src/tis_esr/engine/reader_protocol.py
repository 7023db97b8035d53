"""Reads an engine's data for people: counts, rows, messages and documents, while services run."""

from collections.abc import Sequence
from typing import Any, Final, Protocol, TypeVar

import msgspec

from tis_esr.engine.collection import EVERYWHERE, Collection, Where
from tis_esr.engine.envelope import Message
from tis_esr.engine.row_accounting import Row, RowState

T = TypeVar("T", bound=msgspec.Struct)


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """One message: its queue and its outcome, in the order sent.

    ``at`` is in seconds since 1970: when it was sent or, if the engine stores that, when it was handled; 0 if neither
    is stored. ``cause`` is the code of its parking and ``parked_at`` its time, in seconds since 1970, if it is parked.
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
    deanery: str = ""
    cause: str = ""
    parked_at: float = 0.0

    @property
    def parked_since(self) -> float:
        """Return ``parked_at``; ``at`` for a message of an earlier version, which did not store it."""
        return self.parked_at or self.at


class ParkedTally(msgspec.Struct, frozen=True, kw_only=True):
    """How many parked messages have the same office, file and cause, and were parked within the same period.

    ``oldest`` is the first time of it, in seconds since 1970, as ``Trace.parked_since``; 0 if none is stored.
    """

    deanery: str
    source_file: str
    cause: str
    number: int
    oldest: float


class Among(msgspec.Struct, frozen=True, kw_only=True):
    """Which parked messages: all that meet every condition that is set; None, or no ids, is no condition."""

    ids: list[str] = []
    deanery: str | None = None
    source_file: str | None = None
    cause: str | None = None

    @property
    def fields(self) -> dict[str, str]:
        """Return the conditions but the ids, by the names of ``Trace``."""
        said = {"deanery": self.deanery, "source_file": self.source_file, "cause": self.cause}
        return {name: value for name, value in said.items() if value is not None}


EVERY: Final = Among()


class Reader(Protocol):
    """An engine's data, read only."""

    def close(self) -> None:
        """Close them."""
        ...

    def time(self) -> float:
        """Return the seconds of the clock that all processes on the store share; see ``Engine.time``."""
        ...

    def get(self, collection: Collection[T], keys: Sequence[str]) -> list[T]:
        """Return the documents that exist of ``keys``, in no particular order."""
        ...

    def find(
        self, collection: Collection[T], where: Where, order_by: Sequence[str] = (), limit: int | None = None
    ) -> list[T]:
        """Return the documents that match ``where``; none if the collection does not exist."""
        ...

    def count(self, collection: Collection[Any], where: Where) -> int:
        """Return how many documents match ``where``; 0 if the collection does not exist."""
        ...

    def counts(
        self, collection: Collection[Any], *fields: str, where: Where = EVERYWHERE
    ) -> dict[tuple[Any, ...], int]:
        """Return how many documents match ``where`` by these of the collection's ``indexes`` and ``counted`` fields.

        Dates are ISO texts, enumerations their values.
        """
        ...

    def counts_within(self, collection: Collection[Any], field: str) -> dict[str, int]:
        """Return how often each value occurs in a list among the collection's ``counted`` fields."""
        ...

    def row_counts(self, files: Sequence[str] | None = None) -> dict[str, dict[RowState, int]]:
        """Return the number of rows by state of each inbound file, or of ``files``."""
        ...

    def rows(self, places: Sequence[tuple[str, int]]) -> list[Row]:
        """Return the outcome of the rows at these places (file, row)."""
        ...

    def parked(self, among: Among = EVERY) -> list[Trace]:
        """Return the parked messages, or those ``among`` them, oldest first."""
        ...

    def parked_tallies(self, starts: Sequence[float] = ()) -> list[ParkedTally]:
        """Return how many messages are parked, counted by the store by office, file, cause and period.

        A period begins at each of ``starts``, in seconds since 1970; without them there is one. Messages of which no
        time is stored are counted apart.
        """
        ...

    def parked_message(self, queue: str, id_: str) -> Message | None:
        """Return a parked message with its body; None if it is not parked."""
        ...

    def messages_of(self, correlation_ids: Sequence[str]) -> list[Trace]:
        """Return every message that one of these rows caused, in the order sent."""
        ...

    def waiting_with(self, text: bytes, most: int) -> list[Trace]:
        """Return messages that are still to be handled and whose body has a text, at most so many; all bodies are read, some at a time."""
        ...

    def waiting(self) -> dict[str, int]:
        """Return how many messages are still to be handled, by queue."""
        ...
