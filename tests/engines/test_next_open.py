"""Whether anything is left to do is answered as of one moment, while packets of the outbox change their states."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from tests.servers import Place, place

from tis_esr.engine.production.mongodb import open_packets
from tis_esr.engine.production.mongodb.schema import OUTBOX
from tis_esr.engine.production.rabbitmq.topology import queues
from tis_esr.services.flow import bindings_only

_YIELDS = "internalQueryExecYieldIterations"


@asynccontextmanager
async def busy_server(servers: Place) -> AsyncIterator[AsyncDatabase[dict[str, object]]]:
    """Have queries make way for writes at each step, as they do on a busy server."""
    name = await asyncio.to_thread(servers.emptied)
    async with AsyncMongoClient[dict[str, object]](servers.mongodb_url, w="majority") as client:
        before = await client.admin.command({"setParameter": 1, _YIELDS: 1})
        try:
            yield client[name]
        finally:
            await client.admin.command({"setParameter": 1, _YIELDS: before["was"]})


async def test_a_packet_that_is_marked_as_sent_meanwhile_is_not_missed() -> None:
    names = [queue.name for queue in queues(bindings_only())]
    packet = {"_id": "one", "queue": names[5], "keys": ["a"], "left": 1, "state": "out", "created": 1.0}
    async with busy_server(place()) as database:
        await database[OUTBOX].insert_one({**packet})
        asked: list[float | None] = []

        async def mark() -> None:
            while len(asked) < 500:
                for state in ("sent", "out"):
                    await database[OUTBOX].update_one({"_id": "one"}, {"$set": {"state": state}})

        async def ask() -> None:
            while len(asked) < 500:
                asked.append(await open_packets.first_open(database, names, 5.0))

        await asyncio.gather(mark(), mark(), mark(), ask(), ask(), ask())
    assert set(asked) == {5.0}
