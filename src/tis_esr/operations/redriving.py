"""Drives again everything that is unfinished of ESR's files: files that are not split, and messages that are parked (incident A17).

Safe to repeat: a file is split from where its splitting stopped, and a message takes effect once.
"""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial

import msgspec

from tis_esr.engine.reader_protocol import Among, Reader, Trace
from tis_esr.engine.runner import Runner
from tis_esr.errors import UsageError
from tis_esr.files.file_store import FileStore
from tis_esr.operations.audit.acts import audited
from tis_esr.operations.audit.trail import Person
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
    known, parked, waiting = await asyncio.to_thread(_read, reader, sorted(stamps), only)
    names = sorted({*stamps, *known}) if only is None else [only]
    if only is not None and not (known or only in stamps):
        raise UsageError(
            "FILE", f"{only} is neither in the ledger nor in the inbound store; see tis-esr files"
        )
    files = [_unfinished(name, known.get(name)) for name in names if _is_unfinished(name, known, stamps)]
    return Unfinished(
        files=[file for file in files if file.name in stamps],
        absent=[file.name for file in files if file.name not in stamps],
        parked=len([trace for trace in parked if trace.queue != UNREADABLE]),
        unreadable=len([trace for trace in parked if trace.queue == UNREADABLE]),
        waiting=waiting,
    )


async def drive_again(
    runner: Runner,
    reader: Reader,
    store: FileStore,
    person: Person,
    *,
    why: str,
    only: str | None = None,
    by_services: bool,
    acknowledges: bool = False,
) -> Redriven:
    """Announce unfinished files, or split them here, and requeue parked messages; each act is written to the audit with it.

    With ``by_services`` running services split the files. Raises OSError and PatienceExhaustedError.
    """
    found = await find_unfinished(reader, store, only)
    names = [file.name for file in found.files]
    async with audited(runner, person, "redrive.unfinished", [only] if only else [], why=why) as act:
        if by_services:
            await runner.patiently("redrive", partial(_announced, runner, names))
        else:
            split = InboundDataReader(runner.work, acknowledges=acknowledges)
            for name in names:
                await runner.patiently(name, partial(split.take, store, name))
        parked = await asyncio.to_thread(_parked, reader, only)
        keys = [(trace.queue, trace.id) for trace in parked if trace.queue != UNREADABLE]
        requeued = await retry_all(runner, person, keys, why)
        act.result = f"files: {len(names)}; messages requeued: {requeued}"
    return _redriven(found, requeued, dry_run=False)


async def _announced(runner: Runner, names: Sequence[str]) -> None:
    """Announce files to running services."""
    work = runner.work()
    announce(work, [(name, f"redrive {work.time()}") for name in names])
    await work.commit()


def _read(
    reader: Reader, names: Sequence[str], only: str | None
) -> tuple[dict[str, InboundFile], list[Trace], int]:
    """Return the ledger's entries of files, with those of files that are gone, what is parked, and how much waits.

    Much may be read: it is done beside the event loop, which services may share.
    """
    entries = _entries(reader, names if only is None else [only])
    if only is None:
        there = set(names)
        entries += [file for file in reader.find(FILES, {}) if file.name not in there and _is_missed(file)]
    known = {file.name: file for file in entries if not file.copy}
    return known, _parked(reader, only), sum(reader.waiting().values())


def _is_missed(file: InboundFile) -> bool:
    """Return whether a file that is gone is missed: it is not split, and nobody has settled it."""
    return file.state in UNDER_WAY or (file.state is FileState.HELD and bool(file.open_findings))


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
    return [trace for trace in reader.parked(Among(source_file=only)) if trace.source_file]
