"""Checks which messages of sent packets are not handled yet, and which RabbitMQ has lost."""

from collections.abc import Sequence
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase

from tis_esr.engine.production.mongodb.schema import INBOX, LEASES, OUTBOX

Json = dict[str, Any]
FINISHED = ["done", "parked"]
_LONGEST = 60.0
_AT_ONCE = 100
_BEHIND_ALL_NAMES = "\uffff"


async def unfinished(
    database: AsyncDatabase[Json], keys: Sequence[str], session: AsyncClientSession | None = None
) -> list[str]:
    """Return which of these messages have neither taken effect nor been parked."""
    wanted = {"_id": {"$in": list(keys)}, "state": {"$in": FINISHED}}
    found = database[INBOX].find(wanted, {"_id": 1}, session=session)
    finished = {entry["_id"] async for entry in found}
    return [key for key in keys if key not in finished]


async def unfinished_of(
    database: AsyncDatabase[Json], session: AsyncClientSession, files: str, queues: Sequence[str]
) -> dict[str, int]:
    """Return the number of unfinished messages by queue, of source files whose names begin with ``files``.

    Within a transaction, so that outbox and inbox are those of one moment.
    """
    counts: dict[str, int] = {}
    names = {"$elemMatch": {"$gte": files, "$lt": files + _BEHIND_ALL_NAMES}}
    wanted = {"sources": names, "queue": {"$in": list(queues)}}
    chosen = {"queue": 1, "keys": 1, "messages.source_file": 1}
    async for packet in database[OUTBOX].find(wanted, chosen, hint="sources", session=session):
        keys = [
            key
            for key, message in zip(packet["keys"], packet["messages"], strict=True)
            if message["source_file"].startswith(files)
        ]
        finished = {"_id": {"$in": keys}, "state": {"$in": FINISHED}}
        left = len(keys) - await database[INBOX].count_documents(finished, session=session)
        if left:
            counts[packet["queue"]] = counts.get(packet["queue"], 0) + left
    return counts


async def settle(
    database: AsyncDatabase[Json], packets: Sequence[Json], now: float
) -> list[tuple[Json, list[str]]]:
    """Delete packets whose messages are all finished; return the others, each with the remaining keys."""
    left = set(await unfinished(database, [key for packet in packets for key in packet["keys"]]))
    open_ = [(packet, [key for key in packet["keys"] if key in left]) for packet in packets]
    over = [packet["_id"] for packet, keys in open_ if not keys]
    if over:
        await database[OUTBOX].delete_many({"_id": {"$in": over}})
    open_ = [(packet, keys) for packet, keys in open_ if keys]
    if open_:
        await database[OUTBOX].bulk_write([_looked_at(*one, now) for one in open_], ordered=False)
    return open_


def _looked_at(packet: Json, left: list[str], now: float) -> UpdateOne:
    pause = min(_LONGEST, max(1.0, (now - packet["created"]) / 4))
    return UpdateOne({"_id": packet["_id"]}, {"$set": {"left": len(left), "look_at": now + pause}})


async def due(database: AsyncDatabase[Json], now: float) -> list[Json]:
    """Reserve the packets that have waited longest for their check."""
    wanted = {"look_at": {"$lt": now}, "state": "sent"}
    found = database[OUTBOX].find(wanted, {"messages": 0}).sort("look_at").limit(_AT_ONCE)
    packets = await found.to_list()
    if packets:
        ids = [packet["_id"] for packet in packets]
        await database[OUTBOX].update_many({"_id": {"$in": ids}}, {"$set": {"look_at": now + _LONGEST}})
    return packets


async def first_open(database: AsyncDatabase[Json], queues: Sequence[str], now: float) -> float | None:
    """Return when a message of these queues may be claimed next; None if none is left.

    All is read as of one moment: a packet whose state changes meanwhile moves in the index and could be missed, and with it
    what is to be done. Packets of which nothing is left are deleted.
    """
    over: list[str] = []
    try:
        async with database.client.start_session(snapshot=True) as session:
            wanted = {"queue": {"$in": list(queues)}}
            async for packet in database[OUTBOX].find(wanted, {"keys": 1}, session=session).sort("created"):
                if left := await unfinished(database, packet["keys"], session):
                    return await _ready(database, left, now, session)
                over.append(packet["_id"])
    finally:
        if over:
            await database[OUTBOX].delete_many({"_id": {"$in": over}})
    return None


async def _ready(
    database: AsyncDatabase[Json], left: Sequence[str], now: float, session: AsyncClientSession
) -> float:
    held = database[INBOX].find({"_id": {"$in": list(left)}, "at": {"$gt": now}}, {"at": 1}, session=session)
    later = {entry["_id"]: float(entry["at"]) async for entry in held}
    return min(later.get(key, now) for key in left)


async def lost(database: AsyncDatabase[Json], left: Sequence[str], now: float, since: float) -> set[str]:
    """Return which of these messages are not being handled, and were not released after ``since``."""
    held = database[LEASES].find({"keys": {"$in": list(left)}, "until": {"$gte": now}}, {"keys": 1})
    taken = {key async for lease in held for key in lease["keys"]}
    released = database[INBOX].find({"_id": {"$in": list(left)}, "at": {"$gt": since}}, {"_id": 1})
    return set(left) - taken - {entry["_id"] async for entry in released}
