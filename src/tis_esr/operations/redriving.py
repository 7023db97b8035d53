"""Drives again everything that is unfinished of ESR's files: files that are not split, and messages that are parked (incident A17).

Safe to repeat: a file is split from where its splitting stopped, and a message takes effect once.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import msgspec

from tis_esr.counted import counted
from tis_esr.engine.reader_protocol import Reader, Trace
from tis_esr.engine.runner import Runner
from tis_esr.errors import UsageError
from tis_esr.files.file_store import FileStore
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.parked.retrying import retry_all
from tis_esr.services.inbound_data_reader.arrivals import announce
from tis_esr.services.inbound_data_reader.file_ledger import FILES, UNDER_WAY, FileState, InboundFile
from tis_esr.services.inbound_data_reader.file_splitting import UNREADABLE, InboundDataReader

_AT_ONCE = 500


class UnfinishedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is not split: its state, ``NEW`` if the ledger does not have it, and why it is held."""

    name: str
    state: str
    rows: int = 0
    reason: str = ""


class Unfinished(msgspec.Struct, frozen=True, kw_only=True):
    """What is unfinished: files in the inbound store, parked messages, and what can't be driven again.

    ``unreadable`` counts parked rows that ESR has to send again, ``waiting`` messages in progress, ``absent``
    names unfinished files that are not in the store.
    """

    files: list[UnfinishedFile]
    absent: list[str]
    parked: int
    unreadable: int
    waiting: int


class Redriven(msgspec.Struct, frozen=True, kw_only=True):
    """What was driven again, or in a ``dry_run`` would be: files, and how many messages were requeued. See Unfinished."""

    requeued: int
    discarded: int = 0
    unreadable: int
    dry_run: bool
    files: list[UnfinishedFile]
    absent: list[str]
    waiting: int


def would_drive(found: Unfinished) -> Redriven:
    """Return what driving again would do."""
    return _redriven(found, found.parked, dry_run=True)


def _redriven(found: Unfinished, requeued: int, *, dry_run: bool) -> Redriven:
    return Redriven(
        requeued=requeued,
        unreadable=found.unreadable,
        dry_run=dry_run,
        files=found.files,
        absent=found.absent,
        waiting=found.waiting,
    )


async def find_unfinished(reader: Reader, store: FileStore, only: str | None = None) -> Unfinished:
    """Return what is unfinished of all files, or of one.

    Raises OSError if the store fails, UsageError for a file that is neither in it nor in the ledger.
    """
    stamps = (await store.listing()).stamps
    names = sorted(stamps) if only is None else [only]
    known = {file.name: file for file in _entries(reader, names) if not file.copy}
    if only is not None and not (known or only in stamps):
        raise UsageError(
            "FILE", f"{only} is neither in the ledger nor in the inbound store; see tis-esr files"
        )
    files = [_unfinished(name, known.get(name)) for name in names if _is_unfinished(name, known, stamps)]
    parked = _parked(reader, only)
    return Unfinished(
        files=[file for file in files if file.name in stamps],
        absent=[file.name for file in files if file.name not in stamps],
        parked=len([trace for trace in parked if trace.queue != UNREADABLE]),
        unreadable=len([trace for trace in parked if trace.queue == UNREADABLE]),
        waiting=sum(reader.waiting().values()),
    )


async def drive_again(
    runner: Runner,
    reader: Reader,
    store: FileStore,
    person: Person,
    *,
    only: str | None = None,
    by_services: bool,
    acknowledges: bool = False,
) -> Redriven:
    """Announce unfinished files, or split them here, and requeue parked messages; each act is written to the audit with it.

    With ``by_services`` running services split the files. Raises OSError and PatienceExhaustedError.
    """
    found = await find_unfinished(reader, store, only)
    names = [file.name for file in found.files]
    announced = names if by_services else []
    await runner.patiently("redrive", partial(_begin, runner, person, only, len(names), announced))
    if not by_services:
        split = InboundDataReader(runner.work, acknowledges=acknowledges)
        for name in names:
            await runner.patiently(name, partial(split.take, store, name))
    keys = [(trace.queue, trace.id) for trace in _parked(reader, only) if trace.queue != UNREADABLE]
    requeued = await retry_all(runner, person, keys, f"redrive {only or 'unfinished'}")
    return _redriven(found, requeued, dry_run=False)


async def _begin(
    runner: Runner, person: Person, only: str | None, files: int, announced: Sequence[str]
) -> None:
    """Write the act to the audit, with the announcement of its files to running services."""
    work = runner.work()
    announce(work, [(name, f"redrive {work.time()}") for name in announced])
    await record(work, person, "redrive.unfinished", [only] if only else [], result=counted(files, "file"))
    await work.commit()


def _entries(reader: Reader, names: Sequence[str]) -> list[InboundFile]:
    found: list[InboundFile] = []
    for start in range(0, len(names), _AT_ONCE):
        found += reader.get(FILES, names[start : start + _AT_ONCE])
    return found


def _is_unfinished(name: str, known: Mapping[str, InboundFile], stamps: Mapping[str, str]) -> bool:
    file = known.get(name)
    if file is None:
        return name in stamps
    return file.state is FileState.HELD or file.state in UNDER_WAY


def _unfinished(name: str, known: InboundFile | None) -> UnfinishedFile:
    if known is None:
        return UnfinishedFile(name=name, state="NEW")
    return UnfinishedFile(name=name, state=known.state.name, rows=known.rows, reason=known.reason)


def _parked(reader: Reader, only: str | None) -> list[Trace]:
    return [trace for trace in reader.parked() if (trace.source_file == only if only else trace.source_file)]
