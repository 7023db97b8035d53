"""Restores a backup, so that nothing is exported from it before ``tis-esr recover``, whenever the restore is stopped."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from tis_esr.engine.embedded.backing_up import back_up, remove, swap
from tis_esr.engine.embedded.schema import disk_trouble, locked, open_state
from tis_esr.engine.faults import UnusableStateError
from tis_esr.engine.production.mongodb import dumping
from tis_esr.engine.production.mongodb.mongodb_errors import trouble_as_transient
from tis_esr.engine.production.mongodb.patience import patience
from tis_esr.engine.production.queue_care import purge, refuse_consumers
from tis_esr.engine.production.rabbitmq.topology import Queue, queues
from tis_esr.engine.production.server_addresses import ServerAddresses
from tis_esr.engine.production.server_checks import INSTALL_HELPS, UnusableServerError, findings_of, install
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.backups.making import Progress
from tis_esr.operations.composition import addresses, engine_for_operation
from tis_esr.services.flow import bindings_only
from tis_esr.services.restored import RESTORED, mark_restored, restored_now
from tis_esr.settings import Settings


async def restore_backup(
    settings: Settings, state: Path | None, source: Path, person: Person, progress: Progress
) -> None:
    """Put a backup in the place of the store, withhold exports until ``tis-esr recover``, and audit it.

    Raises StateInUseError while a process uses the state file, UnusableServerError while one consumes a queue,
    UnusableDumpError for a bad backup, and for a database that is not empty.
    """
    if settings.engine == "embedded" or state is not None:
        await _restore_state(settings, source, state or settings.state, person)
        return
    place, topology = addresses(settings), queues(bindings_only())
    await _refuse_unusable(place, topology)
    mark = (RESTORED, restored_now())
    with trouble_as_transient(), _database(place) as client:
        database = client[place.database]
        await asyncio.to_thread(dumping.restore, database, source, [mark], progress)
        await purge(place, topology)
        await asyncio.to_thread(dumping.complete, database)
    await install(place, ALL_COLLECTIONS, topology)
    await _mark(settings, None, source.name, person)


async def mark_as_restored(settings: Settings, state: Path | None, person: Person) -> None:
    """Do the rest for a store that was restored with other tools: withhold exports, have messages published again, and audit it.

    Raises as ``restore_backup``.
    """
    if settings.engine == "production" and state is None:
        place, topology = addresses(settings), queues(bindings_only())
        await _refuse_unusable(place, topology)
        with trouble_as_transient(), _database(place) as client:
            await asyncio.to_thread(dumping.have_published_again, client[place.database])
        await purge(place, topology)
        await install(place, ALL_COLLECTIONS, topology)
    await _mark(settings, state, "other tools", person)


def _refuse_itself(source: Path, path: Path) -> None:
    if path.exists() and source.exists() and source.samefile(path):
        raise dumping.UnusableDumpError(f"{source} is the state file itself; name a copy of it")


async def _restore_state(settings: Settings, source: Path, path: Path, person: Person) -> None:
    """Replace a state file by a copy that is marked already."""
    _refuse_itself(source, path)
    ready = path.with_name(f"{path.name}.restoring")
    with (
        _said_of(source, path),
        closing(open_state(source, read_only=True)) as backup,
        locked(path),
        disk_trouble(path),
    ):
        remove(ready)
        try:
            await asyncio.to_thread(back_up, backup, ready)
            await _mark(settings, ready, source.name, person)
            swap(ready, path)
        finally:
            remove(ready)


@contextmanager
def _said_of(source: Path, path: Path) -> Iterator[None]:
    """What is wrong with the copy of a state file is said of the backup, not of the store."""
    if not source.exists():
        raise dumping.UnusableDumpError(f"{source}: no such backup; name what tis-esr backup has written")
    try:
        yield
    except UnusableStateError as error:
        if Path(error.path) == path:
            raise
        raise dumping.UnusableDumpError(f"{source} can't be restored: {error.reason}") from error


async def _refuse_unusable(place: ServerAddresses, topology: Sequence[Queue]) -> None:
    """Refuse servers that ``install`` could not make usable, and running processes."""
    found = await findings_of(place, ALL_COLLECTIONS, topology)
    if lasting := [finding for finding in found if finding.remedy not in INSTALL_HELPS]:
        raise UnusableServerError(lasting)
    await refuse_consumers(place, topology)


def _database(place: ServerAddresses) -> MongoClient[dict[str, Any]]:
    return MongoClient(place.mongodb_url, w="majority", journal=True, **patience(place.mongodb_url))


async def _mark(settings: Settings, state: Path | None, source: str, person: Person) -> None:
    async with engine_for_operation(settings, state) as runner:
        work = runner.work()
        await mark_restored(work)
        await record(work, person, "restore", [source])
        await work.commit()
