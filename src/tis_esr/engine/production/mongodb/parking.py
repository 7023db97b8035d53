"""Parked messages, and rows with their outcomes, within the same transaction as everything else.

A row's ``parked`` lists the parked messages that cover it, the latest last; its ``state`` is what it was
accounted as, and shows again once none is left.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from pymongo import ReturnDocument, UpdateMany, UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase

from tis_esr.engine.envelope import Identity, Message
from tis_esr.engine.production.mongodb.inbox import history_of
from tis_esr.engine.production.mongodb.open_packets import FINISHED
from tis_esr.engine.production.mongodb.outbox import entry_id
from tis_esr.engine.production.mongodb.schema import INBOX, ROWS
from tis_esr.engine.protocol import Parking, Standing
from tis_esr.engine.row_accounting import Row, RowState, discarded

Json = dict[str, Any]


async def account(database: AsyncDatabase[Json], session: AsyncClientSession, rows: Sequence[Row]) -> None:
    """Write the outcome of rows; the last outcome of a row counts, and the last record type that was given.

    The parked messages that cover them are unchanged.
    """
    last: dict[str, Row] = {}
    for row in rows:
        key = f"{row.file}:{row.row}"
        named = row.type or (last[key].type if key in last else "")
        last[key] = msgspec.structs.replace(row, type=named)
    writes = [UpdateOne({"_id": key}, _change(row), upsert=True) for key, row in last.items()]
    await database[ROWS].bulk_write(writes, ordered=False, session=session)


def _change(row: Row) -> Json:
    """Return the update of a row's entry; one that is accounted for without a record type keeps its present one."""
    said = {"file": row.file, "row": row.row, "state": row.state.value, "reason": row.reason}
    if not row.type:
        return {"$set": said, "$setOnInsert": {"type": ""}}
    return {"$set": {**said, "type": row.type}}


async def park(
    database: AsyncDatabase[Json],
    session: AsyncClientSession,
    parked: Sequence[Parking],
    now: float,
    day: str,
) -> None:
    """Set messages aside with their reasons and bodies, over their rows; one that is parked has a new reason.

    ``since`` is when a message was first parked, until it is done.
    """
    entries = []
    for message, reason, cause in parked:
        about: Json = {"state": "parked", "reason": reason, "cause": cause.value, "parked_at": now}
        about["body"] = message.body
        entry = {**history_of(message, now, day), **about}
        key = {"_id": entry.pop("_id")}
        change = {"$set": entry, "$min": {"since": now}, "$unset": {"at": "", "deaths": ""}}
        entries.append(UpdateOne(key, change, upsert=True))
    await database[INBOX].bulk_write(entries, ordered=True, session=session)
    await database[ROWS].bulk_write(
        [_covered(message, reason) for message, reason, _ in parked], ordered=True, session=session
    )


def _covered(message: Message, reason: str) -> UpdateMany:
    key = entry_id(message)
    covered = [{"row": message.row}, {"state": RowState.PENDING.value}, {"parked.key": key}]
    others = {"$filter": {"input": {"$ifNull": ["$parked", []]}, "cond": {"$ne": ["$$this.key", _text(key)]}}}
    latest = [{"key": _text(key), "reason": _text(reason)}]
    return UpdateMany(
        {"file": message.source_file, "row": _range(message), "$or": covered},
        [{"$set": {"parked": {"$concatArrays": [others, latest]}}}],
    )


def _range(message: Message) -> Json:
    return {"$gte": message.row, "$lte": max(message.row, message.last_row)}


def _text(text: str) -> Json:
    """Return a text as a literal, because MongoDB would treat a dollar as the beginning of a field path."""
    return {"$literal": text}


async def end_parking(
    database: AsyncDatabase[Json],
    session: AsyncClientSession,
    key: str,
    discard: str | None,
) -> Message | None:
    """Requeue a parked message, or ``discard`` it; return it, or None if it is not parked."""
    change = _READY_AGAIN if discard is None else _GIVEN_UP
    entry = await database[INBOX].find_one_and_update(
        {"_id": key, "state": "parked"}, change, session=session, return_document=ReturnDocument.BEFORE
    )
    if entry is None:
        return None
    message = Message(**{name: entry[name] for name in Message.__struct_fields__ if name in entry})
    covered = {
        "file": message.source_file,
        "row": _range(message),
        "parked.key": key,
    }
    if discard is not None:
        await _discard(database, session, covered, discard)
    await database[ROWS].update_many(covered, {"$pull": {"parked": {"key": key}}}, session=session)
    return message


async def standing(database: AsyncDatabase[Json], messages: Sequence[Identity]) -> dict[Identity, Standing]:
    """Return how messages stand, by their key; see Engine.standing."""
    keys = [f"{queue}|{id_}" for queue, id_ in messages]
    chosen = {"queue": 1, "id": 1, "state": 1, "reason": 1, "cause": 1}
    found = database[INBOX].find({"_id": {"$in": keys}}, chosen)
    return {(entry["queue"], entry["id"]): _standing(entry) async for entry in found}


def _standing(entry: Json) -> Standing:
    state = entry["state"] if entry["state"] in FINISHED else "waiting"
    return Standing(state, entry.get("reason", ""), entry.get("cause", ""))


async def outcomes(database: AsyncDatabase[Json], file: str, after: int, limit: int) -> list[Row]:
    """Return rows of a file in their order, parked ones with the latest reason for parking."""
    wanted = {"file": file, "row": {"$gt": after}}
    found = database[ROWS].find(wanted).sort([("file", 1), ("row", 1)]).limit(limit)
    return [shown(entry) async for entry in found]


async def rows_at(database: AsyncDatabase[Json], places: Sequence[tuple[str, int]]) -> list[Row]:
    """Return the rows at these places that exist; see Engine.rows_at."""
    keys = [f"{file}:{row}" for file, row in places]
    return [shown(entry) async for entry in database[ROWS].find({"_id": {"$in": keys}})]


def shown(entry: Json) -> Row:
    """Return the row of an entry; a parked one with the latest reason for parking."""
    row = msgspec.convert(entry, Row)
    if not entry.get("parked"):
        return row
    return msgspec.structs.replace(row, state=RowState.PARKED, reason=entry["parked"][-1]["reason"])


async def _discard(
    database: AsyncDatabase[Json], session: AsyncClientSession, covered: Json, why: str
) -> None:
    writes = []
    async for row in database[ROWS].find(covered, session=session):
        state, reason = discarded(RowState(row["state"]), row["reason"], why)
        writes.append(UpdateOne({"_id": row["_id"]}, {"$set": {"state": state.value, "reason": reason}}))
    if writes:
        await database[ROWS].bulk_write(writes, ordered=False, session=session)


_READY_AGAIN = {
    "$set": {"state": "open", "at": 0.0},
    "$unset": {"parked_at": "", "reason": "", "cause": "", "body": "", "deaths": ""},
}


_GIVEN_UP = {
    "$set": {"state": "done"},
    "$unset": {"parked_at": "", "reason": "", "cause": "", "body": "", "since": ""},
}
