"""The production engine: one MongoDB transaction for documents, inbox and outbox; RabbitMQ to deliver."""

import asyncio
import contextlib
import random
from collections.abc import Iterable, Sequence
from typing import Any

import structlog
from pymongo import AsyncMongoClient, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import PyMongoError
from pymongo.read_concern import ReadConcern

from tis_esr.engine.documents import Collection, Where
from tis_esr.engine.messages import Message
from tis_esr.engine.production import counting, documents, inbox, leases, outbox, parking, waiting
from tis_esr.engine.production.addresses import Addresses
from tis_esr.engine.production.broker import Broker
from tis_esr.engine.production.clock import ServerClock
from tis_esr.engine.production.faults import may_pass, trouble_as_transient, what
from tis_esr.engine.production.relay import Relay, soon
from tis_esr.engine.production.topology import Queue
from tis_esr.engine.protocol import Commit, Depths, Put, Stored
from tis_esr.engine.rows import RowState

Json = dict[str, Any]
_log = structlog.get_logger()
_TRIES = 8
_SOON = 0.02


class ProductionEngine:
    """See the module. Open it before use; the collections must have been made by ``install``."""

    def __init__(self, addresses: Addresses, queues: Sequence[Queue]) -> None:
        self.addresses = addresses
        self.clock = ServerClock()
        self.broker = Broker(addresses.amqp_url, queues)
        self._client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            addresses.mongodb_url, serverSelectionTimeoutMS=5000, w="majority", appname="tis-esr"
        )
        self.database = self._client[addresses.database]
        self.relay = Relay(self.database, self.broker, self.clock, addresses)
        self._leases: dict[str, str] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = asyncio.Event()

    async def open(self) -> None:
        """Begin to relay and to renew leases. Raises Transient where MongoDB can't be reached."""
        with trouble_as_transient():
            await self.clock.read(self.database)
        self._tasks = [
            asyncio.create_task(self._renew()),
            asyncio.create_task(self.relay.sweep(self._closing)),
        ]

    async def close(self) -> None:
        """Send what is to be sent (for a few seconds at most), and let go of both servers."""
        await self.broker.stop_consuming()
        await self.relay.finish()
        await self.stop_renewing()
        await self.broker.close()
        await self._client.close()

    async def stop_renewing(self) -> None:
        """Let the leases run out, and sweep the outbox no more.

        The tasks are asked, not cancelled: within a call of PyMongo a cancellation can become its error.
        """
        self._closing.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def abandon(self) -> None:
        """Let go of everything at once, as a killed process does: nothing is sent or given back."""
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
        """See Engine.commit. A write conflict that leaves the versions as they were is tried again here."""
        await self.relay.room()
        for number in range(_TRIES):
            try:
                packets = await self._transaction(commit)
                break
            except PyMongoError as error:
                if not may_pass(error) or number == _TRIES - 1:
                    with trouble_as_transient():
                        raise
                _log.debug("transaction tried again", reason=what(error))
                await asyncio.sleep(random.uniform(0, 0.005 * 2**number))  # noqa: S311 - jitter
        self.relay.send(packets)
        finished = _finished(commit)
        self._forget(finished)
        for queue, messages in _by_queue(finished).items():
            if queue in self.broker.inflows:
                self.broker.inflows[queue].acknowledge(messages)

    async def _transaction(self, commit: Commit) -> list[Json]:
        async with (
            self._client.start_session() as session,
            await session.start_transaction(
                read_concern=ReadConcern("snapshot"), write_concern=WriteConcern("majority", j=True)
            ),
        ):
            return await self._apply(session, commit)

    async def _apply(self, session: AsyncClientSession, commit: Commit) -> list[Json]:
        now = self.clock.now()
        if any(outbox.entry_id(message) not in self._leases for message in commit.done):
            raise leases.LeaseLost
        await self._end_leases(_finished(commit), session)
        if commit.done:
            await inbox.finish(self.database, session, commit.done, now)
        by_collection: dict[str, list[Put]] = {}
        for put in commit.puts:
            by_collection.setdefault(put.collection.name, []).append(put)
        for puts in by_collection.values():
            await documents.put(self.database, session, puts[0].collection, puts)
        packets: list[Json] = []
        if commit.messages:
            until = now + self.addresses.lease_seconds
            unique = {outbox.entry_id(m): m for m in commit.messages}
            packets = await outbox.add(
                self.database, session, list(unique.values()), now=now, relay_until=until
            )
        if commit.rows:
            await parking.account(self.database, session, commit.rows)
        if commit.parked:
            await parking.park(self.database, session, commit.parked, now)
        return packets

    async def _end_leases(
        self, messages: Sequence[Message], session: AsyncClientSession | None = None
    ) -> None:
        """End this process's leases on these messages; raises LeaseLost where another has taken them over."""
        ended = set(map(outbox.entry_id, messages))
        left: dict[str, list[str]] = {self._leases[key]: [] for key in ended if key in self._leases}
        for key, token in self._leases.items():
            if token in left and key not in ended:
                left[token].append(key)
        for token, keys in left.items():
            await leases.shrink(self.database, token, keys, session)

    def _forget(self, messages: Iterable[Message]) -> None:
        for message in messages:
            self._leases.pop(outbox.entry_id(message), None)

    async def claim(self, queue: str, limit: int) -> list[Message]:
        """See Engine.claim. Messages that have taken effect before are acknowledged here."""
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
                claimed = await inbox.claim(self.database, messages, now, now + self.addresses.lease_seconds)
        except BaseException:
            inflow.put_back(messages, now + 1)
            raise
        inflow.acknowledge(claimed.finished)
        for message, ready in claimed.held:
            inflow.put_back([message], ready)
        self._leases.update({outbox.entry_id(message): claimed.token for message in claimed.mine})
        return claimed.mine

    async def release(self, messages: Iterable[Message], delay: float) -> None:
        """See Engine.release. Where MongoDB can't be reached the leases run out by themselves."""
        given = list(messages)
        until = self.clock.now() + delay
        with contextlib.suppress(PyMongoError, leases.LeaseLost):
            await leases.count_attempts(self.database, map(outbox.entry_id, given), until)
            await self._end_leases(given)
        self._forget(given)
        for queue, some in _by_queue(given).items():
            if queue in self.broker.inflows:
                self.broker.inflows[queue].put_back(some, until)

    async def next_ready(self, queues: Sequence[str]) -> float | None:
        """See Engine.next_ready. What others are handling counts as not ready yet."""
        self.broker.consume(queues)
        with trouble_as_transient():
            ready = await waiting.first_open(self.database, queues, self.clock.now())
        return None if ready is None else max(_SOON, ready - self.clock.now())

    async def replay(self, parked: Iterable[tuple[str, str]]) -> int:
        """See Engine.replay."""
        again = await self._end_parking(parked, parking.ready_again(), RowState.PENDING, "", send=True)
        return len(again)

    async def discard(self, parked: Iterable[tuple[str, str]], reason: str) -> int:
        """See Engine.discard."""
        change = parking.given_up()
        return len(await self._end_parking(parked, change, RowState.IGNORED, f"discarded: {reason}"))

    async def _end_parking(
        self,
        parked: Iterable[tuple[str, str]],
        change: Json,
        row_state: RowState,
        reason: str,
        *,
        send: bool = False,
    ) -> list[Message]:
        ended = []
        with trouble_as_transient():
            for queue, id_ in parked:
                packets: list[Json] = []
                async with self._client.start_session() as session, await session.start_transaction():
                    message = await parking.end_parking(
                        self.database, session, f"{queue}|{id_}", change, row_state, reason
                    )
                    if message is not None and send:
                        now = self.clock.now()
                        until = now + self.addresses.lease_seconds
                        packets = await outbox.add(
                            self.database, session, [message], now=now, relay_until=until
                        )
                self.relay.send(packets)
                ended += [message] if message is not None else []
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
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(inflow.changed.wait(), seconds)

    async def depths(self) -> Depths:
        """See Engine.depths."""
        with trouble_as_transient():
            return await counting.depths(self.database, self.clock.now())

    async def trouble(self) -> str:
        """See Engine.trouble."""
        try:
            await self.database.command("ping")
        except PyMongoError as error:
            return f"MongoDB: {what(error)}"
        return "" if self.broker.connected or not self.broker.inflows else "RabbitMQ is not connected"

    async def _renew(self) -> None:
        """Keep the leases of what is being handled, and the clock, for as long as this process lives."""
        while not await soon(self._closing, self.addresses.lease_seconds / 3):
            try:
                await self.clock.read(self.database)
                if self._leases:
                    until = self.clock.now() + self.addresses.lease_seconds
                    await leases.renew(self.database, set(self._leases.values()), until)
            except PyMongoError as error:
                _log.info("leases not renewed", reason=what(error))


def _finished(commit: Commit) -> list[Message]:
    return [*commit.done, *(message for message, _ in commit.parked)]


def _by_queue(messages: Iterable[Message]) -> dict[str, list[Message]]:
    by_queue: dict[str, list[Message]] = {}
    for message in messages:
        by_queue.setdefault(message.queue, []).append(message)
    return by_queue
