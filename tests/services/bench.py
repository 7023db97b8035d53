"""A service on the bench: its handlers on an engine, TCS in the process, and what it tells others recorded."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from functools import cache
from itertools import permutations
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import msgspec
from tests.drawn import drawn
from tests.queries.plans import PLANS
from tests.servers import Place
from tests.services.tcs_on_bench import TODAY, UNCERTAIN_SECONDS, BenchTcs, Trouble

from tis_esr.engine.batches import Batches
from tis_esr.engine.collection import Collection
from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.embedded.reader import StateReader
from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.production.engine import ProductionEngine
from tis_esr.engine.production.rabbitmq.topology import queues
from tis_esr.engine.production.reader import ProductionReader
from tis_esr.engine.protocol import Commit, Engine
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.engine.runner import Handler, Runner, unobserved
from tis_esr.engine.supervision import Supervisor
from tis_esr.engine.work import Work
from tis_esr.files.file_store import Nowhere
from tis_esr.files.folder import Folder
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.services.data_exporter.export_gate import LONGEST_WAIT
from tis_esr.services.flow import Dependencies, services
from tis_esr.simulation.days.generated_world import World

T = TypeVar("T", bound=msgspec.Struct)
K = TypeVar("K")

FILE = "DE_EOE_RMC_20261124_00000101.DAT"
OLDER = "DE_EOE_RMC_20261123_00000100.DAT"
MOST_EMBEDDED = 16
"""So many cases of one test are tried on the embedded engine; each costs a tenth of a second."""


def orders(things: Sequence[K], seed: int = 1, most: int = 24) -> list[list[K]]:
    """Return all orders of a few things; of many, some drawn by the seed, their own order first."""
    if len(things) <= 4:
        return [list(order) for order in permutations(things)][:most]
    random = Random(seed)
    return [list(things), *(random.sample(list(things), len(things)) for _ in range(most - 1))]


def splits(things: Sequence[K]) -> list[list[list[K]]]:
    """Return the batch whole, cut in two at each position, and cut into single messages."""
    cut = [[list(things[:at]), list(things[at:])] for at in range(1, len(things))]
    return [[list(things)], *cut, [[thing] for thing in things]]


@cache
def _empty_state() -> bytes:
    """Return a state file without documents: copying it costs less than creating its tables again for each bench."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "state"
        EmbeddedEngine(path, ALL_COLLECTIONS).close()
        return path.read_bytes()


@dataclass
class Recorder:
    """Takes the place of the other services: keeps what they are told."""

    told: dict[str, list[Message]] = field(default_factory=dict)

    async def run(self, work: Work, messages: Sequence[Message]) -> None:
        for message in messages:
            self.told.setdefault(message.queue, []).append(message)


@dataclass
class Bench:
    """One service, its engine and its TCS. ``today`` may be changed."""

    engine: Engine
    tcs: BenchTcs
    out: Path
    own: list[Handler]
    reader: Callable[[], Reader]
    recorder: Recorder
    runner: Runner
    today: list[date]

    def handler(self, queue: str) -> Handler:
        return next(handler for handler in self.own if handler.queue == queue)

    async def send(self, *messages: Message) -> None:
        """Put messages into their queues."""
        await self.engine.commit(Commit(messages=list(messages)))

    async def account(self, *rows: Row) -> None:
        """Say what became of rows so far."""
        await self.engine.commit(Commit(rows=list(rows)))

    async def claimed(self, *messages: Message) -> list[Message]:
        """Claim messages, whichever order they come in; return them in the order asked for."""
        wanted = {message.identity for message in messages}
        found: dict[tuple[str, str], Message] = {}
        async with asyncio.timeout(10):
            while wanted - found.keys():
                queue = next(queue for queue, _ in wanted - found.keys())
                claimed = await self.engine.claim(queue, 500)
                found.update({message.identity: message for message in claimed})
                if not claimed:
                    await self.engine.wait(queue, 0.2)
        await self.engine.release([found[other] for other in found.keys() - wanted], 0)
        return [found[message.identity] for message in messages]

    async def waiting(self, queue: str, number: int) -> list[Message]:
        """Return the messages that wait in one of the service's own queues, when there are so many."""
        found: dict[str, Message] = {}
        async with asyncio.timeout(10):
            while len(found) < number:
                claimed = await self.engine.claim(queue, 500)
                found.update({message.id: message for message in claimed})
                if not claimed:
                    await self.engine.wait(queue, 0.2)
        await self.engine.release(found.values(), 0)
        return list(found.values())

    async def handle(self, *messages: Message, engine: Engine | None = None) -> None:
        """Handle messages of one queue, in this order, as one batch; what fails is left in the queue.

        ``engine`` is that of the process that handles them, which may die: then they are free again.
        """
        work = (
            self.runner.work
            if engine is None
            else Runner(engine, self.runner.handlers, today=self._today).work
        )
        claimed = await self.claimed(*messages)
        batches = Batches(engine or self.engine, lambda _: work(), unobserved)
        try:
            await batches.handle(self.handler(messages[0].queue), claimed)
        except BaseException:
            await self.engine.release(claimed, 0)
            raise

    async def deliver(self, *parts: Sequence[Message]) -> None:
        """Send messages, handle them batch by batch in this order, then what is left until nothing is."""
        for part in parts:
            await self.send(*part)
            await self.handle(*part)
        await self.finish()

    async def finish(self, *queues: str) -> None:
        """Handle what is left in the service's queues."""
        await self.runner.drain(queues or [handler.queue for handler in self.own])

    async def told(self, queue: str, body: type[T]) -> list[T]:
        """Return what another service has been told so far, in the order in which it was told."""
        await self.runner.drain([queue])
        return [message.decode(body) for message in self.recorder.told.get(queue, ())]

    async def keep(self, collection: Collection[T], *documents: T) -> None:
        """Store documents, new or known."""
        work = self.runner.work()
        await work.get(collection, [collection.key(document) for document in documents])
        for document in documents:
            work.put(collection, document)
        await work.commit()

    async def all(self, collection: Collection[T]) -> dict[str, T]:
        """Return what is stored, by key."""
        with PLANS.looked_at_by_a_test():
            found = await self.runner.work().find(collection, {})
        return {collection.key(document): document for document in found}

    async def parked(self) -> list[str]:
        return [trace.reason for trace in await asyncio.to_thread(self._look, lambda reader: reader.parked())]

    async def redrive(self) -> None:
        """Have all that is parked handled again."""
        traces = await asyncio.to_thread(self._look, lambda reader: reader.parked())
        await self.engine.replay([(trace.queue, trace.id) for trace in traces])
        await self.finish()

    async def row_types(self, file: str = FILE, most: int = 30) -> set[str]:
        """Return the record types of a file's first rows."""
        places = [(file, number) for number in range(most)]
        return {row.type for row in await asyncio.to_thread(self._look, lambda reader: reader.rows(places))}

    async def rows(self, file: str = FILE) -> dict[RowState, int]:
        counts = await asyncio.to_thread(self._look, lambda reader: reader.row_counts())
        return dict(counts.get(file, {}))

    def _today(self) -> date:
        return self.today[0]

    def _look(self, look: Callable[[Reader], K]) -> K:
        reader = self.reader()
        try:
            return look(reader)
        finally:
            reader.close()


