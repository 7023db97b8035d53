"""Finds and removes old data in MongoDB; see Engine.written_before and the methods beside it."""

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

from pymongo import DeleteOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase

from tis_esr.engine.collection import Collection
from tis_esr.engine.faults import ConflictError
from tis_esr.engine.production.mongodb.documents import FIELDS, stored
from tis_esr.engine.production.mongodb.parking import end_parking
from tis_esr.engine.production.mongodb.schema import INBOX, OUTBOX, ROWS
from tis_esr.engine.protocol import Commit, Cursor, OldMessage, Removal, Stored
from tis_esr.engine.row_accounting import RowState

Json = dict[str, Any]
_CLOCKS_APART = 60.0
"""Seconds by which the clocks of two processes certainly do not differ."""
_NOT_PARKED: Json = {"parked.0": {"$exists": False}}


async def written(
    database: AsyncDatabase[Json], collection: Collection[Any], day: date, after: Cursor | None, limit: int
) -> list[Stored]:
    """Return documents last written before a day, in the order of that day and their key."""
    found: list[Stored] = []
    for span in _behind("written_on", day, after):
        wanted = database[collection.name].find(span, FIELDS).sort([("written_on", 1), ("_id", 1)])
        found += [stored(document) async for document in wanted.limit(limit - len(found))]
        if len(found) == limit:
            break
    return found


async def handled(
    database: AsyncDatabase[Json], day: date, after: Cursor | None, limit: int, *, parked: bool
) -> list[OldMessage]:
    """Return messages that were done or parked before a day, in the order of that day and their key.

    One that was handled after the oldest packet of the outbox came may be in that packet, so it is still needed:
    a packet is published again for any message in it that is not known to be done.
    """
    oldest = await database[OUTBOX].find_one({}, {"created": 1}, sort=[("created", 1)])
    until = math.inf if parked or oldest is None else oldest["created"] - _CLOCKS_APART
    state = {"state": "parked" if parked else "done", "handled": {"$lt": until}}
    found: list[OldMessage] = []
    for span in _behind("handled_on", day, after):
        chosen = {"queue": 1, "id": 1, "handled_on": 1}
        wanted = database[INBOX].find({**state, **span}, chosen).sort([("handled_on", 1), ("_id", 1)])
        found += [
            OldMessage((entry["queue"], entry["id"]), (entry["handled_on"], entry["_id"]))
            async for entry in wanted.limit(limit - len(found))
        ]
        if len(found) == limit:
            break
    return found


def _behind(name: str, day: date, after: Cursor | None) -> list[Json]:
    """Return the ranges of an index on (``name``, _id) before a day and after a cursor."""
    before = {"$lt": day.isoformat()}
    if after is None:
        return [{name: before}]
    same_day = [{name: after[0], "_id": {"$gt": after[1]}}] if after[0] < day.isoformat() else []
    return [*same_day, {name: {**before, "$gt": after[0]}}]


async def rows_of(database: AsyncDatabase[Json], file: str, after: int, limit: int) -> list[int]:
    """Return numbers of a file's rows that no parked message covers."""
    wanted = {"file": file, "row": {"$gt": after}, **_NOT_PARKED}
    found = database[ROWS].find(wanted, {"row": 1}).sort([("file", 1), ("row", 1)]).limit(limit)
    return [entry["row"] async for entry in found]


async def row_states(database: AsyncDatabase[Json], file: str) -> dict[RowState, int]:
    """Return the number of rows of a file by state; a row is parked while a parked message covers it."""
    covered = {"$gt": [{"$size": {"$ifNull": ["$parked", []]}}, 0]}
    shown = {"$cond": [covered, RowState.PARKED.value, "$state"]}
    stages: list[Json] = [{"$match": {"file": file}}, {"$group": {"_id": shown, "n": {"$sum": 1}}}]
    return {RowState(e["_id"]): e["n"] async for e in await database[ROWS].aggregate(stages)}


async def remove(database: AsyncDatabase[Json], session: AsyncClientSession, commit: Commit) -> None:
    """Remove within a transaction what a commit names.

    Raises ConflictError where a document has moved, or a row has been parked.
    """
    by_collection: dict[str, list[Removal]] = {}
    for removal in commit.removals:
        by_collection.setdefault(removal.collection.name, []).append(removal)
    for name, removals in by_collection.items():
        deletions = [DeleteOne({"_id": one.key, "version": one.version}) for one in removals]
        done = await database[name].bulk_write(deletions, ordered=False, session=session)
        if done.deleted_count != len(removals):
            raise ConflictError(name)
    keys = [f"{queue}|{id_}" for queue, id_ in commit.forgotten]
    await _delete(database, session, INBOX, keys, {"state": "done"})
    rows = [f"{file}:{row}" for file, row in commit.rows_gone]
    if await _delete(database, session, ROWS, rows, _NOT_PARKED) != len(rows):
        raise ConflictError(ROWS)
    for (queue, id_), why in commit.discarded:
        if await end_parking(database, session, f"{queue}|{id_}", why) is None:
            raise ConflictError(INBOX)


async def _delete(
    database: AsyncDatabase[Json], session: AsyncClientSession, name: str, keys: Sequence[str], more: Json
) -> int:
    if not keys:
        return 0
    done = await database[name].delete_many({"_id": {"$in": list(keys)}, **more}, session=session)
    return done.deleted_count
