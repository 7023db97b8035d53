"""The outbox: messages written with the documents that caused them, until RabbitMQ has confirmed them.

One entry a message for its whole life, in ``engine.messages``: ``out`` (to be sent), ``sent`` (RabbitMQ
has it), ``done`` (it took effect here) or ``parked``. So outbox and inbox are the same entry, and what
RabbitMQ loses can be sent again.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError

from tis_esr.engine.messages import Message, derived_id
from tis_esr.engine.production.faults import is_duplicate
from tis_esr.engine.production.schema import BY_ID, MESSAGES

Json = dict[str, Any]
_BATCH = 500


class SentBefore(Exception):  # noqa: N818 - says what the matter is
    """A message of this commit is there already: write the rest with ``known=True``."""


def entry_id(message: Message) -> str:
    """Return the key of a message's entry."""
    return f"{message.queue}|{message.id}"


def new_entry(message: Message, now: float) -> Json:
    """Return the entry of a message that is to be sent."""
    return {
        "queue": message.queue,
        "id": message.id,
        "correlation_id": message.correlation_id,
        "source_file": message.source_file,
        "deanery": message.deanery,
        "row": message.row,
        "last_row": message.last_row,
        "body": message.body,
        "state": "out",
        "open": True,
        "created": now,
        "sent_at": now,
        "attempts": 0,
        "until": 0.0,
        "at": 0.0,
    }


def message_of(entry: Json) -> Message:
    """Return the message of an entry."""
    return Message(
        id=entry["id"],
        queue=entry["queue"],
        correlation_id=entry["correlation_id"],
        source_file=entry["source_file"],
        deanery=entry["deanery"],
        row=entry["row"],
        last_row=entry["last_row"],
        body=entry.get("body") or b"",
        attempts=entry["attempts"],
    )


async def add(
    database: AsyncDatabase[Json],
    session: AsyncClientSession,
    messages: Sequence[Message],
    *,
    now: float,
    relay_until: float,
    known: bool,
) -> None:
    """Write messages to be sent, held for this process's relay until ``relay_until``; raises SentBefore."""
    entries = [{**new_entry(m, now), "relay_until": relay_until} for m in messages]
    if known:
        upserts = [
            UpdateOne({"_id": entry_id(m)}, {"$setOnInsert": entry}, upsert=True)
            for m, entry in zip(messages, entries, strict=True)
        ]
        await database[MESSAGES].bulk_write(upserts, ordered=False, session=session)
        return
    try:
        await database[MESSAGES].insert_many(
            [{"_id": entry_id(m), **entry} for m, entry in zip(messages, entries, strict=True)],
            ordered=True,
            session=session,
        )
    except BulkWriteError as error:
        if is_duplicate(error):
            raise SentBefore from error
        raise


async def mark_sent(database: AsyncDatabase[Json], messages: Iterable[Message], now: float) -> None:
    """Note that RabbitMQ has confirmed these; one that has been handled meanwhile stays as it is."""
    ids = [entry_id(message) for message in messages]
    await database[MESSAGES].update_many(
        {"_id": {"$in": ids}, "state": "out"}, {"$set": {"state": "sent", "sent_at": now}}, hint=BY_ID
    )


async def take_unsent(database: AsyncDatabase[Json], now: float, until: float) -> list[Message]:
    """Take over messages whose relay died before they were confirmed, oldest first."""
    free = {"open": True, "state": "out", "relay_until": {"$lt": now}}
    found = database[MESSAGES].find(free, {"_id": 1}).sort([("relay_until", 1)]).limit(_BATCH)
    ids = [entry["_id"] async for entry in found]
    if not ids:
        return []
    token = derived_id(until, *ids)
    await database[MESSAGES].update_many(
        {"_id": {"$in": ids}, **free}, {"$set": {"relay_until": until, "relay_token": token}}, hint=BY_ID
    )
    taken = database[MESSAGES].find({"_id": {"$in": ids}, "relay_token": token, "state": "out"}, hint=BY_ID)
    return [message_of(entry) async for entry in taken]


async def send_again(database: AsyncDatabase[Json], queue: str, before: float, now: float) -> int:
    """Have messages sent again that RabbitMQ had confirmed before ``before`` and no longer holds."""
    lost = {"open": True, "queue": queue, "state": "sent", "sent_at": {"$lt": before}, "until": {"$lt": now}}
    found = database[MESSAGES].find(lost, {"_id": 1}).limit(_BATCH)
    ids = [entry["_id"] async for entry in found]
    if not ids:
        return 0
    done = await database[MESSAGES].update_many(
        {"_id": {"$in": ids}, **lost}, {"$set": {"state": "out", "relay_until": 0.0}}, hint=BY_ID
    )
    return done.modified_count
