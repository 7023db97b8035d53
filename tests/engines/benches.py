"""One engine each to run promises on: put together, opened again as after a crash, and looked into."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
from pymongo import AsyncMongoClient
from tests.servers import Place, delete_from_rabbitmq

from tis_esr.engine.collection import Collection
from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.embedded.reader import StateReader
from tis_esr.engine.production.engine import ProductionEngine
from tis_esr.engine.production.mongodb import schema
from tis_esr.engine.production.rabbitmq.amqp import connect
from tis_esr.engine.production.rabbitmq.topology import DEAD, EXCHANGE, declare, queues
from tis_esr.engine.production.reader import ProductionReader
from tis_esr.engine.protocol import Engine
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.runner import Handler, Observer, Runner, unobserved
from tis_esr.engine.supervision import Supervisor

DAY = date(2026, 11, 24)


class Note(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    number: int = 0
    day: date | None = None


NOTES = Collection("tests.notes", Note, lambda note: note.name, (("number",), ("day",)))


def running(engine: Engine, handlers: Iterable[Handler], patience: float, observe: Observer) -> Runner:
    return Runner(
        engine,
        handlers,
        today=lambda: DAY,
        now=lambda: datetime(2026, 11, 24, tzinfo=UTC),
        patience=patience,
        observe=observe,
    )


class EmbeddedBench:
    """Capabilities: one process at a time; an attempt interrupted by a crash is free again at once."""

    shared = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self.engine: EmbeddedEngine | None = None

    async def open(self, *handlers: Handler, patience: float = 5.0, observe: Observer = unobserved) -> Runner:
        """Open the engine with these handlers, closing what was open before without a good-bye."""
        if self.engine is not None:
            self.engine.close()
        self.engine = EmbeddedEngine(self.path, [NOTES])
        return running(self.engine, handlers, patience, observe)

    async def crash(self) -> None:
        """End as a killed process does: nothing is given back."""
        await self.clear()
        self.engine = None

    def reader(self) -> Reader:
        return StateReader(self.path)

    async def clear(self) -> None:
        if self.engine is not None:
            self.engine.close()


class ProductionBench:
    """Capabilities: many processes share the work; after a crash the lease has to run out first."""

    shared = True

    def __init__(self, servers: Place) -> None:
        self.addresses = servers.addresses(lease_seconds=1.0)
        self.engines: list[ProductionEngine] = []
        self.queues: set[str] = set()

    async def open(self, *handlers: Handler, patience: float = 5.0, observe: Observer = unobserved) -> Runner:
        """Open one more engine on the same servers, as another process would."""
        topology = queues(handlers)
        self.queues |= {queue.name for queue in topology}
        await self._install(handlers)
        engine = ProductionEngine(self.addresses, topology, Supervisor())
        await engine.open()
        self.engines.append(engine)
        return running(engine, handlers, patience, observe)

    async def _install(self, handlers: Sequence[Handler]) -> None:
        async with AsyncMongoClient(self.addresses.mongodb_url) as client:
            await schema.install(client[self.addresses.database], [NOTES])
        connection = await connect(self.addresses.amqp_url)
        await declare(await connection.channel(), queues(handlers))
        await connection.close()

    async def crash(self) -> None:
        """End as a killed process does: connections cut, nothing acknowledged, leases left to run out."""
        await self.engines.pop().abandon()

    def reader(self) -> Reader:
        return ProductionReader(self.addresses)

    async def clear(self) -> None:
        for engine in self.engines:
            await engine.close()
        async with AsyncMongoClient(self.addresses.mongodb_url) as client:
            await client.drop_database(self.addresses.database)
        await asyncio.to_thread(delete_from_rabbitmq, self.addresses.amqp_url, *self.queues, DEAD, EXCHANGE)
