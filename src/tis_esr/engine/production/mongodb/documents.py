"""The services' documents in MongoDB: ``{_id, version, document, and the fields searched and counted by}``.

``document`` is the JSON text, which MongoDB does not parse, see decision 26.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from pymongo import InsertOne, ReplaceOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError

from tis_esr.engine.collection import Between, Collection, Where, is_impossible
from tis_esr.engine.faults import ConflictError
from tis_esr.engine.production.mongodb.mongodb_errors import is_duplicate
from tis_esr.engine.protocol import Put, Stored

Json = dict[str, Any]
FIELDS = {"version": 1, "document": 1, "written_on": 1}
_A_REPLY = 1000
"""Documents per reply: a larger one is decoded in one step that blocks the event loop."""


async def get(
    database: AsyncDatabase[Json], collection: Collection[Any], keys: Sequence[str]
) -> list[Stored]:
    """Return the documents that exist of ``keys``."""
    found = database[collection.name].find({"_id": {"$in": list(keys)}}, FIELDS)
    return [stored(document) async for document in found]


async def find(
    database: AsyncDatabase[Json],
    collection: Collection[Any],
    where: Where,
    order_by: Sequence[str],
    limit: int | None,
) -> list[Stored]:
    """Return the documents that match ``where``, in the requested order, then by key.

    MongoDB sorts only if an order or a limit is requested, for which there must be an index.
    """
    if is_impossible(where):
        return []
    found = database[collection.name].find(condition(where), FIELDS).batch_size(_A_REPLY)
    if not order_by and limit is None:
        return sorted([stored(document) async for document in found], key=lambda one: one.key)
    found = found.sort([*((field, 1) for field in order_by), ("_id", 1)]).limit(limit or 0)
    return [stored(document) async for document in found]


def condition(where: Where) -> Json:
    """Return the conditions as a MongoDB filter."""
    said: Json = {}
    for name, wanted in where.items():
        if isinstance(wanted, Between):
            said[name] = {"$gte": field_value(wanted.first), "$lt": field_value(wanted.end)}
        elif isinstance(wanted, list | tuple | set):
            said[name] = {"$in": [field_value(value) for value in wanted]}
        else:
            said[name] = field_value(wanted)
    return said


def field_value(value: Any) -> Any:
    """Return the stored value of a searched field: dates as ISO text, enumerations by value."""
    return value.isoformat() if isinstance(value, date) else getattr(value, "value", value)


def stored(document: Json) -> Stored:
    """Return a MongoDB document as a stored document."""
    return Stored(document["_id"], document["version"], document["document"].encode(), document["written_on"])


async def put(
    database: AsyncDatabase[Json],
    session: AsyncClientSession,
    collection: Collection[Any],
    puts: Sequence[Put],
    day: str,
) -> None:
    """Write documents of one collection; raises ConflictError if a version has changed.

    The versions are read in the transaction's snapshot, then each document is replaced by its key alone, which costs
    MongoDB a third of a replacement by key and version. A concurrent change of one makes the transaction fail.
    """
    target: AsyncCollection[Json] = database[collection.name]
    expected = {one.key: one.version for one in puts if one.version}
    if expected and await _versions(target, session, list(expected)) != expected:
        raise ConflictError(collection.name)
    new = [InsertOne(_document(one, day)) for one in puts if not one.version]
    known = [ReplaceOne({"_id": one.key}, _document(one, day)) for one in puts if one.version]
    operations: list[InsertOne[Json] | ReplaceOne[Json]] = [*new, *known]  # each change of kind is a command
    try:
        await target.bulk_write(operations, ordered=True, session=session)
    except BulkWriteError as error:
        if is_duplicate(error):
            raise ConflictError(collection.name) from error
        raise


async def _versions(
    target: AsyncCollection[Json], session: AsyncClientSession, keys: Sequence[str]
) -> dict[str, int]:
    found = target.find({"_id": {"$in": keys}}, {"version": 1}, session=session).batch_size(_A_REPLY)
    return {document["_id"]: document["version"] async for document in found}


def _document(one: Put, day: str) -> Json:
    names, values = one.collection.searched + one.collection.counted, one.searched + one.counted
    beside = {
        name: field_value(value) for name, value in zip(names, values, strict=True) if value is not None
    }
    return {
        "_id": one.key,
        "version": one.version + 1,
        "document": one.body.decode(),
        "written_on": one.written_on or day,
        **beside,
    }


def replacement(collection: Collection[Any], document: msgspec.Struct, day: str) -> ReplaceOne[Json]:
    """Return the write of a document as it is stored first, outside of a unit of work."""
    values = {name: getattr(document, name) for name in (*collection.searched, *collection.counted)}
    beside = {name: field_value(value) for name, value in values.items() if value is not None}
    body = {
        "version": 1,
        "document": msgspec.json.encode(document).decode(),
        "written_on": day,
        **beside,
    }
    return ReplaceOne({"_id": collection.key(document)}, body, upsert=True)
