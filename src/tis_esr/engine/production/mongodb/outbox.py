"""The outbox: messages in packets, written with the documents that caused them and kept until all are handled.

A packet holds up to 500 messages of one commit and one queue, so a message costs a few bytes of a write, not a write.
It is ``out`` until RabbitMQ has confirmed all of it, then ``sent``; ``look_at`` is the time of the next check whether
all of its messages have been handled (see ``open_packets``).
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any
from uuid import uuid4

from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase

from tis_esr.engine.envelope import Message
from tis_esr.engine.production.mongodb.schema import OUTBOX

Json = dict[str, Any]
_MOST = 500
_MOST_BYTES = 4_000_000
_LONGEST_PAUSE = 60.0


def entry_id(message: Message) -> str:
    """Return the key of a message: its queue and its id."""
    return f"{message.queue}|{message.id}"


def source(correlation_id: str) -> str:
    """Return the part of a correlation id that the messages of a packet usually share: the file of a row."""
    return correlation_id.rpartition(":")[0]


def messages_of(packet: Json) -> list[Message]:
    """Return the messages of a packet."""
    return [Message(queue=packet["queue"], **entry) for entry in packet["messages"]]


async def add(
    database: AsyncDatabase[Json],
    session: AsyncClientSession,
    messages: Sequence[Message],
    *,
    now: float,
    relay_until: float,
) -> list[Json]:
    """Write messages to be sent, reserved for this process's relay until ``relay_until``; return the packets."""
    packets = [packet_of(part, now, relay_until) for part in _parts(messages)]
    await database[OUTBOX].insert_many(packets, session=session)
    return packets


def _parts(messages: Sequence[Message]) -> Iterator[list[Message]]:
    for _, of_queue in groupby(sorted(messages, key=lambda m: m.queue), key=lambda m: m.queue):
        part: list[Message] = []
        size = 0
        for message in of_queue:
            if part and (len(part) == _MOST or size + len(message.body) > _MOST_BYTES):
                yield part
                part, size = [], 0
            part.append(message)
            size += len(message.body)
        yield part


def packet_of(messages: Sequence[Message], now: float, relay_until: float) -> Json:
    """Return the packet of messages of one queue, which is to be sent."""
    return {
        "_id": uuid4().hex,
        "queue": messages[0].queue,
        "sources": sorted({source(message.correlation_id) for message in messages}),
        "keys": [entry_id(message) for message in messages],
        "messages": [_entry(message) for message in messages],
        "left": len(messages),
        "state": "out",
        "created": now,
        "relay_until": relay_until,
        "look_at": relay_until,
    }


def _entry(message: Message) -> Json:
    return {
        "id": message.id,
        "correlation_id": message.correlation_id,
        "source_file": message.source_file,
        "deanery": message.deanery,
        "row": message.row,
        "last_row": message.last_row,
        "body": message.body,
    }


async def mark_sent(database: AsyncDatabase[Json], packet: Json, now: float) -> None:
    """Record that RabbitMQ has confirmed a packet; from now on it is checked until it is handled."""
    change = {"$set": {"state": "sent", "sent_at": now, "look_at": now + 1}}
    await database[OUTBOX].update_one({"_id": packet["_id"]}, change)


async def release(database: AsyncDatabase[Json], packet: Json, now: float) -> None:
    """Mark a packet that was not fully confirmed to be sent again: at once while it is new, later and later after that.

    If another process has taken it over meanwhile, it stays with that one.
    """
    pause = min(_LONGEST_PAUSE, (now - packet["created"]) / 4)
    mine = {"_id": packet["_id"], "state": "out", "relay_until": packet["relay_until"]}
    await database[OUTBOX].update_one(mine, {"$set": {"relay_until": now + pause}})


async def take_unsent(
    database: AsyncDatabase[Json], before: float, until: float, but: Sequence[str] = ()
) -> Json | None:
    """Take over a packet that has been without a relay since ``before``, the oldest first, but none of the queues ``but``."""
    others = {"queue": {"$nin": list(but)}} if but else {}
    return await database[OUTBOX].find_one_and_update(
        {"state": "out", "relay_until": {"$lt": before}, **others},
        {"$set": {"relay_until": until}},
        sort=[("relay_until", 1)],
        return_document=ReturnDocument.AFTER,
    )
