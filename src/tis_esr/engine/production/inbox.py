"""The inbox: which messages are being handled by whom (a lease), and which have taken effect."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase

from tis_esr.engine.errors import Transient
from tis_esr.engine.messages import Message
from tis_esr.engine.production.outbox import entry_id, new_entry
from tis_esr.engine.production.schema import BY_ID, MESSAGES

Json = dict[str, Any]


class LeaseLost(Transient):
    """Another process has taken the messages over, because this one did not renew its lease in time."""

    def __init__(self) -> None:
        super().__init__("the lease on these messages was lost; they are being handled elsewhere")


class Claimed(msgspec.Struct):
    """What came of a claim: messages to handle under ``token``, ones to ack, and ones to hold back."""

    token: str
    mine: list[Message]
    finished: list[Message]
    held: list[tuple[Message, float]]
    """With the time from which it may be claimed again."""


async def claim(
    database: AsyncDatabase[Json], messages: Sequence[Message], now: float, until: float
) -> Claimed:
    """Take a lease on delivered messages, their attempt counted before they are handed out."""
    token = uuid4().hex
    by_id = {entry_id(message): message for message in messages}
    taken = {"$set": {"state": "sent", "token": token, "until": until}, "$inc": {"attempts": 1}}
    free = {"open": True, "until": {"$lt": now}, "at": {"$lte": now}}
    first = await database[MESSAGES].update_many(
        {"_id": {"$in": list(by_id)}, "attempts": 0, **free}, taken, hint=BY_ID
    )
    if first.matched_count == len(by_id):
        return Claimed(token, [msgspec.structs.replace(m, attempts=1) for m in by_id.values()], [], [])
    await _enter_foreign(database, by_id, now)
    await database[MESSAGES].update_many(
        {"_id": {"$in": list(by_id)}, "token": {"$ne": token}, **free}, taken, hint=BY_ID
    )
    result = Claimed(token, [], [], [])
    chosen = {"attempts": 1, "token": 1, "until": 1, "at": 1, "open": 1}
    async for entry in database[MESSAGES].find({"_id": {"$in": list(by_id)}}, chosen):
        message = by_id[entry["_id"]]
        if entry.get("token") == token:
            result.mine.append(msgspec.structs.replace(message, attempts=entry["attempts"]))
        elif entry.get("open"):
            result.held.append((message, max(entry["until"], entry["at"])))
        else:
            result.finished.append(message)
    order = {key: place for place, key in enumerate(by_id)}
    result.mine.sort(key=lambda message: order[entry_id(message)])
    return result


async def _enter_foreign(database: AsyncDatabase[Json], by_id: dict[str, Message], now: float) -> None:
    """Make an entry for messages that were not sent by us: put on the queue by hand."""
    found = database[MESSAGES].find({"_id": {"$in": list(by_id)}}, {"_id": 1})
    known = {entry["_id"] async for entry in found}
    foreign = [
        UpdateOne(
            {"_id": key}, {"$setOnInsert": {**new_entry(message, now), "relay_until": now}}, upsert=True
        )
        for key, message in by_id.items()
        if key not in known
    ]
    if foreign:
        await database[MESSAGES].bulk_write(foreign, ordered=False)


async def finish(
    database: AsyncDatabase[Json],
    session: AsyncClientSession,
    messages: Sequence[Message],
    tokens: Iterable[str],
) -> None:
    """Note within a transaction that messages have taken effect; raises LeaseLost."""
    done = await database[MESSAGES].update_many(
        {"_id": {"$in": [entry_id(m) for m in messages]}, "token": {"$in": list(tokens)}, "open": True},
        {
            "$set": {"state": "done", "done_at": datetime.now(UTC)},
            "$unset": {"open": "", "body": "", "token": "", "relay_until": "", "sent_at": ""},
        },
        session=session,
        hint=BY_ID,
    )
    if done.matched_count != len(messages):
        raise LeaseLost


async def renew(
    database: AsyncDatabase[Json], tokens: Iterable[str], ids: Iterable[str], until: float
) -> None:
    """Keep leases for longer."""
    await database[MESSAGES].update_many(
        {"_id": {"$in": list(ids)}, "token": {"$in": list(tokens)}, "open": True},
        {"$set": {"until": until}},
        hint=BY_ID,
    )


async def give_back(
    database: AsyncDatabase[Json], messages: Sequence[Message], tokens: Iterable[str], at: float
) -> None:
    """End leases early; the messages may be claimed again from ``at`` on, by whoever has them delivered."""
    await database[MESSAGES].update_many(
        {"_id": {"$in": [entry_id(m) for m in messages]}, "token": {"$in": list(tokens)}, "open": True},
        {"$set": {"until": 0.0, "at": at}, "$unset": {"token": ""}},
        hint=BY_ID,
    )
