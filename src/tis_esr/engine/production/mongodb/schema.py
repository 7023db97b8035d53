"""MongoDB's collections and indexes: created by ``tis-esr install``, checked at every start."""

import contextlib
from collections.abc import Iterable, Mapping
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import CollectionInvalid

from tis_esr.engine.collection import Collection

SCHEMA_VERSION = 5
OUTBOX = "engine.outbox"
INBOX = "engine.inbox"
LEASES = "engine.leases"
ROWS = "engine.rows"
SCHEMA = "engine.schema"

_ENGINE_INDEXES = {
    OUTBOX: [
        IndexModel([(name, ASCENDING) for name in ("queue", "created", "state", "left")], name="depth"),
        IndexModel([("sources", ASCENDING)], name="sources"),
        IndexModel([("relay_until", ASCENDING)], name="unsent", partialFilterExpression={"state": "out"}),
        IndexModel([("look_at", ASCENDING)], name="due"),
        IndexModel([("created", ASCENDING)], name="oldest"),
    ],
    INBOX: [
        IndexModel([("correlation_id", ASCENDING)], name="story"),
        IndexModel([("parked_at", ASCENDING)], name="parked", sparse=True),
        IndexModel([("since", ASCENDING)], name="open_longest", sparse=True),
        IndexModel([("state", ASCENDING), ("handled_on", ASCENDING), ("_id", ASCENDING)], name="old"),
    ],
    LEASES: [IndexModel([("keys", ASCENDING)], name="one_holder", unique=True)],
    ROWS: [IndexModel([("file", ASCENDING), ("row", ASCENDING)], name="place")],
    SCHEMA: [],
}


def wanted_indexes(collections: Iterable[Collection[Any]]) -> dict[str, list[IndexModel]]:
    """Return every collection of the database with its indexes."""
    own = {
        c.name: [
            IndexModel(
                [*((field, ASCENDING) for field in fields), ("_id", ASCENDING)],
                name="_".join(fields),
                partialFilterExpression={fields[0]: {"$exists": True}},
            )
            for fields in c.indexes
        ]
        + [IndexModel([("written_on", ASCENDING), ("_id", ASCENDING)], name="written_on")]
        for c in collections
    }
    return {**_ENGINE_INDEXES, **own}


async def install(database: AsyncDatabase[Any], collections: Iterable[Collection[Any]]) -> list[str]:
    """Create what is missing; return what was created. Safe to repeat."""
    before = await missing(database, collections)
    for name, indexes in wanted_indexes(collections).items():
        with contextlib.suppress(CollectionInvalid):
            await database.create_collection(name)
        if indexes:
            await database[name].create_indexes(indexes)
    await database[SCHEMA].update_one(
        {"_id": "version"}, {"$setOnInsert": {"version": SCHEMA_VERSION}}, upsert=True
    )
    return before


async def missing(database: AsyncDatabase[Any], collections: Iterable[Collection[Any]]) -> list[str]:
    """Return the names of missing collections and indexes (``collection.index``)."""
    there = set(await database.list_collection_names())
    gaps = []
    for name, indexes in wanted_indexes(collections).items():
        if name not in there:
            gaps.append(name)
            continue
        known = await database[name].index_information()
        gaps += [f"{name}.{i.document['name']}" for i in indexes if i.document["name"] not in known]
    return gaps


async def standing(database: AsyncDatabase[Any]) -> Mapping[str, Any] | None:
    """Return the entry of the installed schema; None if there is none.

    It has ``version``, ``upgrade`` with the version ``from`` which it comes while its upgrade is not complete, and
    ``restoring`` while a restore of a backup is not.
    """
    found: Mapping[str, Any] | None = await database[SCHEMA].find_one({"_id": "version"})
    return found
