"""The production engine: one MongoDB transaction for documents, inbox and outbox; RabbitMQ to deliver."""

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import structlog
from pymongo import AsyncMongoClient, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from tis_esr.engine.collection import Collection, Where
from tis_esr.engine.envelope import Identity, Message
from tis_esr.engine.faults import ConflictError
from tis_esr.engine.production.mongodb import (
    counting,
    documents,
    inbox,
    open_packets,
    outbox,
    parking,
    purging,
)
from tis_esr.engine.production.mongodb.held_leases import HeldLeases
from tis_esr.engine.production.mongodb.mongodb_errors import describe, trouble_as_transient
from tis_esr.engine.production.mongodb.patience import patience
from tis_esr.engine.production.mongodb.schema import INBOX
from tis_esr.engine.production.mongodb.server_clock import ServerClock
from tis_esr.engine.production.mongodb.transactions import retried, transaction
from tis_esr.engine.production.rabbitmq.broker import Broker
from tis_esr.engine.production.rabbitmq.topology import Queue
from tis_esr.engine.production.relay import Relay
from tis_esr.engine.production.server_addresses import ServerAddresses
from tis_esr.engine.protocol import Commit, Cursor, Depths, OldMessage, Put, Standing, Stored
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.engine.supervision import Beat, Supervisor, wait_for_event

Json = dict[str, Any]
_log = structlog.get_logger()
_SOON = 0.02


