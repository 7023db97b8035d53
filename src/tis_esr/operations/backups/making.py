"""Backs up the store of either engine while it is in use, with an entry in the audit where that can be written."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tis_esr.counted import counted
from tis_esr.engine.embedded.backing_up import back_up
from tis_esr.engine.embedded.schema import disk_trouble, open_any_version
from tis_esr.engine.production.mongodb import dumping
from tis_esr.engine.production.mongodb.mongodb_errors import trouble_as_transient
from tis_esr.errors import TisEsrError
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.composition import addresses, engine_for_operation
from tis_esr.settings import Settings

Progress = Callable[[str, int], None]


@dataclass(frozen=True)
class Backup:
    """What was copied: the number of ``documents`` of a database, None for a state file; why it is ``unaudited``, "" if it is audited."""

    documents: int | None
    unaudited: str


async def make_backup(
    settings: Settings, state: Path | None, target: Path, person: Person, progress: Progress
) -> Backup:
    """Copy the store to ``target`` as of one moment, and write an entry in the audit.

    The copy is made first, so that it depends on nothing else: an entry that cannot be written does not fail it. Raises
    UnusableStateError, UnusableDumpError, TransientError and OSError.
    """
    documents: int | None = None
    if settings.engine == "embedded" or state is not None:
        await asyncio.to_thread(_copy_state, state or settings.state, target)
    else:
        place = addresses(settings)
        with trouble_as_transient():
            documents = await asyncio.to_thread(
                dumping.dump, place.mongodb_url, place.database, target, progress
            )
    try:
        await _record(settings, state, target, person, documents)
    except TisEsrError as error:
        return Backup(documents, str(error))
    return Backup(documents, "")


def _copy_state(path: Path, target: Path) -> None:
    if target.exists():
        raise dumping.UnusableDumpError(f"{target} exists; name a new file")
    with closing(open_any_version(path, read_only=True)) as connection, disk_trouble(target):
        back_up(connection, target)


async def _record(
    settings: Settings, state: Path | None, target: Path, person: Person, documents: int | None
) -> None:
    result = "a state file" if documents is None else counted(documents, "document")
    async with engine_for_operation(settings, state) as runner:
        work = runner.work()
        await record(work, person, "backup", [target.name], result=result)
        await work.commit()
