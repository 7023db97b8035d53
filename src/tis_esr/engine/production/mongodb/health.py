"""What MongoDB tells of itself: the members of its replica set, its clock, its disk, and leases that nobody holds."""

import re
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec
from pymongo import AsyncMongoClient
from pymongo.asynchronous.uri_parser import parse_uri
from pymongo.errors import OperationFailure, ServerSelectionTimeoutError

from tis_esr.engine.production.mongodb.patience import patience_of_a_check
from tis_esr.engine.production.mongodb.schema import LEASES
from tis_esr.engine.production.server_addresses import ServerAddresses

Client = AsyncMongoClient[dict[str, Any]]
_HOSTS = re.compile(r"^(mongodb://(?:[^@/]*@)?)[^/?]*")
_UP = {"PRIMARY", "SECONDARY", "ARBITER"}


class Member(msgspec.Struct, frozen=True):
    """A member of the replica set; ``lag_seconds`` is how far a secondary is behind the primary, 0 if that is not known."""

    host: str
    state: str
    lag_seconds: float = 0.0

    @property
    def is_up(self) -> bool:
        """Return whether it has the data, or votes as an arbiter."""
        return self.state in _UP


class ReplicaSet(msgspec.Struct, frozen=True):
    """A replica set: ``majority`` is how many votes elect a primary, 0 if our user may not see the members."""

    name: str
    members: list[Member]
    majority: int = 0

    @property
    def has_primary(self) -> bool:
        """Return whether anything can be written."""
        return any(member.state == "PRIMARY" for member in self.members)


class OrphanedLeases(msgspec.Struct, frozen=True):
    """Leases that have expired and that nobody has taken over: how many messages, the oldest expiry."""

    messages: int
    oldest: float


async def replica_set(mongodb_url: str) -> ReplicaSet | None:
    """Return the replica set, also while it has no primary; None if no member answers.

    Raises PyMongoError for other trouble.
    """
    try:
        async with _client(mongodb_url) as client:
            return await _told_by(client)
    except ServerSelectionTimeoutError:
        return await _told_by_any_member(mongodb_url)


async def _told_by_any_member(mongodb_url: str) -> ReplicaSet | None:
    if not _HOSTS.match(mongodb_url):
        return None
    for host, port in (await parse_uri(mongodb_url))["nodelist"]:
        try:
            async with _client(
                _HOSTS.sub(rf"\g<1>{host}:{port}", mongodb_url), directConnection=True
            ) as client:
                return await _told_by(client)
        except ServerSelectionTimeoutError:
            continue
    return None


async def _told_by(client: Client) -> ReplicaSet:
    try:
        status = await client.admin.command("replSetGetStatus")
    except OperationFailure:
        hello = await client.admin.command("hello")
        primary = hello.get("primary", "")
        states = {True: "PRIMARY", False: "UNKNOWN"}
        members = [Member(host, states[host == primary]) for host in hello.get("hosts", [])]
        return ReplicaSet(hello.get("setName", ""), members)
    return members_of(status)


def members_of(status: Mapping[str, Any]) -> ReplicaSet:
    """Return what an answer of replSetGetStatus says."""
    newest = max(
        (
            member["optimeDate"]
            for member in status["members"]
            if member["stateStr"] == "PRIMARY" and "optimeDate" in member
        ),
        default=None,
    )
    members = [
        Member(member["name"], member["stateStr"], _lag(member, newest)) for member in status["members"]
    ]
    return ReplicaSet(status["set"], members, int(status.get("majorityVoteCount", 0)))


def _lag(member: Mapping[str, Any], newest: datetime | None) -> float:
    if newest is None or member["stateStr"] != "SECONDARY" or "optimeDate" not in member:
        return 0.0
    return max(0.0, float((newest - member["optimeDate"]).total_seconds()))


async def clock_ahead(mongodb_url: str) -> tuple[float, float]:
    """Return how many seconds MongoDB's clock is ahead of this machine's, and how uncertain that is. Raises PyMongoError."""
    async with _client(mongodb_url) as client:
        await client.admin.command("hello")
        before = time.time()
        answer = await client.admin.command("hello")
        after = time.time()
        told = answer["localTime"].replace(tzinfo=UTC).timestamp()
        return told - (before + after) / 2, (after - before) / 2


async def disk(addresses: ServerAddresses) -> tuple[int, int] | None:
    """Return the free and the total bytes of the volume with MongoDB's data; None if it doesn't tell. Raises PyMongoError."""
    async with _client(addresses.mongodb_url) as client:
        stats = await client[addresses.database].command("dbStats")
    total, used = stats.get("fsTotalSize"), stats.get("fsUsedSize")
    return None if total is None or used is None else (int(total - used), int(total))


async def orphaned_leases(addresses: ServerAddresses) -> OrphanedLeases | None:
    """Return the leases that expired longer than two lease times ago, which another process would have ended; None if there are none.

    Raises PyMongoError.
    """
    async with _client(addresses.mongodb_url) as client:
        now = (await client.admin.command("hello"))["localTime"].replace(tzinfo=UTC).timestamp()
        found = client[addresses.database][LEASES].find(
            {"until": {"$lt": now - 2 * addresses.lease_seconds}}, {"until": 1, "keys": 1}
        )
        leases = [lease async for lease in found]
    if not leases:
        return None
    return OrphanedLeases(
        sum(len(lease["keys"]) for lease in leases), min(float(lease["until"]) for lease in leases)
    )


@asynccontextmanager
async def _client(url: str, **options: Any) -> AsyncIterator[Client]:
    client: Client = AsyncMongoClient(url, **patience_of_a_check(url), **options)
    try:
        yield client
    finally:
        await client.close()
