"""Files that have arrived, or are found in the store: each is announced by one message to the InboundDataReader.

Reads ``file.arrived``. An event may arrive twice, late or never: the ledger knows which files were processed, and
polling the store finds files without an event. Each announcement is a separate message, so that a file whose message
was discarded can be announced again.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import MappingProxyType

import msgspec
import structlog

from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.faults import PermanentError, RetryLimitedError, TransientError
from tis_esr.engine.file_traces import about_file
from tis_esr.engine.message_traces import about
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.files.file_store import NOT_THERE, FileStore, Listing, name_fault, printable
from tis_esr.parking_causes import ParkingCause
from tis_esr.services.contracts.bodies import FileArrived
from tis_esr.services.inbound_data_reader.file_admission import GONE, Taken
from tis_esr.services.inbound_data_reader.file_ledger import FILES, UNDER_WAY, FileState, InboundFile, enter
from tis_esr.services.inbound_data_reader.file_splitting import InboundDataReader
from tis_esr.services.inbound_data_reader.ledger_horizon import within

_log = structlog.get_logger()

FOUND_AGAIN_SECONDS = 600.0
"""After this long a file that is still not in the ledger is announced again."""

AT_ONCE = 10
"""How many announcements one batch has; their files are read one after the other, so other processes get the rest."""
LOOKS = 4
"""How often a missing announced file is retried before it is retried like a held one."""


class Arrivals:
    """Processes files that events announce, and polls for the others. ``store`` is the inbound store.

    ``acknowledges``: see InboundDataReader.
    """

    def __init__(self, store: FileStore, *, acknowledges: bool = False) -> None:
        self._store = store
        self._acknowledges = acknowledges
        self._announced: dict[str, tuple[str, float]] = {}
        self._ended: dict[str, str] = {}

    def handlers(self) -> list[Handler]:
        """Return its handler."""
        return [Handler("esr.queue.file.arrived", "file.arrived", self.take, batch=AT_ONCE)]

    async def take(self, work: Work, messages: Sequence[Message]) -> None:
        """Add files to the ledger and split them, or hold them with the reason: no file affects another.

        Of several, missing ones are held first, together, so that the others do not wait. A single missing one is
        retried a few times at once, because an event may arrive before its file.
        """
        arrived = []
        for message in messages:
            told = message.decode(FileArrived)
            if not told.name or told.name.startswith(".") or name_fault(told.name):
                reason = f"{printable(told.name)!r} is not a valid file name"
                work.fail(message, PermanentError(reason, ParkingCause.FILE_NAME_INVALID))
            else:
                arrived.append((message, told))
        reader = InboundDataReader(work.another, acknowledges=self._acknowledges)
        try:
            absent = await self._hold_absent(reader, {told.name for _, told in arrived})
            for message, told in arrived:
                if told.name not in absent:
                    with about(message):
                        await self._take(work, reader, message, told)
        except OSError as error:
            raise TransientError(str(error)) from error

    async def _take(
        self, work: Work, reader: InboundDataReader, message: Message, arrived: FileArrived
    ) -> None:
        taken = await reader.take(self._store, arrived.name, arrived.stamp)
        if taken.file.reason == NOT_THERE and taken.file.attempts < LOOKS:
            fault = RetryLimitedError(f"{arrived.name}: {NOT_THERE}", ParkingCause.FILE_MISSING)
            work.fail(message, fault)
        else:
            log_taken(taken)

    async def _hold_absent(self, reader: InboundDataReader, names: Collection[str]) -> set[str]:
        """Hold the files that the store does not have; return them. Raises OSError."""
        if len(names) < 2:
            return set()
        listing = await self._store.listing()
        absent = sorted(name for name in names if not listing.has(name))
        for taken in await reader.hold_missing(absent) if absent else []:
            log_taken(taken)
        return set(absent)

    async def sweep(self, begin: Callable[[], Work]) -> list[str]:
        """Announce files that the ledger does not have or that are due again; return those that are not split yet.

        Unusable entries are held, with the reason. A file is announced once, and again only if it was removed
        meanwhile, has changed, is due, or made no progress for FOUND_AGAIN_SECONDS. Invalid files that were held or
        refused and have been removed from the store are settled. The ledger is not read again for a file that is
        finished and unchanged in the store. Raises OSError and TransientError.
        """
        listing = await self._store.listing()
        work = begin()
        ended = {name: stamp for name, stamp in listing.stamps.items() if self._ended.get(name) == stamp}
        asked = {name: stamp for name, stamp in listing.stamps.items() if name not in ended}
        known = await work.get(FILES, [*asked, *listing.odd])
        self._ended = ended | {
            name: stamp for name, stamp in asked.items() if _is_ended(known.get(name), stamp)
        }
        await self._hold(begin, listing.odd, known)
        now, time = asyncio.get_running_loop().time(), work.time()
        looked_at = set(await within(work, asked))
        due = {
            name: stamp
            for name, stamp in asked.items()
            if name in looked_at and _is_due(known.get(name), stamp, time)
        }
        under_way = {
            name: stamp
            for name, stamp in listing.stamps.items()
            if name in known and known[name].state in UNDER_WAY
        }
        marks = {name: _mark(known.get(name), stamp) for name, stamp in (due | under_way).items()}
        seen = {name: mark for name, (mark, _) in self._announced.items()}
        announced = {
            name: (mark, at)
            for name, (mark, at) in self._announced.items()
            if at > now - FOUND_AGAIN_SECONDS and marks.get(name) == mark
        }
        found = [
            name
            for name, mark in sorted(marks.items())
            if name not in announced and (name in due or seen.get(name) == mark)
        ]
        announce(work, ((name, f"found {work.now.isoformat()}") for name in found), listing.stamps)
        if _stamp_unseen(work, listing, known) + await _settle_gone(work, listing) + len(found):
            await work.commit()
        self._announced = {name: announced.get(name, (mark, now)) for name, mark in marks.items()}
        return [
            name
            for name in listing.names
            if name in looked_at
            and (
                name not in known
                or known[name].state in UNDER_WAY
                or (name in due and known[name].state is FileState.HELD)
            )
        ]

    async def _hold(
        self, begin: Callable[[], Work], odd: Mapping[str, str], known: Mapping[str, InboundFile]
    ) -> None:
        for name, reason in odd.items():
            entry = known.get(name)
            if entry is None or (
                entry.state is FileState.HELD and (entry.reason != reason or entry.settled == GONE)
            ):
                log_taken(await InboundDataReader(begin).hold(name, reason))


def _mark(known: InboundFile | None, stamp: str) -> str:
    """Return a mark that changes with each attempt to process a file, and with each part that was processed."""
    return stamp if known is None else f"{stamp} {known.attempts} {known.rows}"


def _is_due(known: InboundFile | None, stamp: str, now: float) -> bool:
    """Return whether a usable file is to be announced."""
    if known is None:
        return True
    if known.state is FileState.HELD:
        return known.retry_at <= now or known.stamp != stamp
    return known.state not in UNDER_WAY and "" not in {stamp, known.stamp} and known.stamp != stamp


def _is_ended(known: InboundFile | None, stamp: str) -> bool:
    """Return whether the ledger has finished a file as long as it is unchanged in the store."""
    return (
        known is not None and known.state not in (FileState.HELD, *UNDER_WAY) and known.stamp == stamp != ""
    )


def _stamp_unseen(work: Work, listing: Listing, known: Mapping[str, InboundFile]) -> int:
    """Record the store's stamps of files that were announced by an event without one; return how many."""
    unseen = [
        msgspec.structs.replace(file, stamp=listing.stamps[name])
        for name, file in known.items()
        if not file.stamp and file.state not in (FileState.HELD, *UNDER_WAY) and listing.stamps.get(name)
    ]
    for file in unseen:
        enter(work, file)
    return len(unseen)


