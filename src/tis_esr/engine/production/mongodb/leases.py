"""Leases: the messages that a process is handling. No other process may, until the lease ends or expires.

One lease covers a whole batch; a unique index ensures that no message is in two of them.
"""

from collections.abc import Container, Iterable, Sequence
from typing import Any, NamedTuple

from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import DuplicateKeyError, PyMongoError

from tis_esr.engine.envelope import ISOLATING_DEATHS
from tis_esr.engine.faults import LeaseLostError
from tis_esr.engine.production.mongodb.mongodb_errors import is_retryable
from tis_esr.engine.production.mongodb.schema import INBOX, LEASES
from tis_esr.engine.production.mongodb.transactions import transaction

Json = dict[str, Any]
_TRIES = 5


class Own(NamedTuple):
    """The tokens of a process: of the leases that it uses, and of those that it abandoned without an answer."""

    in_use: Container[str]
    abandoned: Container[str]


async def take(
    database: AsyncDatabase[Json], token: str, keys: Sequence[str], now: float, until: float, own: Own
) -> dict[str, float]:
    """Take a lease on messages; return the expiry of leases on those that it does not cover."""
    held: dict[str, float] = {}
    for _ in range(_TRIES):
        free = [key for key in keys if key not in held]
        if not free:
            break
        try:
            await database[LEASES].insert_one({"_id": token, "until": until, "keys": free})
        except DuplicateKeyError:
            held |= await _held(database, free, now, own)
            continue
        return held
    return dict.fromkeys(keys, now + 1) | held


async def _held(database: AsyncDatabase[Json], keys: Sequence[str], now: float, own: Own) -> dict[str, float]:
    """End leases that were abandoned or have expired, unless they have been renewed meanwhile; return the expiry of the others.

    One of this process that expired because MongoDB was slow to renew it shows no death.
    """
    held: dict[str, float] = {}
    async for lease in database[LEASES].find({"keys": {"$in": list(keys)}}):
        has_expired = lease["until"] < now
        if lease["_id"] in own.abandoned or (has_expired and lease["_id"] in own.in_use):
            await database[LEASES].delete_one(_unchanged(lease))
        elif has_expired:
            await _run_out(database, lease)
        else:
            held |= {key: float(lease["until"]) for key in lease["keys"] if key in set(keys)}
    return held


def _unchanged(lease: Json) -> Json:
    """Find a lease unless it has been renewed since it was read."""
    return {"_id": lease["_id"], "until": lease["until"]}


async def _run_out(database: AsyncDatabase[Json], lease: Json) -> None:
    """End the expired lease of a process and count one death, unless it has been renewed meanwhile."""
    try:
        async with transaction(database.client) as session:
            ended = await database[LEASES].delete_one(_unchanged(lease), session=session)
            begun = await _begun(database, lease["keys"], session) if ended.deleted_count else []
            if begun:
                await count_attempts(database, begun, 0.0, session, deaths=1)
    except PyMongoError as error:
        if not is_retryable(error):  # else another process is ending it, or its own is committing
            raise


async def _begun(
    database: AsyncDatabase[Json], keys: Sequence[str], session: AsyncClientSession
) -> list[str]:
    """Return which messages of a lease may have been handled when its process ended.

    An isolated message is handled alone, so a lease on several began before one of them was chosen.
    """
    if len(keys) == 1:
        return list(keys)
    found = database[INBOX].find(
        {"_id": {"$in": list(keys)}, "deaths": {"$gte": ISOLATING_DEATHS}}, {"_id": 1}, session=session
    )
    isolated = {entry["_id"] async for entry in found}
    return [key for key in keys if key not in isolated]


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
    change = {"$max": {"until": until}, "$inc": {"held": 1}}  # an update that changes nothing locks nothing
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
    """Renew leases; a renewal that MongoDB executes late shortens none."""
    await database[LEASES].update_many({"_id": {"$in": list(tokens)}}, {"$max": {"until": until}})


async def end(database: AsyncDatabase[Json], tokens: Iterable[str]) -> None:
    """End leases whatever they cover; those that are not stored are left out."""
    await database[LEASES].delete_many({"_id": {"$in": list(tokens)}})
