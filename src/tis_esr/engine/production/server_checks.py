"""Checks of the servers before anything runs: which setting, what is wrong, what to do."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pika.exceptions import (
    AMQPError,
    AuthenticationError,
    ChannelClosedByBroker,
    ConnectionClosedByBroker,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConfigurationError, InvalidURI, OperationFailure, PyMongoError

from tis_esr.engine.collection import Collection
from tis_esr.engine.production.mongodb import schema
from tis_esr.engine.production.mongodb.mongodb_errors import describe, is_retryable
from tis_esr.engine.production.mongodb.patience import patience_of_a_check
from tis_esr.engine.production.rabbitmq.amqp import Connection, connect
from tis_esr.engine.production.rabbitmq.topology import DEAD, EXCHANGE, Queue, declare
from tis_esr.engine.production.server_addresses import ServerAddresses
from tis_esr.errors import Exit, TisEsrError

MONGODB = "TIS_ESR_MONGODB_URL"
DATABASE = "TIS_ESR_MONGODB_DATABASE"
AMQP = "TIS_ESR_AMQP_URL"
_OLDEST_MONGODB = (6, 0)
_OLDEST_RABBITMQ = (3, 10)
_UNAUTHORIZED = {13, 8000}
_LOGIN_FAILED = 18
_OTHER_INDEX = {85, 86}
_MADE_MEANWHILE = 48
_ACCESS_REFUSED, _NOT_FOUND, _LOCKED = 403, 404, 405


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: the setting it depends on, what is wrong, and what to do.

    A note needs no action now: it says what could not be checked, or what to know.
    """

    setting: str
    problem: str
    remedy: str
    is_note: bool = False

    def __str__(self) -> str:
        """Return all of it in one line."""
        return f"{self.setting}: {self.problem}; {self.remedy}"


