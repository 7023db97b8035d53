"""One hop, message for message: on both engines, compared with a baseline without batches.

The baseline takes one message, writes one document and one outgoing message in one MongoDB transaction,
publishes it with a confirm and acknowledges: at concurrency 1 and 16. Ours does the same work through the
engine: handler, document, outgoing message, transaction, publish, acknowledge.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
from pika import BasicProperties
from pymongo import AsyncMongoClient
from tests.servers import delete_from_rabbitmq, place

from tis_esr.engine.collection import Collection
from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.production.engine import ProductionEngine
from tis_esr.engine.production.mongodb import schema
from tis_esr.engine.production.rabbitmq.amqp import connect
from tis_esr.engine.production.rabbitmq.topology import ARGUMENTS, declare, queues
from tis_esr.engine.runner import Handler, Runner
from tis_esr.engine.supervision import Supervisor
from tis_esr.engine.work import Work

DAY = date(2026, 11, 24)
BODY = {"positionId": 7607373, "text": "x" * 400}


class Note(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    number: int = 0


NOTES = Collection("bench.notes", Note, lambda note: note.name, (("number",),))


async def copy(work: Work, messages: Sequence[Message]) -> None:
    """Handle a batch as services do: read the documents, write them, send one message on for each."""
    known = await work.get(NOTES, [message.id for message in messages])
    for message in messages:
        if message.id not in known:
            work.put(NOTES, Note(name=message.id, number=message.row))
        work.emit("b", BODY, cause=message)


async def nothing(_work: Work, _messages: Sequence[Message]) -> None:
    """Handle nothing: only what is before this hop is measured."""


HANDLERS = (Handler("esr.queue.a", "a", copy), Handler("esr.queue.b", "b", nothing))


def cause(number: int) -> Message:
    return Message(
        id=derived_id(number),
        queue="",
        correlation_id=f"f:{number}",
        source_file="f",
        deanery="EOE",
        row=number,
        body=b"",
    )


async def fill(running: Runner, count: int) -> None:
    for start in range(0, count, 1000):
        work = running.work()
        for number in range(start, min(start + 1000, count)):
            work.emit("a", BODY, cause=cause(number))
        await work.commit()


async def ours(running: Runner, count: int, before: Callable[[], Awaitable[None]]) -> float:
    """Return messages a second through the one hop."""
    await fill(running, count)
    await before()
    started = time.perf_counter()
    await running.drain(["esr.queue.a"])
    return count / (time.perf_counter() - started)


async def on_embedded(count: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        engine = EmbeddedEngine(Path(folder) / "state.sqlite", [NOTES])

        async def before() -> None:
            return None

        try:
            return await ours(
                Runner(engine, HANDLERS, today=lambda: DAY, now=lambda: datetime.now(UTC)), count, before
            )
        finally:
            engine.close()


async def on_production(count: int, servers: Any) -> float:
    addresses = servers.addresses(lease_seconds=30.0)
    client: AsyncMongoClient[Any] = AsyncMongoClient(addresses.mongodb_url)
    await schema.install(client[addresses.database], [NOTES])
    connection = await connect(addresses.amqp_url)
    channel = await connection.channel()
    await declare(channel, queues(HANDLERS))
    engine = ProductionEngine(addresses, queues(HANDLERS), Supervisor())
    await engine.open()
    try:
        return await ours(
            Runner(engine, HANDLERS, today=lambda: DAY, now=lambda: datetime.now(UTC)),
            count,
            engine.relay.finish,
        )
    finally:
        await engine.close()
        await asyncio.to_thread(delete_from_rabbitmq, addresses.amqp_url, "esr.queue.a", "esr.queue.b")
        await connection.close()
        await client.drop_database(addresses.database)
        await client.close()


async def baseline(count: int, concurrency: int, servers: Any) -> float:
    """Return messages a second of the textbook way."""
    addresses = servers.addresses()
    client: AsyncMongoClient[Any] = AsyncMongoClient(addresses.mongodb_url, w="majority")
    database = client[addresses.database]
    for name in ("documents", "inbox"):
        await database.create_collection(name)
    connection = await connect(addresses.amqp_url)
    sender, receiving = await connection.sender(), await connection.channel()
    names = [f"yard.{uuid4().hex}", f"yard.{uuid4().hex}"]
    for name in names:
        await sender.declare_queue(name, ARGUMENTS)
    body = msgspec.json.encode(BODY)
    free, done, left = asyncio.Semaphore(concurrency), asyncio.Event(), count

    async def publish(queue: str, number: str) -> None:
        properties = BasicProperties(delivery_mode=2, message_id=number, content_type="application/json")
        assert await sender.send("", [(queue, properties, body)], 30) == [True]

    async def handle(tag: int, identity: str, text: bytes) -> None:
        nonlocal left
        async with free:
            async with client.start_session() as session, await session.start_transaction():
                await database["inbox"].insert_one({"_id": identity}, session=session)
                await database["documents"].insert_one({"_id": identity, "body": text}, session=session)
            await publish(names[1], identity)
            receiving.acknowledge(tag, up_to=False)
        left -= 1
        if not left:
            done.set()

    under_way: set[asyncio.Task[None]] = set()

    def deliver(tag: int, properties: BasicProperties, text: bytes) -> None:
        task = asyncio.create_task(handle(tag, str(properties.message_id), text))
        under_way.add(task)
        task.add_done_callback(under_way.discard)

    await asyncio.gather(*(publish(names[0], str(number)) for number in range(count)))
    started = time.perf_counter()
    await receiving.consume(names[0], concurrency, deliver)
    await done.wait()
    speed = count / (time.perf_counter() - started)
    await asyncio.to_thread(delete_from_rabbitmq, addresses.amqp_url, *names)
    await connection.close()
    await client.drop_database(addresses.database)
    await client.close()
    return speed


async def main(count: int) -> None:
    """Print all of it."""
    servers = place()
    one = await baseline(max(100, count // 40), 1, servers)
    sixteen = await baseline(max(500, count // 8), 16, servers)
    production = await on_production(count, servers)
    embedded = await on_embedded(count)
    print(f"one hop, messages per second ({count} messages, two cores shared with the servers)")
    print(f"  baseline, one at a time     {one:8.0f}")
    print(f"  baseline, 16 concurrently   {sixteen:8.0f}")
    print(
        f"  production engine           {production:8.0f}   {production / one:.1f} x one, {production / sixteen:.1f} x sixteen"
    )
    print(f"  embedded engine             {embedded:8.0f}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000))