class ProductionEngine:
    """The production engine, see Engine. Open it before use; ``install`` must have created the collections."""

    def __init__(self, addresses: ServerAddresses, queues: Sequence[Queue], supervisor: Supervisor) -> None:
        self.addresses = addresses
        self.clock = ServerClock()
        self.broker = Broker(addresses.amqp_url, queues, supervisor)
        self._client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            addresses.mongodb_url, **patience(addresses.mongodb_url), w="majority", appname="tis-esr"
        )
        self.database = self._client[addresses.database]
        self.leases = HeldLeases(self.database, self.clock, addresses.lease_seconds)
        self.relay = Relay(self.database, self.broker, self.clock, addresses, supervisor)
        self._supervisor = supervisor
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = asyncio.Event()

    async def open(self) -> None:
        """Start the relay and the renewal of leases. Raises TransientError if MongoDB can't be reached."""
        with trouble_as_transient():
            await self.clock.read(self.database)
        self._tasks = [
            self._supervisor.start("lease renewal", self._renew, self._closing),
            self._supervisor.start("outbox relay", partial(self.relay.sweep, self._closing), self._closing),
        ]

    async def close(self) -> None:
        """Send unsent messages (for a few seconds at most), and disconnect from both servers."""
        await self.broker.stop_consuming()
        await self.relay.finish()
        await self.stop_renewing()
        await self.broker.close()
        with contextlib.suppress(PyMongoError):
            await self.leases.end_abandoned()
        await self._client.close()

    async def stop_renewing(self) -> None:
        """Let the leases expire, and stop polling the outbox.

        The tasks are asked to stop, not cancelled at once: within a call of PyMongo a cancellation can become its
        error.
        """
        self._closing.set()
        await self._supervisor.stop(self._tasks)

    async def abandon(self) -> None:
        """Disconnect at once, like a killed process: nothing is sent or released."""
        await self.stop_renewing()
        self.relay.abandon()
        await self.broker.close()
        await self._client.close()

    def time(self) -> float:
        """See Engine.time: MongoDB's clock."""
        return self.clock.now()

    async def get(self, collection: Collection[Any], keys: Sequence[str]) -> list[Stored]:
        """See Engine.get."""
        with trouble_as_transient():
            return await documents.get(self.database, collection, keys)

    async def find(
        self, collection: Collection[Any], where: Where, order_by: Sequence[str], limit: int | None
    ) -> list[Stored]:
        """See Engine.find."""
        with trouble_as_transient():
            return await documents.find(self.database, collection, where, order_by, limit)

    async def commit(self, commit: Commit) -> None:
        """See Engine.commit. A write conflict that leaves the versions unchanged is retried here."""
        if commit.messages or commit.requeued:
            await self.relay.room()
        with trouble_as_transient():
            packets = await retried(partial(self._transaction, commit))
        self.relay.send(packets)
        finished = _finished(commit)
        self.leases.forget(finished)
        for queue, messages in _by_queue(finished).items():
            if queue in self.broker.inflows:
                self.broker.inflows[queue].acknowledge(messages)

    async def _transaction(self, commit: Commit) -> list[Json]:
        async with transaction(
            self._client, read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority", j=True)
        ) as session:
            return await self._apply(session, commit)

    async def _apply(self, session: AsyncClientSession, commit: Commit) -> list[Json]:
        now = self.clock.now()
        day = (commit.day or datetime.fromtimestamp(now, UTC).date()).isoformat()
        await self.leases.hold(commit, session, now)
        if commit.done:
            await inbox.finish(self.database, session, commit.done, now, day)
        by_collection: dict[str, list[Put]] = {}
        for put in commit.puts:
            by_collection.setdefault(put.collection.name, []).append(put)
        for puts in by_collection.values():
            await documents.put(self.database, session, puts[0].collection, puts, day)
        packets: list[Json] = []
        requeued = [await self._requeued(session, identity) for identity in commit.requeued]
        if commit.messages or requeued:
            until = now + self.addresses.lease_seconds
            unique = {outbox.entry_id(m): m for m in (*commit.messages, *requeued)}
            packets = await outbox.add(
                self.database, session, list(unique.values()), now=now, relay_until=until
            )
        if commit.rows:
            await parking.account(self.database, session, commit.rows)
        if commit.parked:
            await parking.park(self.database, session, commit.parked, now, day)
        await purging.remove(self.database, session, commit)
        return packets

    async def _requeued(self, session: AsyncClientSession, identity: Identity) -> Message:
        message = await parking.end_parking(self.database, session, "|".join(identity), None)
        if message is None:
            raise ConflictError(INBOX)
        return message

    async def claim(self, queue: str, limit: int) -> list[Message]:
        """See Engine.claim. Messages that have already taken effect are acknowledged here."""
        if queue not in self.broker.inflows:
            self.broker.consume([queue])
        inflow = self.broker.inflows[queue]
        await inflow.gathered(limit, self.broker.linger(queue))
        now = self.clock.now()
        messages = inflow.take(limit, now)
        if not messages:
            return []
        try:
            with trouble_as_transient():
                claimed = await self.leases.claim(messages, now)
        except BaseException:
            inflow.put_back(messages, now + 1)
            raise
        inflow.acknowledge(claimed.finished)
        for message, ready in claimed.held:
            inflow.put_back([message], ready)
        return claimed.mine

    async def release(self, messages: Iterable[Message], delay: float) -> None:
        """See Engine.release. If MongoDB can't be reached, the leases are ended later."""
        given = list(messages)
        until = self.clock.now() + delay
        try:
            await self.leases.release(given, until)
        finally:
            for queue, some in _by_queue(given).items():
                if queue in self.broker.inflows:
                    self.broker.inflows[queue].put_back(some, until)

    async def next_ready(self, queues: Sequence[str]) -> float | None:
        """See Engine.next_ready. Messages that others are handling count as not ready yet."""
        self.broker.consume(queues)
        with trouble_as_transient():
            ready = await open_packets.first_open(self.database, queues, self.clock.now())
        return None if ready is None else max(_SOON, ready - self.clock.now())

    async def replay(self, parked: Iterable[tuple[str, str]]) -> int:
        """See Engine.replay."""
        return await self._end_parking(parked, None)

    async def discard(self, parked: Iterable[tuple[str, str]], reason: str) -> int:
        """See Engine.discard."""
        return await self._end_parking(parked, reason)

    async def _end_parking(self, parked: Iterable[Identity], discard: str | None) -> int:
        ended = 0
        with trouble_as_transient():
            for queue, id_ in parked:
                packets: list[Json] = []
                async with transaction(self._client) as session:
                    message = await parking.end_parking(self.database, session, f"{queue}|{id_}", discard)
                    if message is not None and discard is None:
                        now = self.clock.now()
                        until = now + self.addresses.lease_seconds
                        packets = await outbox.add(
                            self.database, session, [message], now=now, relay_until=until
                        )
                self.relay.send(packets)
                ended += message is not None
        return ended

    async def wait(self, queue: str, seconds: float) -> None:
        """See Engine.wait."""
        if queue not in self.broker.inflows:
            self.broker.consume([queue])
        inflow = self.broker.inflows[queue]
        ready = min((d.ready for d in inflow.waiting), default=None)
        if ready is not None:
            seconds = max(0.0, min(seconds, ready - self.clock.now()))
        inflow.changed.clear()
        await wait_for_event(inflow.changed, seconds)

    async def standing(self, messages: Sequence[Identity]) -> dict[Identity, Standing]:
        """See Engine.standing."""
        with trouble_as_transient():
            return await parking.standing(self.database, messages)

    async def written_before(
        self, collection: Collection[Any], day: date, after: Cursor | None, limit: int
    ) -> list[Stored]:
        """See Engine.written_before."""
        with trouble_as_transient():
            return await purging.written(self.database, collection, day, after, limit)

    async def handled_before(
        self, day: date, after: Cursor | None, limit: int, *, parked: bool
    ) -> list[OldMessage]:
        """See Engine.handled_before."""
        with trouble_as_transient():
            return await purging.handled(self.database, day, after, limit, parked=parked)

    async def rows_of(self, file: str, after: int, limit: int) -> list[int]:
        """See Engine.rows_of."""
        with trouble_as_transient():
            return await purging.rows_of(self.database, file, after, limit)

    async def outcomes(self, file: str, after: int, limit: int) -> list[Row]:
        """See Engine.outcomes."""
        with trouble_as_transient():
            return await parking.outcomes(self.database, file, after, limit)

    async def rows_at(self, places: Sequence[tuple[str, int]]) -> list[Row]:
        """See Engine.rows_at."""
        with trouble_as_transient():
            return await parking.rows_at(self.database, places)

    async def row_states(self, file: str) -> dict[RowState, int]:
        """See Engine.row_states."""
        with trouble_as_transient():
            return await purging.row_states(self.database, file)

    async def unfinished(self, files: str, queues: Sequence[str]) -> dict[str, int]:
        """See Engine.unfinished."""
        with trouble_as_transient():
            async with (
                self._client.start_session() as session,
                await session.start_transaction(read_concern=ReadConcern("snapshot")),
            ):
                return await open_packets.unfinished_of(self.database, session, files, queues)

    async def depths(self) -> Depths:
        """See Engine.depths."""
        with trouble_as_transient():
            return await counting.depths(self.database, self.clock.now())

    async def trouble(self) -> str:
        """See Engine.trouble."""
        found = []
        try:
            await self.database.command("ping")
        except PyMongoError as error:
            found.append(f"MongoDB: {describe(error)}")
        if self.broker.inflows and not self.broker.connected:
            found.append("RabbitMQ is not connected")
        return "; ".join(found)

    async def _renew(self, beat: Beat) -> None:
        """Renew the leases of messages in progress, and the clock, as long as this process lives."""
        while not await wait_for_event(self._closing, self.addresses.lease_seconds / 3):
            beat()
            try:
                await self.clock.read(self.database)
                await self.leases.renew()
            except PyMongoError as error:
                _log.info("leases_not_renewed", reason=describe(error))


def _finished(commit: Commit) -> list[Message]:
    return [*commit.done, *(message for message, *_ in commit.parked)]


def _by_queue(messages: Iterable[Message]) -> dict[str, list[Message]]:
    by_queue: dict[str, list[Message]] = {}
    for message in messages:
        by_queue.setdefault(message.queue, []).append(message)
    return by_queue
