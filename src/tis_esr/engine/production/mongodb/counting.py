"""Counts ready, unsent and parked messages in MongoDB."""

from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from tis_esr.engine.production.mongodb.schema import INBOX, OUTBOX
from tis_esr.engine.protocol import Depths

Json = dict[str, Any]


async def depths(database: AsyncDatabase[Json], now: float) -> Depths:
    """Count what was left of the outbox's packets some seconds ago, and what is parked.

    The packets, which may be large, are counted by their index alone.
    """
    group = {
        "_id": {"queue": "$queue", "state": "$state"},
        "n": {"$sum": "$left"},
        "oldest": {"$min": "$created"},
    }
    queues: dict[str, tuple[int, float]] = {}
    outbox, outbox_oldest = 0, 0.0
    async for entry in await database[OUTBOX].aggregate([{"$group": group}], hint="depth"):
        queue, number, age = entry["_id"]["queue"], entry["n"], max(0.0, now - entry["oldest"])
        before = queues.get(queue, (0, 0.0))
        queues[queue] = (before[0] + number, max(before[1], age))
        if entry["_id"]["state"] == "out":
            outbox, outbox_oldest = outbox + number, max(outbox_oldest, age)
    parked: dict[tuple[str, str], int] = {}
    by_reason = {"_id": {"queue": "$queue", "reason": "$reason"}, "n": {"$sum": 1}}
    async for entry in await database[INBOX].aggregate(
        [{"$match": {"parked_at": {"$gt": 0}}}, {"$group": by_reason}]
    ):
        parked[entry["_id"]["queue"], entry["_id"]["reason"]] = entry["n"]
    first = await database[INBOX].find_one({"since": {"$gt": 0}}, {"since": 1}, sort=[("since", 1)])
    open_longest = max(0.0, now - first["since"]) if first else 0.0
    return Depths(queues, parked, outbox, outbox_oldest, open_longest)
