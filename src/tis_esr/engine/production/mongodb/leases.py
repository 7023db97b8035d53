"""Leases: the messages that a process is handling. No other process may, until the lease ends or expires.

One lease covers a whole batch; a unique index ensures that no message is in two of them.
"""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import uuid4

from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError, PyMongoError

from tis_esr.engine.faults import LeaseLostError
from tis_esr.engine.production.mongodb.mongodb_errors import is_retryable
from tis_esr.engine.production.mongodb.schema import INBOX, LEASES

Json = dict[str, Any]
_TRIES = 5


async def take(
    database: AsyncDatabase[Json], keys: Sequence[str], now: float, until: float
) -> tuple[str, dict[str, float]]:
    """Take a lease on messages; return its token, and the expiry of leases that others have on them."""
    held: dict[str, float] = {}
    for _ in range(_TRIES):
        free = [key for key in keys if key not in held]
        if not free:
            break
        token = uuid4().hex
        try:
            await database[LEASES].insert_one({"_id": token, "until": until, "keys": free})
        except DuplicateKeyError:
            held |= await _held_by_others(database, free, now)
            continue
        return token, held
    return "", dict.fromkeys(keys, now + 1) | held


async def _held_by_others(database: AsyncDatabase[Json], keys: Sequence[str], now: float) -> dict[str, float]:
    """End expired leases; return the expiry of the others on these messages."""
    held: dict[str, float] = {}
    async for lease in database[LEASES].find({"keys": {"$in": list(keys)}}):
        if lease["until"] < now:
            await _run_out(database, lease)
        else:
            held |= {key: float(lease["until"]) for key in lease["keys"] if key in set(keys)}
    return held


async def _run_out(database: AsyncDatabase[Json], lease: Json) -> None:
    """End the expired lease of a process and count one death, unless it has been renewed meanwhile."""
    try:
        async with database.client.start_session() as session, await session.start_transaction():
            unchanged = {"_id": lease["_id"], "until": lease["until"]}
            ended = await database[LEASES].delete_one(unchanged, session=session)
            if ended.deleted_count:
                await count_attempts(database, lease["keys"], 0.0, session, deaths=1)
    except PyMongoError as error:
        if not is_retryable(error):  # else another process is ending it, or its own is committing
            raise


async def count_attempts(
    database: AsyncDatabase[Json],
    keys: Iterable[str],
    at: float,
    session: AsyncClientSession,
    deaths: int = 0,
) -> None:
    """Count one more attempt of messages that have not taken effect; the next may begin at ``at``."""
    change = {
        "$inc": {"attempts": 1, "deaths": deaths},
        "$set": {"at": at},
        "$setOnInsert": {"state": "open"},
    }
    await database[INBOX].bulk_write(
        [UpdateOne({"_id": key}, change, upsert=True) for key in keys], ordered=False, session=session
    )


async def hold(database: AsyncDatabase[Json], token: str, until: float, session: AsyncClientSession) -> None:
    """Make a transaction fail with LeaseLostError if a lease has ended, and keep it until the transaction is over."""
    change = {"$max": {"until": until}}
    held = await database[LEASES].update_one({"_id": token}, change, session=session)
    if held.matched_count == 0:
        raise LeaseLostError


async def shrink(
    database: AsyncDatabase[Json],
    token: str,
    left: Sequence[str],
    session: AsyncClientSession | None = None,
) -> None:
    """Reduce a lease to the messages that are left, or end it if there are none.

    Raises LeaseLostError if it has ended.
    """
    if left:
        done = await database[LEASES].update_one({"_id": token}, {"$set": {"keys": left}}, session=session)
        ended = done.matched_count == 0
    else:
        gone = await database[LEASES].delete_one({"_id": token}, session=session)
        ended = gone.deleted_count == 0
    if ended:
        raise LeaseLostError


async def renew(database: AsyncDatabase[Json], tokens: Iterable[str], until: float) -> None:
    """Renew leases."""
    await database[LEASES].update_many({"_id": {"$in": list(tokens)}}, {"$set": {"until": until}})
