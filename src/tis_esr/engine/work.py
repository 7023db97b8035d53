"""One handler's unit of work: what it reads, writes, emits and decides, until all of it is committed."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any, TypeVar

import msgspec

from tis_esr.engine.collection import Collection, Where
from tis_esr.engine.creation_traces import Beginning, Creations
from tis_esr.engine.envelope import Identity, Message, derived_id
from tis_esr.engine.faults import ConflictError, UnroutableError
from tis_esr.engine.parts import Parts, Place
from tis_esr.engine.protocol import Commit, Cursor, Engine, Parking, Put, Removal, Standing, Stored
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.parking_causes import ParkingCause
from tis_esr.tracing import names, spans

T = TypeVar("T", bound=msgspec.Struct)
Bindings = Mapping[str, Sequence[str]]
"""Routing key to the queues bound to it."""

_encoder = msgspec.json.Encoder()
_ROUNDS = 5
_DECODED_AT_ONCE = 500
"""After this many documents the event loop can run other tasks."""


class Work:
    """Reads through, writes at the end: nothing takes effect before the commit.

    Every document is remembered with the version that was first read, and the commit fails with ConflictError if one
    that is written has changed since, even if a later search found the newer one. So no lock and no transaction is held
    while TCS is asked. A ``part`` can be lost without the rest. ``messages`` are what it is about: once another process
    has taken them over, none of its commits takes effect. ``today`` is the Europe/London day that every rule gets,
    ``now`` the moment in UTC.
    """

    def __init__(
        self,
        engine: Engine,
        bindings: Bindings,
        *,
        today: date,
        now: datetime,
        messages: Sequence[Message] = (),
    ) -> None:
        self.today = today
        self.now = now
        self._engine = engine
        self._bindings = bindings
        self._messages = messages
        self._versions: dict[tuple[str, str], int] = {}
        self._written: dict[tuple[str, str], tuple[Collection[Any], Any]] = {}
        self._parts = Parts()
        self._to_park: dict[Identity, Parking] = {}
        self._parked: set[Identity] = set()
        self._saved: set[Identity] = set()
        self._failed: dict[Identity, Exception] = {}
        self._written_on: dict[tuple[str, str], str] = {}
        self._removed: dict[tuple[str, str], Collection[Any]] = {}
        self._forgotten: list[Identity] = []
        self._rows_gone: list[tuple[str, int]] = []
        self._discarded: list[tuple[Identity, str]] = []
        self._requeued: list[Identity] = []
        self._creations = Creations()

    @property
    def has_changes(self) -> bool:
        """Say whether anything was written or is to be removed since the last commit."""
        return bool(
            self._written
            or self._removed
            or self._forgotten
            or self._rows_gone
            or self._discarded
            or self._requeued
        )

    def time(self) -> float:
        """Return the seconds of the clock that all processes on one store share; see ``Engine.time``."""
        return self._engine.time()

    @property
    def moment(self) -> datetime:
        """Return the moment (UTC) by that clock, also where a day is run later."""
        return datetime.fromtimestamp(self.time(), UTC)

    def another(self) -> "Work":
        """Begin a separate unit of work, for a handler that takes many small steps."""
        return Work(self._engine, self._bindings, today=self.today, now=self.now, messages=self._unparked())

    def _unparked(self) -> list[Message]:
        if not self._parked:
            return list(self._messages)
        return [message for message in self._messages if not self.is_parked(message)]

    @contextmanager
    def part(self, name: str, *messages: Message) -> Iterator[None]:
        """Commit or discard the block independently of the rest of the unit of work.

        If a document that it wrote has changed, only this part is lost, and ``messages`` are retried. Blocks of one
        name are one part.
        """
        before, self._parts.current = self._parts.current, self._parts.named(name, messages)
        try:
            yield
        finally:
            self._parts.current = before

    async def get(self, collection: Collection[T], keys: Iterable[str]) -> dict[str, T]:
        """Return the documents that exist, by key, as this unit of work has left them."""
        wanted = list(dict.fromkeys(keys))
        found = {
            key: self._written[collection.name, key][1]
            for key in wanted
            if (collection.name, key) in self._written
        }
        for key in found:
            self._parts.touch((collection.name, key))
        missing = [key for key in wanted if key not in found]
        if missing:
            found.update(await self._remember(collection, await self._engine.get(collection, missing)))
            for key in missing:
                self._versions.setdefault((collection.name, key), 0)
        return found

    async def find(
        self,
        collection: Collection[T],
        where: Where,
        *,
        order_by: Sequence[str] = (),
        limit: int | None = None,
    ) -> list[T]:
        """Return the stored documents that match ``where``; those that this unit wrote as written."""
        stored = await self._engine.find(collection, where, order_by, limit)
        fresh = await self._remember(
            collection, [s for s in stored if (collection.name, s.key) not in self._written]
        )
        return [fresh[s.key] if s.key in fresh else self._as_written(collection, s.key) for s in stored]

    async def row_states(self, file: str) -> dict[RowState, int]:
        """Return the number of rows of an inbound file by state, as stored."""
        return await self._engine.row_states(file)

    async def unfinished(self, files: str, queues: Sequence[str]) -> dict[str, int]:
        """Return the number of unfinished messages of inbound files by queue; see ``Engine.unfinished``."""
        return await self._engine.unfinished(files, queues)

    async def outcomes(self, file: str, after: int, limit: int) -> list[Row]:
        """Return an inbound file's rows after row ``after``, as stored; see ``Engine.outcomes``."""
        return await self._engine.outcomes(file, after, limit)

    async def rows_at(self, places: Sequence[tuple[str, int]]) -> list[Row]:
        """Return the rows at these places (file, row), as stored; see ``Engine.rows_at``."""
        return await self._engine.rows_at(places) if places else []

    async def written_before(
        self, collection: Collection[T], day: date, after: Cursor | None, limit: int
    ) -> list[tuple[Cursor, T]]:
        """Return stored documents last written before ``day``, oldest first, each with the cursor behind it."""
        stored = await self._engine.written_before(collection, day, after, limit)
        found = await self._remember(collection, stored)
        return [((s.written_on, s.key), found[s.key]) for s in stored]

    def _as_written(self, collection: Collection[T], key: str) -> T:
        self._parts.touch((collection.name, key))
        document: T = self._written[collection.name, key][1]
        return document

    def put(self, collection: Collection[T], document: T, *, written_on: str = "") -> None:
        """Write a document, new or read before; ``written_on`` is its day of writing, by default today."""
        place = collection.name, collection.key(document)
        self._parts.touch(place)
        self._written[place] = (collection, document)
        if written_on:
            self._written_on[place] = written_on

    def remove(self, collection: Collection[T], document: T) -> None:
        """Remove a document that was read; the commit fails with ConflictError if it has changed since."""
        self._removed[collection.name, collection.key(document)] = collection

    def forget(self, messages: Iterable[Identity], rows: Iterable[tuple[str, int]] = ()) -> None:
        """Delete what is stored of messages that are done, and of rows (file, row)."""
        self._forgotten += messages
        self._rows_gone += rows

    def discard(self, parked: Iterable[Identity], reason: str) -> None:
        """Discard parked messages permanently; the commit fails with ConflictError where one is not parked any more."""
        self._discarded += [(identity, reason) for identity in parked]

    def requeue(self, parked: Iterable[Identity]) -> None:
        """Requeue parked messages; the commit fails with ConflictError where one is not parked any more."""
        self._requeued += parked

    async def standing(self, messages: Sequence[Identity]) -> dict[Identity, Standing]:
        """Return how messages stand, as stored; see ``Engine.standing``."""
        return await self._engine.standing(messages)

    def send(self, message: Message) -> None:
        """Send a message to the one queue that it names, as the copy of another one."""
        self._creations.emitted([message.id], message)
        self._parts.emit(message)

    def emit(
        self,
        routing_key: str,
        body: msgspec.Struct | Mapping[str, Any],
        *,
        cause: Message,
        key: str = "",
        begins: Beginning | None = None,
    ) -> None:
        """Send a message to every queue bound to ``routing_key``; its id follows from cause, routing key and key.

        ``begins`` is the first span of its trace, if the cause is not a message.
        """
        queues = self._bindings.get(routing_key)
        if not queues:
            raise UnroutableError(routing_key)
        encoded = _encoder.encode(body)
        ids = [derived_id(cause.id, queue, key) for queue in queues]
        self._creations.emitted(ids, cause, begins)
        for queue, id_ in zip(queues, ids, strict=True):
            self._parts.emit(
                Message(
                    id=id_,
                    queue=queue,
                    correlation_id=cause.correlation_id,
                    source_file=cause.source_file,
                    deanery=cause.deanery,
                    row=cause.row,
                    last_row=cause.last_row,
                    body=encoded,
                )
            )

    def account(self, file: str, row: int, record_type: str, state: RowState, reason: str = "") -> None:
        """Account for a row with its state; a later call in the same or another unit of work replaces it."""
        self._parts.account(Row(file=file, row=row, type=record_type, state=state, reason=reason))

    def park(self, message: Message, reason: str, cause: ParkingCause = ParkingCause.OTHER) -> None:
        """Park a message with the reason and its cause; what this unit wrote still takes effect.

        It stays parked through every later commit of this unit: it is never acknowledged as done.
        """
        if self.is_parked(message) and message.identity not in self._to_park:
            return
        self._parked.add(message.identity)
        self._to_park[message.identity] = Parking(message, reason, cause)

    def fail(self, message: Message, fault: Exception) -> None:
        """Mark this message of the batch as failed; the rest of the unit of work still takes effect.

        After the commit its fault decides: it is retried after a pause of its own for a TransientError (``retry_after``
        at least), retried alone a few times for a RetryLimitedError, otherwise parked.
        """
        self._failed[message.identity] = fault

    def done(self, messages: Iterable[Message]) -> list[Message]:
        """Return which of these messages have neither failed nor been parked."""
        settled = self._parked | self._failed.keys()
        if not settled:
            return list(messages)
        return [message for message in messages if message.identity not in settled]

    def failed(self, messages: Iterable[Message]) -> list[tuple[Message, Exception]]:
        """Return which of these messages failed, each with its fault; one that is parked has not failed."""
        if not self._failed:
            return []
        return [
            (message, self._failed[message.identity])
            for message in messages
            if message.identity in self._failed and not self.is_parked(message)
        ]

    def is_parked(self, message: Message) -> bool:
        """Return whether this unit of work has parked the message."""
        return message.identity in self._parked

    def left(self, messages: Iterable[Message]) -> list[Message]:
        """Return which of these messages no commit of this unit has parked."""
        return [message for message in messages if message.identity not in self._saved]

    async def save_intent(self) -> None:
        """Commit what was written so far, without acknowledging anything.

        For calls outside the transaction: the intent is stored before the call, so the outcome can be checked after a
        restart.
        """
        await self._save(self._assembled())

    async def commit(self, done: Iterable[Message] = ()) -> None:
        """Commit everything together, and acknowledge ``done``, without those parked or failed.

        Parts that lost a race are left out, and their messages fail with ConflictError.
        """
        wanted = list(done)
        for rounds_left in reversed(range(_ROUNDS)):
            commit = self._assembled()
            commit.done = self.done(wanted)
            try:
                await self._save(commit)
            except ConflictError as conflict:
                lost = self._parts.lose(await self._moved())
                if not lost or not rounds_left:
                    raise
                self._lost(lost, conflict)
            else:
                return

    def _lost(self, messages: Iterable[Message], conflict: ConflictError) -> None:
        """Retry the messages of lost parts, each with its earlier fault, if any."""
        for message in messages:
            self._failed.setdefault(message.identity, conflict)

    async def _save(self, commit: Commit) -> None:
        start = spans.Start.now()
        if spans.is_recording():
            with spans.child("commit", spans.Kind.INTERNAL, _sizes(commit)):
                await self._engine.commit(commit)
        else:
            await self._engine.commit(commit)
        self._creations.committed(commit.messages, start)
        self._saved.update(message.identity for message, *_ in commit.parked)
        for put in commit.puts:
            self._versions[put.collection.name, put.key] = put.version + 1
        self._written, self._written_on, self._to_park = {}, {}, {}
        self._removed, self._forgotten, self._rows_gone, self._discarded = {}, [], [], []
        self._requeued = []
        self._parts.saved()

    async def _moved(self) -> list[Place]:
        """Return which documents to be written have changed in the store since they were read."""
        by_collection: dict[str, tuple[Collection[Any], list[str]]] = {}
        for (name, key), (collection, _) in self._written.items():
            if self._parts.stands((name, key)):
                by_collection.setdefault(name, (collection, []))[1].append(key)
        moved: list[Place] = []
        for name, (collection, keys) in by_collection.items():
            now = {stored.key: stored.version for stored in await self._engine.get(collection, keys)}
            moved += [(name, key) for key in keys if now.get(key, 0) != self._versions.get((name, key), 0)]
        return moved

    async def _remember(self, collection: Collection[T], stored: Iterable[Stored]) -> dict[str, T]:
        decoded: dict[str, T] = {}
        for document in stored:
            if len(decoded) % _DECODED_AT_ONCE == _DECODED_AT_ONCE - 1:
                await asyncio.sleep(0)
            self._versions.setdefault((collection.name, document.key), document.version)
            decoded[document.key] = msgspec.json.decode(document.body, type=collection.type)
        return decoded

    def _assembled(self) -> Commit:
        commit = Commit(
            messages=self._parts.emitted(),
            rows=self._parts.rows(),
            parked=list(self._to_park.values()),
            held=self._unparked(),
            day=self.today,
            forgotten=list(self._forgotten),
            rows_gone=list(self._rows_gone),
            discarded=list(self._discarded),
            requeued=list(self._requeued),
        )
        for (name, key), (collection, document) in self._written.items():
            if self._parts.stands((name, key)):
                version = self._versions.get((name, key), 0)
                written_on = self._written_on.get((name, key), "")
                commit.puts.append(_put(collection, key, version, document, written_on))
        for (name, key), collection in self._removed.items():
            commit.removals.append(Removal(collection, key, self._versions.get((name, key), 0)))
        return commit


def _put(
    collection: Collection[Any], key: str, version: int, document: msgspec.Struct, written_on: str
) -> Put:
    searched = tuple([getattr(document, field) for field in collection.searched])
    counted = tuple([getattr(document, field) for field in collection.counted])
    return Put(collection, key, version, _encoder.encode(document), searched, counted, written_on)


def _sizes(commit: Commit) -> dict[str, spans.Value]:
    return {
        names.DOCUMENTS: len(commit.puts),
        names.ROWS: len(commit.rows),
        names.MESSAGES_SENT: len(commit.messages),
        names.MESSAGES_DONE: len(commit.done),
    }