class UnusableServerError(TisEsrError):
    """RabbitMQ or MongoDB is not usable; ``findings`` say why."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(map(str, findings)))
        self.findings = list(findings)


async def refuse_unusable(
    addresses: ServerAddresses, collections: Iterable[Collection[Any]], queues: Sequence[Queue]
) -> None:
    """Raise UnusableServerError if something is missing or wrong."""
    findings = await findings_of(addresses, collections, queues)
    if findings:
        raise UnusableServerError(findings)


async def findings_of(
    addresses: ServerAddresses, collections: Iterable[Collection[Any]], queues: Sequence[Queue]
) -> list[Finding]:
    """Check both servers; return the findings, none if everything is OK."""
    mongodb, rabbitmq = await asyncio.gather(
        _mongodb(addresses, list(collections)), _rabbitmq(addresses, queues)
    )
    return mongodb + rabbitmq


async def install(
    addresses: ServerAddresses, collections: Iterable[Collection[Any]], queues: Sequence[Queue]
) -> list[str]:
    """Create collections, indexes, exchange, queues and bindings; return what was missing.

    Raises UnusableServerError.
    """
    collections = list(collections)
    found = [f for f in await findings_of(addresses, collections, queues) if f.remedy != _INSTALL]
    if found:
        raise UnusableServerError(found)
    return await _install_mongodb(addresses, collections) + await _install_rabbitmq(addresses, queues)


async def _install_mongodb(addresses: ServerAddresses, collections: list[Collection[Any]]) -> list[str]:
    try:
        async with _database(
            addresses, socketTimeoutMS=None
        ) as database:  # to build an index can take minutes
            return await schema.install(database, collections)
    except OperationFailure as error:
        if error.code == _MADE_MEANWHILE:  # another process is installing at the same time: continue
            return await _install_mongodb(addresses, collections)
        if error.code not in _OTHER_INDEX:
            raise UnusableServerError([_refused_by_mongodb(addresses, error)]) from error
        problem = f"{addresses.database} has an index of the same name with different keys or options"
        remedy = f"drop that index, or use another {DATABASE}"
        raise UnusableServerError([Finding(DATABASE, problem, remedy)]) from error
    except PyMongoError as error:
        raise UnusableServerError([_no_mongodb(error)]) from error


async def _install_rabbitmq(addresses: ServerAddresses, queues: Sequence[Queue]) -> list[str]:
    try:
        connection = await connect(addresses.amqp_url)
        try:
            made = await _missing_queues(connection, queues)
            await declare(await connection.channel(), queues)
        finally:
            await connection.close()
    except ChannelClosedByBroker as error:
        raise UnusableServerError([_refused_by_rabbitmq(error)]) from error
    except _AWAY as error:
        raise UnusableServerError([_no_rabbitmq(error)]) from error
    return made


_INSTALL = "run tis-esr install"
_OLDER = "stop all processes, back it up, then run tis-esr install, which upgrades it"
_CONTINUE = "run tis-esr install, which continues it"
INSTALL_HELPS = {_INSTALL, _OLDER, _CONTINUE}
"""The remedies of findings that ``tis-esr install`` removes."""
_NEWER = "a newer tis-esr has upgraded it: use that one, or restore the backup from before"
_AWAY = (TimeoutError, AMQPError, OSError, ValueError, RuntimeError)


@contextlib.asynccontextmanager
async def _database(
    addresses: ServerAddresses, **options: Any
) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
        addresses.mongodb_url, **{**patience_of_a_check(addresses.mongodb_url), **options}
    )
    try:
        yield client[addresses.database]
    finally:
        await client.close()


async def _mongodb(addresses: ServerAddresses, collections: list[Collection[Any]]) -> list[Finding]:
    try:
        async with _database(addresses) as database:
            return await _looked_at(database, collections)
    except (InvalidURI, ConfigurationError, ValueError):
        return [
            Finding(MONGODB, "is not a valid MongoDB address", "write mongodb://host:27017/?replicaSet=rs0")
        ]
    except OperationFailure as error:
        return [_refused_by_mongodb(addresses, error)]
    except PyMongoError as error:
        return [_no_mongodb(error)]


def _refused_by_mongodb(addresses: ServerAddresses, error: OperationFailure) -> Finding:
    if error.code in _UNAUTHORIZED:
        problem = f"the user may not read and write the database {addresses.database}"
        return Finding(MONGODB, problem, "give the user the role readWrite on it")
    if error.code == _LOGIN_FAILED:
        return Finding(MONGODB, "MongoDB rejected the user or the password", "correct them in the URL")
    return Finding(MONGODB, f"MongoDB returned {describe(error)}", "check its log")


def _no_mongodb(error: PyMongoError) -> Finding:
    remedy = "start it, or correct host, port and replicaSet in the URL"
    return Finding(MONGODB, f"could not connect to MongoDB ({describe(error)})", remedy)


def schema_finding(name: str, found: Mapping[str, Any] | None) -> Finding | None:
    """Return the finding about a database by the entry of its schema, see ``schema.standing``; None if it can be used."""
    if found is None:
        problem = f"the database {name} is not installed"
        return Finding(DATABASE, problem, "run tis-esr install, or correct the name")
    if "restoring" in found:
        problem = f"the restore of a backup into the database {name} is not complete"
        return Finding(DATABASE, problem, "drop the database, then repeat tis-esr restore")
    needed, version = schema.SCHEMA_VERSION, found["version"]
    if "upgrade" in found and version <= needed:
        problem = f"the upgrade of the database {name} from schema version {found['upgrade']['from']} is not complete"
        return Finding(DATABASE, problem, _CONTINUE)
    if version == needed:
        return None
    problem = f"the database {name} has schema version {version}, this version of tis-esr needs {needed}"
    return Finding(DATABASE, problem, _OLDER if version < needed else _NEWER)


async def _looked_at(database: AsyncDatabase[Any], collections: list[Collection[Any]]) -> list[Finding]:
    hello = await database.client.admin.command("hello")
    if "setName" not in hello:
        problem = "MongoDB is a standalone server, not a replica set, so it has no transactions"
        return [Finding(MONGODB, problem, "start it with --replSet rs0 and call rs.initiate() once")]
    info = await database.client.server_info()
    if tuple(info["versionArray"][:2]) < _OLDEST_MONGODB:
        wanted = ".".join(map(str, _OLDEST_MONGODB))
        return [Finding(MONGODB, f"MongoDB {info['version']} is too old", f"use {wanted} or later")]
    there = await schema.standing(database)
    if there is not None and (finding := schema_finding(database.name, there)):
        return [finding]
    await _try_to_write(database)
    gaps = await schema.missing(database, collections)
    if gaps:
        shown = ", ".join(gaps[:5]) + (f" and {len(gaps) - 5} more" if len(gaps) > 5 else "")
        return [Finding(DATABASE, f"{database.name} lacks {shown}", _INSTALL)]
    return []


async def _try_to_write(database: AsyncDatabase[Any]) -> None:
    """Write in a transaction that is rolled back: shows missing permissions, changes nothing.

    A conflict with another process, which may also be starting, shows that this one has write access.
    """
    async with database.client.start_session() as session:
        await session.start_transaction()
        try:
            await database[schema.SCHEMA].insert_one({"trial": True}, session=session)
        except OperationFailure as error:
            if not is_retryable(error):
                raise
        await session.abort_transaction()


async def _rabbitmq(addresses: ServerAddresses, queues: Sequence[Queue]) -> list[Finding]:
    try:
        connection = await connect(addresses.amqp_url)
        try:
            return await _entered(connection, queues)
        finally:
            await connection.close()
    except (AuthenticationError, ProbableAuthenticationError):
        return [Finding(AMQP, "RabbitMQ rejected the user or the password", "correct them in the URL")]
    except (ConnectionClosedByBroker, ProbableAccessDeniedError):
        problem = "RabbitMQ has no such virtual host, or the user has no access to it"
        return [Finding(AMQP, problem, "rabbitmqctl add_vhost tis-esr, and set_permissions for the user")]
    except _AWAY as error:
        return [_no_rabbitmq(error)]


def _no_rabbitmq(error: Exception) -> Finding:
    remedy = "start it, or correct host and port: amqp://user:password@host:5672/tis-esr"
    return Finding(AMQP, f"could not connect to RabbitMQ ({type(error).__name__})", remedy)


async def _entered(connection: Connection, queues: Sequence[Queue]) -> list[Finding]:
    said = connection.server_version
    if tuple(int(part) for part in said.split(".")[:2]) < _OLDEST_RABBITMQ:
        return [Finding(AMQP, f"RabbitMQ {said} is too old", "use 3.10 or later")]
    try:
        gaps = await _missing_queues(connection, queues)
        await _compare(connection, queues, set(gaps))
    except ChannelClosedByBroker as error:
        return [_refused_by_rabbitmq(error)]
    if gaps:
        shown = ", ".join(gaps[:3]) + (f" and {len(gaps) - 3} more" if len(gaps) > 3 else "")
        return [Finding(AMQP, f"the virtual host lacks {shown}", _INSTALL)]
    return []


async def _compare(connection: Connection, queues: Sequence[Queue], gone: set[str]) -> None:
    """Declare existing objects as required, which creates nothing. Raises ChannelClosedByBroker if one differs."""
    channel = await connection.channel()
    if EXCHANGE not in gone:
        await channel.declare_exchange(EXCHANGE)
    wanted = {DEAD: {"x-queue-type": "quorum"}, **{queue.name: queue.arguments for queue in queues}}
    for name in wanted.keys() - gone:
        await channel.declare_queue(name, wanted[name])
    await channel.close()


def _refused_by_rabbitmq(error: ChannelClosedByBroker) -> Finding:
    if error.reply_code == _ACCESS_REFUSED:
        problem = "the user may not create or read queues in this virtual host"
        return Finding(AMQP, problem, "rabbitmqctl set_permissions -p VHOST USER '.*' '.*' '.*'")
    found = re.search(r"(queue|exchange) '([^']+)'", error.reply_text)
    kind, name = found.groups() if found else ("queue", "see RabbitMQ's log")
    if error.reply_code == _LOCKED:
        remedy = "end the program that holds it, or use a virtual host of its own"
        return Finding(AMQP, f"another connection uses the {kind} exclusively: {name}", remedy)
    problem = f"{'an' if kind == 'exchange' else 'a'} {kind} exists with different arguments: {name}"
    once = " once it is empty" if kind == "queue" else ""
    return Finding(AMQP, problem, f"delete that {kind}{once}, or use a virtual host of its own")


async def _missing_queues(connection: Connection, queues: Sequence[Queue]) -> list[str]:
    names = [*(queue.name for queue in queues), DEAD]
    missing = [name for name in names if not await _there(connection, queue=name)]
    return missing if await _there(connection, exchange=EXCHANGE) else [*missing, EXCHANGE]


async def _there(connection: Connection, *, queue: str = "", exchange: str = "") -> bool:
    """Return whether a queue or an exchange exists; a channel is closed if it does not."""
    channel = await connection.channel()
    try:
        if queue:
            await channel.declare_queue(queue, passive=True)
        else:
            await channel.declare_exchange(exchange, passive=True)
    except ChannelClosedByBroker as error:
        if error.reply_code != _NOT_FOUND:
            raise
        return False
    await channel.close()
    return True
