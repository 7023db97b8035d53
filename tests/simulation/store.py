"""What the processes of one simulated system share: documents, queues and rows, as one database would hold them."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

import msgspec

from tis_esr.engine.collection import Between, Collection, Where
from tis_esr.engine.envelope import Identity, Message
from tis_esr.engine.faults import ConflictError, TransientError
from tis_esr.engine.protocol import Commit, Put, Stored
from tis_esr.engine.row_accounting import Row, RowState, discarded

T = TypeVar("T", bound=msgspec.Struct)


class LeaseLostError(TransientError):
    """Another process has taken the messages over."""

    def __init__(self) -> None:
        super().__init__("the lease on these messages was lost; they are being handled elsewhere")


@dataclass
class Entry:
    """A message on its queue. The claim ``holder`` has it until ``until``; free, it is ready from ``at`` on."""

    message: Message
    number: int
    state: str = "ready"
    at: float = 0.0
    holder: str | None = None
    until: float = 0.0
    attempts: int = 0
    deaths: int = 0
    reason: str = ""


@dataclass
class Document:
    """A document with the values that it is searched by."""

    version: int
    body: bytes
    indexed: dict[str, Any] = field(default_factory=dict)


class SimStore:
    """See the module."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Document]] = {}
        self.entries: dict[str, dict[str, Entry]] = {}
        self.open: dict[str, dict[str, Entry]] = {}
        self.accounted: dict[tuple[str, int], Row] = {}
        self.covered: dict[tuple[str, int], dict[Identity, str]] = {}
        """The rows that parked messages cover, with the reason of each."""
        self.commits = 0
        self.by_hand = 0
        self.claims = 0
        self.watchers: dict[str, list[asyncio.Event]] = {}
        self.readers: dict[str, tuple[object, float]] = {}
        """Who reads a queue that one process at a time may read, and until when."""

    @property
    def unfinished(self) -> int:
        """Count the messages that are neither done nor parked."""
        return sum(map(len, self.open.values()))

    def rows(self) -> dict[tuple[str, int], Row]:
        """Return what became of each row: it is parked while a parked message covers it."""
        return {
            place: msgspec.structs.replace(row, state=RowState.PARKED, reason=next(iter(covers.values())))
            if (covers := self.covered.get(place))
            else row
            for place, row in self.accounted.items()
        }

    def everything(self, collection: Collection[T]) -> list[T]:
        """Return the documents of a collection, by key."""
        found = sorted(self.documents.get(collection.name, {}).items())
        return [msgspec.json.decode(document.body, type=collection.type) for _, document in found]

    def parked(self) -> list[Entry]:
        """Return the parked messages."""
        return [
            entry for queue in self.entries.values() for entry in queue.values() if entry.state == "parked"
        ]

    def get(self, collection: Collection[Any], keys: Sequence[str]) -> list[Stored]:
        """See Engine.get."""
        known = self.documents.get(collection.name, {})
        return [Stored(key, known[key].version, known[key].body) for key in keys if key in known]

    def find(
        self, collection: Collection[Any], where: Where, order_by: Sequence[str], limit: int | None
    ) -> list[Stored]:
        """See Engine.find."""
        for name in (*where, *order_by):
            if name not in collection.searched:
                raise AssertionError(f"{collection.name} is not searched by {name}")
        found = [
            (key, document)
            for key, document in self.documents.get(collection.name, {}).items()
            if all(_meets(document.indexed[name], wanted) for name, wanted in where.items())
        ]
        found.sort(key=lambda pair: ([_rank(pair[1].indexed[name]) for name in order_by], pair[0]))
        return [Stored(key, document.version, document.body) for key, document in found[:limit]]

    def commit(self, commit: Commit) -> None:
        """See Engine.commit; the caller has looked after the leases."""
        for change in (*commit.puts, *commit.removals):
            known = self.documents.get(change.collection.name, {}).get(change.key)
            if change.version != (known.version if known else 0):
                raise ConflictError(change.collection.name)
        self.commits += 1
        for removal in commit.removals:
            del self.documents[removal.collection.name][removal.key]
        for put in commit.puts:
            self._put(put)
        for message in commit.messages:
            self._add(message)
        for row in commit.rows:
            known = self.accounted.get((row.file, row.row))
            kept = row.type or (known.type if known else "")
            self.accounted[row.file, row.row] = msgspec.structs.replace(row, type=kept)
        for message in commit.done:
            self._finish(message, "done", "")
        for message, reason, _ in commit.parked:
            self._add(message)
            self._finish(message, "parked", reason)
            self._cover(message, reason)
        self.wake({message.queue for message in commit.messages})

    def end_parking(self, queue: str, id_: str, discard: str | None) -> bool:
        """See Engine.replay and Engine.discard."""
        entry = self.entries.get(queue, {}).get(id_)
        if entry is None or entry.state != "parked":
            return False
        entry.state, entry.reason, entry.deaths = "ready" if discard is None else "done", "", 0
        for place in self.uncovered(entry.message):
            if discard is not None:
                row = self.accounted[place]
                state, reason = discarded(row.state, row.reason, discard)
                self.accounted[place] = msgspec.structs.replace(row, state=state, reason=reason)
        if discard is None:
            entry.at = 0.0
            self.open.setdefault(queue, {})[id_] = entry
            self.wake({queue})
        return True

    def uncovered(self, message: Message) -> list[tuple[str, int]]:
        """Take a parked message off its rows; return those."""
        places = [place for place, covers in self.covered.items() if covers.pop(message.identity, None)]
        for place in places:
            if not self.covered[place]:
                del self.covered[place]
        return places

    def add_by_hand(self, queue: str, body: bytes) -> None:
        """Put a message on a queue as a person does: without a message id, so that it has one of its own."""
        id_ = self.own_id()
        self._add(
            Message(id=id_, queue=queue, correlation_id=id_, source_file="", deanery="", row=0, body=body)
        )
        self.wake({queue})

    def own_id(self) -> str:
        """Return an id that no other message has."""
        self.by_hand += 1
        return f"hand {self.by_hand}"

    def wake(self, queues: Iterable[str]) -> None:
        """Tell those who wait for messages of these queues."""
        for queue in sorted(queues):
            for event in self.watchers.get(queue, ()):
                event.set()

    def _put(self, put: Put) -> None:
        indexed = {
            name: _plain(value) for name, value in zip(put.collection.searched, put.searched, strict=True)
        }
        self.documents.setdefault(put.collection.name, {})[put.key] = Document(
            put.version + 1, put.body, indexed
        )

    def _add(self, message: Message) -> None:
        known = self.entries.setdefault(message.queue, {})
        if message.id not in known:
            entry = known[message.id] = Entry(message, len(known))
            self.open.setdefault(message.queue, {})[message.id] = entry

    def _finish(self, message: Message, state: str, reason: str) -> None:
        entry = self.entries[message.queue][message.id]
        entry.state, entry.reason, entry.holder = state, reason, None
        self.open[message.queue].pop(message.id, None)

    def _cover(self, message: Message, reason: str) -> None:
        for number in range(message.row, max(message.row, message.last_row) + 1):
            place = message.source_file, number
            row, covers = self.accounted.get(place), self.covered.get(place, {})
            if row is None:
                continue
            if number == message.row or row.state is RowState.PENDING or message.identity in covers:
                self.covered.setdefault(place, {})[message.identity] = reason


def _meets(value: Any, wanted: Any) -> bool:
    if value is None:
        return False
    if isinstance(wanted, Between):
        return bool(_plain(wanted.first) <= value < _plain(wanted.end))
    if isinstance(wanted, list | tuple | set):
        return value in {_plain(one) for one in wanted}
    return bool(value == _plain(wanted))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _rank(value: Any) -> tuple[bool, Any]:
    return value is not None, value
