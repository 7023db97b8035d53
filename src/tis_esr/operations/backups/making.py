"""Backs up the store of either engine while it is in use, and restores it."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from tis_esr.engine.embedded.backing_up import back_up
from tis_esr.engine.embedded.schema import disk_trouble, locked, open_state
from tis_esr.engine.production.mongodb import dumping
from tis_esr.engine.production.mongodb.mongodb_errors import trouble_as_transient
from tis_esr.engine.production.queue_care import purge, refuse_consumers
from tis_esr.engine.production.rabbitmq.topology import queues
from tis_esr.engine.production.server_checks import install
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.composition import addresses, engine_for_operation
from tis_esr.services.data_exporter.restored import mark_restored
from tis_esr.services.flow import bindings_only
from tis_esr.settings import Settings

Progress = Callable[[str, int], None]


async def make_backup(settings: Settings, state: Path | None, target: Path, progress: Progress) -> int | None:
    """Copy the store to ``target`` as of one moment; return the number of documents of a database, None for a state file.

    Raises UnusableStateError, UnusableDumpError, TransientError and OSError.
    """
    if settings.engine == "embedded" or state is not None:
        path = state or settings.state
        await asyncio.to_thread(_copy_state, path, target)
        return None
    place = addresses(settings)
    with trouble_as_transient():
        return await asyncio.to_thread(dumping.dump, place.mongodb_url, place.database, target, progress)


def _copy_state(path: Path, target: Path) -> None:
    if target.exists():
        raise dumping.UnusableDumpError(f"{target} exists; name a new file")
    with closing(open_state(path, read_only=True)) as connection, disk_trouble(target):
        back_up(connection, target)


async def restore_backup(
    settings: Settings, state: Path | None, source: Path, person: Person, progress: Progress
) -> None:
    """Put a backup in the place of the store, withhold exports until ``tis-esr recover``, and audit it.

    Raises StateInUseError while a process uses the state file, UnusableServerError while one consumes a queue, and
    UnusableDumpError for a database that is not empty.
    """
    if settings.engine == "embedded" or state is not None:
        _restore_state(source, state or settings.state)
    else:
        await _restore_database(settings, source, progress)
    async with engine_for_operation(settings, state) as runner:
        work = runner.work()
        await mark_restored(work)
        await record(work, person, "restore", [source.name])
        await work.commit()


def _restore_state(source: Path, path: Path) -> None:
    """Replace a state file by a copy; the file as it was is kept beside it, with ``.replaced`` at the end of its name."""
    with closing(open_state(source, read_only=True)) as backup, locked(path), disk_trouble(path):
        for beside in ("-wal", "-shm"):
            path.with_name(path.name + beside).unlink(missing_ok=True)
        if path.exists():
            path.replace(path.with_name(f"{path.name}.replaced"))
        back_up(backup, path)


async def _restore_database(settings: Settings, source: Path, progress: Progress) -> None:
    place, topology = addresses(settings), queues(bindings_only())
    await refuse_consumers(place, topology)
    client: MongoClient[dict[str, Any]] = MongoClient(
        place.mongodb_url, w="majority", journal=True, serverSelectionTimeoutMS=5000
    )
    try:
        with trouble_as_transient():
            await asyncio.to_thread(dumping.restore, client[place.database], source, progress)
    finally:
        client.close()
    await install(place, ALL_COLLECTIONS, topology)
    await purge(place, topology)
