"""Upgrades the production engine's stores while nobody uses them: the database, then the queues with other bodies."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pymongo import MongoClient

from tis_esr.engine.collection import Collection
from tis_esr.engine.production.mongodb import schema
from tis_esr.engine.production.mongodb.mongodb_errors import trouble_as_transient
from tis_esr.engine.production.mongodb.patience import patience
from tis_esr.engine.production.mongodb.upgrading import DatabaseUpgrade
from tis_esr.engine.production.queue_care import purge, refuse_consumers
from tis_esr.engine.production.rabbitmq.topology import Queue
from tis_esr.engine.production.server_addresses import ServerAddresses
from tis_esr.engine.production.server_checks import (
    DATABASE,
    INSTALL_HELPS,
    Finding,
    UnusableServerError,
    findings_of,
)
from tis_esr.engine.upgrading import Upgrade

Json = dict[str, Any]
_REMEDY = "go on with the tis-esr that wrote it, or name another database"


async def upgrade_database(
    addresses: ServerAddresses,
    queues: Sequence[Queue],
    upgrades: Sequence[Upgrade],
    collections: Iterable[Collection[Any]],
    progress: Callable[[str], None] = lambda _: None,
) -> Upgrade | None:
    """Bring the database to the present schema, or continue that; return the upgrade, None if there was nothing to do.

    Raises UnusableServerError while a process still consumes one of the queues, and for a version that cannot be
    upgraded; UpgradeUnderWayError, UnconvertibleError and TransientError.
    """
    collections = list(collections)
    found = [f for f in await findings_of(addresses, collections, queues) if f.remedy not in INSTALL_HELPS]
    if found:
        raise UnusableServerError(found)
    options: dict[str, Any] = {
        **patience(addresses.mongodb_url),
        "socketTimeoutMS": None,  # to build an index can take minutes
    }
    client: MongoClient[Json] = MongoClient(addresses.mongodb_url, **options)
    try:
        database = client[addresses.database]
        with trouble_as_transient():
            stored = await asyncio.to_thread(database[schema.SCHEMA].find_one, {"_id": "version"})
        upgrade = _upgrade_of(addresses.database, stored, upgrades)
        if upgrade is None:
            return None
        await refuse_consumers(addresses, queues)
        work = DatabaseUpgrade(database, upgrade, collections, progress)
        with trouble_as_transient():
            await asyncio.to_thread(work.begin)
            try:
                await refuse_consumers(
                    addresses, queues
                )  # one may have started just before it could see the note
            except BaseException:
                await asyncio.to_thread(work.release)
                raise
            await asyncio.to_thread(work.convert)
            await purge(addresses, [queue for queue in queues if queue.name in upgrade.bodies])
            await asyncio.to_thread(work.end)
        return upgrade
    finally:
        client.close()


def _upgrade_of(name: str, stored: Json | None, upgrades: Sequence[Upgrade]) -> Upgrade | None:
    """Return the upgrade that a database needs; raises UnusableServerError if there is none for its version."""
    if stored is None:
        return None
    version = stored["upgrade"]["from"] if "upgrade" in stored else stored["version"]
    if version == schema.SCHEMA_VERSION:
        return None
    upgrade = next((upgrade for upgrade in upgrades if upgrade.production == version), None)
    if upgrade is None:
        releases = ", ".join(upgrade.release for upgrade in upgrades)
        problem = f"{name} has schema version {version}; this tis-esr upgrades the databases of {releases}"
        raise UnusableServerError([Finding(DATABASE, problem, _REMEDY)])
    return upgrade