async def _settle_gone(work: Work, listing: Listing) -> int:
    """Settle files with an invalid name that were held or refused, and have been removed; return how many."""
    gone = [
        file
        for file in await work.find(FILES, {"deanery": "", "counter": ""})
        if file.open_findings and file.name not in listing.stamps and file.name not in listing.odd
    ]
    for file in gone:
        enter(work, file.settle(GONE))
    return len(gone)


def log_taken(taken: Taken) -> None:
    """Log the outcome of a file: a warning for each new finding."""
    file = taken.file
    with about_file(file.name):
        for finding in taken.findings:
            _log.warning("file_finding", file=file.name, finding=finding)
        _log.info("file_handled", file=file.name, state=file.shown_state, rows=file.rows, said=taken.said)


def announce(
    work: Work, files: Iterable[tuple[str, str]], stamps: Mapping[str, str] = MappingProxyType({})
) -> None:
    """Announce files (name, and what identifies this arrival), within a unit of work."""
    for name, arrival in files:
        cause = Message(
            id=derived_id("file", name, arrival),
            queue="",
            correlation_id=f"{name}:0",
            source_file=name,
            deanery="",
            row=0,
            body=b"",
        )
        arrived = FileArrived(name=name, stamp=stamps.get(name, ""))
        work.emit("file.arrived", arrived, cause=cause, begins=("announce file", {}))