@dataclass
class Benches:
    """Makes one bench after the other, each empty, on one kind of engine."""

    folder: Path
    place: Place | None
    made: int = 0

    def some(self, cases: Iterable[K], most: int = 3) -> list[K]:
        """Return some of the cases, more where each is cheap; all of them in the long form."""
        return drawn(cases, MOST_EMBEDDED if self.place is None else most)

    @asynccontextmanager
    async def open(
        self,
        service: str | None,
        world: World,
        failing: Mapping[int, Trouble] | None = None,
        uncertain_seconds: float = UNCERTAIN_SECONDS,
        export_wait: float = LONGEST_WAIT,
    ) -> AsyncIterator[Bench]:
        """Put a service on a bench, None for all; TCS holds this world, fails as told, and acts on a call so much later at most."""
        self.made += 1
        folder = self.folder / str(self.made)
        tcs = BenchTcs(folder / "tcs", world, failing, uncertain_seconds)
        out = folder / "out"
        async with self._engine(folder, tcs, out) as (engine, reader):
            recorder, today = Recorder(), [TODAY]
            dependencies = Dependencies(
                tcs.client, Nowhere(), Folder(out, make=True), export_wait=export_wait
            )
            by_service = services(dependencies)
            own = by_service[service] if service else [h for some in by_service.values() for h in some]
            others = [
                replace(
                    handler, run=recorder.run, at_once=1, single_active=False, linger=0.02, serial_group=""
                )
                for name, some in by_service.items()
                if service and name != service
                for handler in some
            ]
            runner = Runner(
                engine,
                [*own, *others],
                today=lambda: today[0],
                now=lambda: datetime.combine(today[0], time(9), UTC),
                patience=20,
            )
            yield Bench(engine, tcs, out, own, reader, recorder, runner, today)

    @asynccontextmanager
    async def _engine(
        self, folder: Path, tcs: BenchTcs, out: Path
    ) -> AsyncIterator[tuple[Engine, Callable[[], Reader]]]:
        if self.place is None:
            path = folder / "state"
            if not path.exists():
                path.write_bytes(_empty_state())
            embedded = EmbeddedEngine(path, ALL_COLLECTIONS)
            try:
                yield embedded, lambda: StateReader(path)
            finally:
                embedded.close()
            return
        database = await asyncio.to_thread(self.place.emptied)
        addresses = self.place.addresses(database=database)
        dependencies = Dependencies(tcs.client, Nowhere(), Nowhere())
        topology = queues(
            replace(handler, linger=0.002) for some in services(dependencies).values() for handler in some
        )
        production = ProductionEngine(addresses, topology, Supervisor())
        await production.open()
        try:
            yield production, lambda: ProductionReader(addresses)
        finally:
            await production.close()


def message(
    queue: str,
    name: object,
    body: msgspec.Struct | Mapping[str, Any],
    file: str = FILE,
    row: int = 2,
    **more: Any,
) -> Message:
    """Return a message; ``name`` makes its id."""
    parts = file.split("_")
    return Message(
        id=derived_id(queue, name),
        queue=queue,
        correlation_id=f"{file}:{row}",
        source_file=file,
        deanery=parts[1] if len(parts) > 1 else "",
        row=row,
        body=msgspec.json.encode(body),
        **more,
    )
