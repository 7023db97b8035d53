"""The inbox: which messages have taken effect, which are parked, and the attempts of the others."""

from collections.abc import Sequence
from typing import Any

import msgspec
from pymongo import InsertOne, ReplaceOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import BulkWriteError

from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import LeaseLostError
from tis_esr.engine.production.mongodb import leases
from tis_esr.engine.production.mongodb.mongodb_errors import is_duplicate
from tis_esr.engine.production.mongodb.open_packets import FINISHED
from tis_esr.engine.production.mongodb.outbox import entry_id
from tis_esr.engine.production.mongodb.schema import INBOX

Json = dict[str, Any]
_LATER = 0.2


class Claimed(msgspec.Struct):
    """The outcome of a claim: messages to handle, to acknowledge, and to keep for later."""

    mine: list[Message]
    finished: list[Message]
    held: list[tuple[Message, float]]
    """With the time from which it may be claimed again."""


async def claim(
    database: AsyncDatabase[Json],
    token: str,
    messages: Sequence[Message],
    now: float,
    until: float,
    own: leases.Own,
    *,
    isolated: bool,
) -> Claimed:
    """Take the lease ``token`` on delivered messages, then check which of them have taken effect or have to wait.

    An isolated one is claimed alone, if it is the first and ``isolated`` ones may be claimed.
    """
    by_id = {entry_id(message): message for message in messages}
    others = await leases.take(database, token, list(by_id), now, until, own)
    chosen = {"state": 1, "attempts": 1, "deaths": 1, "at": 1}
    found = database[INBOX].find({"_id": {"$in": list(by_id)}}, chosen)
    known = {entry["_id"]: entry async for entry in found}
    result = Claimed([], [], [])
    for key, message in by_id.items():
        entry = known.get(key, {})
        if entry.get("state") in FINISHED:
            result.finished.append(message)
        elif key in others:
            result.held.append((message, others[key]))
        elif entry.get("at", 0.0) > now:
            result.held.append((message, entry["at"]))
        else:
            attempts = entry.get("attempts", 0) + 1
            deaths = entry.get("deaths", 0)
            result.mine.append(
                msgspec.structs.replace(message, attempts=attempts, deaths=deaths, claim=token)
            )
    _isolate(result, now, isolated=isolated)
    if len(result.mine) + len(others) < len(by_id):
        await leases.shrink(database, token, [entry_id(message) for message in result.mine])
    return result


def _isolate(result: Claimed, now: float, *, isolated: bool) -> None:
    """Keep either the first message, if it is isolated, or those that are not isolated."""
    first = result.mine[:1]
    if isolated and first and first[0].is_isolated:
        chosen, ready = first, now
    else:
        chosen = [message for message in result.mine if not message.is_isolated]
        ready = now if isolated else now + _LATER
    kept = {message.id for message in chosen}
    result.held += [(message, ready) for message in result.mine if message.id not in kept]
    result.mine = chosen


async def finish(
    database: AsyncDatabase[Json],
    session: AsyncClientSession,
    messages: Sequence[Message],
    now: float,
    day: str,
) -> None:
    """Record within a transaction that messages have taken effect; raises LeaseLostError if one already had."""
    writes = [_entered(message, {**history_of(message, now, day), "state": "done"}) for message in messages]
    try:
        await database[INBOX].bulk_write(writes, ordered=True, session=session)
    except BulkWriteError as error:
        if is_duplicate(error):
            raise LeaseLostError from error
        raise


def _entered(message: Message, entry: Json) -> InsertOne[Json] | ReplaceOne[Json]:
    """Insert, which is cheap, if there can be no entry; a message with earlier attempts may have one."""
    if message.attempts == 1:
        return InsertOne(entry)
    return ReplaceOne({"_id": entry["_id"]}, entry, upsert=True)


def history_of(message: Message, now: float, day: str) -> Json:
    """Return the stored fields of a message, without its body; ``day`` is an ISO date."""
    return {
        "_id": entry_id(message),
        "queue": message.queue,
        "id": message.id,
        "correlation_id": message.correlation_id,
        "source_file": message.source_file,
        "deanery": message.deanery,
        "row": message.row,
        "last_row": message.last_row,
        "attempts": message.attempts,
        "handled": now,
        "handled_on": day,
    }
