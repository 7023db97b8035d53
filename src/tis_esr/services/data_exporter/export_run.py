"""One export run: the APP or DNC files of one day (guarantee 5).

A deanery's first file of a day has a number of the day's first run; later records go in another file, with the next
number. Every step is a small transaction, and every step may be repeated: rows are allocated chunk by chunk; the file
is written from what was allocated, so always with the same bytes; then it is marked sent, and TCS is notified, chunk by
chunk.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from operator import attrgetter
from typing import Any

import msgspec
import structlog

from tis_esr.decisions.deadlines import FIRST_TO_GO
from tis_esr.decisions.file_packing import Packing, Sorted
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.decisions.quarantine import applicant_misfit_reason, notification_misfit_reason
from tis_esr.engine.collection import Between, Collection, Where
from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import ConflictError
from tis_esr.engine.file_traces import WrittenRows, about_file, file_span
from tis_esr.engine.work import Work
from tis_esr.files.file_store import FileStore
from tis_esr.records.file_names import DEANERIES, FileName
from tis_esr.records.record_types import LAYOUTS
from tis_esr.records.row_writing import format_row, header, trailer
from tis_esr.records.values import from_json
from tis_esr.services.contracts.bodies import PositionDue
from tis_esr.services.data_exporter.exported_event import exported
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    COUNTERS,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    RUNS,
    ApplicantRecord,
    Counter,
    Outbound,
    OutboundFile,
    OutboundState,
    RecordState,
    Run,
)
from tis_esr.services.data_exporter.pending_records import DUPLICATE, has_gone, held_back, withdrawn
from tis_esr.services.data_exporter.withdrawn_applicants import mark_withdrawn
from tis_esr.tracing import names
from tis_esr.wall_clock import LONDON

_log = structlog.get_logger()

ROWS_A_CHUNK = 500
_ENDED = (OutboundState.SENT, OutboundState.NOTHING_TO_SEND)


@dataclass(frozen=True)
class Export:
    """What differs between the two exports: file type, record type, the time in the file's HDR, and the collection."""

    file_type: str
    record_type: str
    at: time
    collection: Collection[Any]
    order: tuple[str, ...]


APPLICANT_EXPORT = Export("APP", "APP", time(14), APPLICANTS, FIRST_TO_GO)
NOTIFICATION_EXPORT = Export("DNC", "NOT", time(15), NOTIFICATIONS, ("deanery_number", "position_id"))


class ExportRun:
    """Creates the files of one export.

    ``begin`` opens a unit of work. With ``only_compared`` records that have to be compared with TIS first stay for the
    next file, see Outbound.is_stale. ``lacks`` is noted on the files, see OutboundFile.
    """

    def __init__(
        self,
        begin: Callable[[], Work],
        out: FileStore,
        export: Export,
        *,
        window: ApplicantWindow | None = None,
        only_compared: bool = True,
        lacks: str = "",
    ) -> None:
        self._begin = begin
        self._out = out
        self._export = export
        self._window = window or ApplicantWindow()
        self._only_compared = only_compared
        self._judged_at: float | None = None
        self.lacks = lacks

    async def run(
        self,
        day: date,
        deaneries: Sequence[str] | None = None,
        *,
        occasion: str,
        only: Sequence[str] = (),
    ) -> list[OutboundFile]:
        """Create and send the files of the day, or continue an interrupted run; return their outcomes.

        ``occasion`` identifies the request: each creates at most one file per deanery, however often it is repeated.
        With ``only``, keys of records, it is a separate file for these. Files that were sent before are not returned.
        Raises OSError if a file can't be written: what was allocated stays allocated, and is sent next time.
        """
        sent: list[OutboundFile] = []
        for deanery in DEANERIES if deaneries is None else deaneries:
            sent += await self._of_deanery(day, deanery, occasion, only)
        return sent

    async def _of_deanery(
        self, day: date, deanery: str, occasion: str, only: Sequence[str]
    ) -> list[OutboundFile]:
        """Finish a deanery's interrupted files, and create the one of this occasion, unless it exists."""
        drawn = [file for file in await self._drawn(day) if file.deanery == deanery]
        begun = [file for file in drawn if file.state not in _ENDED]
        sent = [await self._send(file, occasion) for file in begun]
        of_now = [file for file in sent if file.state is OutboundState.NOTHING_TO_SEND and not file.only]
        if (of_now and not only) or any(file.occasion == occasion for file in [*drawn, *sent]):
            return sent
        if only:
            file = await self._another(day, deanery, occasion=occasion, only=list(only))
            return [*sent, await self._send(file, occasion)]
        free = [file for file in drawn if file.state is OutboundState.NOTHING_TO_SEND and not file.only]
        if free:
            return [*sent, await self._send(free[-1], occasion)]
        if await self._candidates(self._begin(), deanery, day, limit=1):
            return [*sent, await self._send(await self._another(day, deanery), occasion)]
        return sent

    async def stale(
        self,
        day: date,
        deaneries: Sequence[str] | None = None,
        *,
        at: float | None = None,
        only: Sequence[str] = (),
    ) -> list[Outbound]:
        """Return the candidates of a day that have to be compared with TIS again first; see Outbound.is_stale.

        They are judged by the moment ``at``, now by default. A ``run`` after it judges by the same moment: nothing
        becomes stale meanwhile.
        """
        work = self._begin()
        self._judged_at = work.time() if at is None else at
        return [
            record
            for deanery in (DEANERIES if deaneries is None else deaneries)
            for record in await self._candidates(work, deanery, day, only=only)
            if _is_stale(work, record, day, self._judged_at)
        ]

    async def ask_to_compare(self, records: Sequence[Outbound]) -> None:
        """Request that the positions of records are compared with TIS, chunk by chunk; each is requested once as it was built."""
        due = list({record.position_id: record for record in records}.values())
        for start in range(0, len(due), ROWS_A_CHUNK):
            work = self._begin()
            for record in due[start : start + ROWS_A_CHUNK]:
                body = PositionDue(position_id=record.position_id)
                work.emit("position.due", body, cause=_comparison(record))
            await work.commit()

    async def _drawn(self, day: date) -> list[OutboundFile]:
        """Return the run's files in run order; allocate their numbers at the first call for the day."""
        kind = self._export.file_type
        work = self._begin()
        run = (await work.get(RUNS, [f"{kind}:{day}"])).get(f"{kind}:{day}")
        if run is None:
            counter = (await work.get(COUNTERS, [kind])).get(kind) or Counter(type=kind, last=0)
            names = [
                str(FileName(deanery, kind, day, counter.last + n)) for n, deanery in enumerate(DEANERIES, 1)
            ]
            run = Run(type=kind, day=day, files=names)
            work.put(RUNS, run)
            work.put(COUNTERS, Counter(type=kind, last=counter.last + len(names)))
            for name, deanery in zip(names, DEANERIES, strict=True):
                entry = OutboundFile(
                    name=name, type=kind, deanery=deanery, day=day, state=OutboundState.ALLOCATING
                )
                work.put(OUTBOUND_FILES, entry)
            await work.commit()
        entries = await self._begin().get(OUTBOUND_FILES, run.files)
        return [entries[name] for name in run.files]

    async def _another(self, day: date, deanery: str, **more: Any) -> OutboundFile:
        """Allocate the next number for one more file of a deanery and day."""
        kind, work = self._export.file_type, self._begin()
        run = (await work.get(RUNS, [f"{kind}:{day}"]))[f"{kind}:{day}"]
        number = (await work.get(COUNTERS, [kind]))[kind].last + 1
        file = OutboundFile(
            name=str(FileName(deanery, kind, day, number)),
            type=kind,
            deanery=deanery,
            day=day,
            state=OutboundState.ALLOCATING,
            **more,
        )
        work.put(OUTBOUND_FILES, file)
        work.put(RUNS, msgspec.structs.replace(run, files=[*run.files, file.name]))
        work.put(COUNTERS, Counter(type=kind, last=number))
        await work.commit()
        return file

    async def _send(self, file: OutboundFile, occasion: str) -> OutboundFile:
        if file.state in {OutboundState.ALLOCATING, OutboundState.NOTHING_TO_SEND}:
            file = await self._allocate(file, occasion)
        if file.state is OutboundState.ALLOCATED:
            await self._write(file)
            work = self._begin()
            file = await self._became(work, file, state=OutboundState.WRITTEN, written_at=work.now)
        if file.state is OutboundState.WRITTEN:
            file = await self._tell(file)
        return file

    async def _write(self, file: OutboundFile) -> None:
        rows = WrittenRows(file.name)
        with file_span("write file", file.name) as span:
            span.attributes[names.ROWS] = file.rows
            await self._out.write(file.name, self._rendered(file, rows))
            rows.written()

    async def _allocate(self, file: OutboundFile, occasion: str) -> OutboundFile:
        """Allocate rows of the file to the records to export, chunk by chunk, each together with the entry that counts them."""
        packing: Packing[ApplicantRecord] = Packing(applicant_misfit_reason)
        async for record in self._fixed(file.name):
            if isinstance(record, ApplicantRecord):
                packing.count(record)
        candidates = await self._candidates(self._begin(), file.deanery, file.day, only=file.only)
        keys = [self._export.collection.key(record) for record in candidates]
        del candidates
        for start in range(0, len(keys), ROWS_A_CHUNK):
            work = self._begin()
            chunk = keys[start : start + ROWS_A_CHUNK]
            stored = await work.get(self._export.collection, chunk)
            found = [stored[key] for key in chunk if self._may_go(stored.get(key), file.deanery, file.day)]
            ready = [record for record in found if not self._has_to_wait(work, record, file.day)]
            found_out = await self._sorted_out(packing, work, ready)
            for row, record in enumerate(found_out.going, file.rows + 1):
                allocated = msgspec.structs.replace(
                    record, state=RecordState.EXPORTED, file=file.name, file_row=row
                )
                work.put(self._export.collection, allocated)
            await mark_withdrawn(work, found_out.going)
            for record in found_out.duplicates:
                work.put(self._export.collection, withdrawn(record, DUPLICATE))
            for record, reason in found_out.held_back:
                with about_file(file.name):
                    _log.warning("record_held_back", record=record.key, file=file.name, reason=reason)
                work.put(self._export.collection, held_back(record, reason))
            file = await self._became(
                work,
                file,
                state=OutboundState.ALLOCATING,
                rows=file.rows + len(found_out.going),
                held_back=file.held_back + len(found_out.held_back),
                occasion=file.occasion or (occasion if found_out.going else ""),
            )
        state = OutboundState.ALLOCATED if file.rows else OutboundState.NOTHING_TO_SEND
        return await self._became(self._begin(), file, state=state, lacks=self.lacks)

    async def _candidates(
        self, work: Work, deanery: str, day: date, limit: int | None = None, only: Sequence[str] = ()
    ) -> list[Any]:
        """Return the candidates, in the order of their rows."""
        if only:
            found = (await work.get(self._export.collection, only)).values()
            own = [record for record in found if self._may_go(record, deanery, day)]
            return sorted(own, key=attrgetter(*self._export.order))
        where = candidates_of(self._export, self._window, day, deanery)
        return await work.find(self._export.collection, where, order_by=self._export.order, limit=limit)

    def _may_go(self, record: Any, deanery: str, day: date) -> bool:
        """Return whether a record is still a candidate."""
        if record is None or record.state is not RecordState.TO_EXPORT or record.deanery != deanery:
            return False
        if self._export is not APPLICANT_EXPORT:
            return True
        first, end = self._window.edges(day)
        return bool(first <= record.date_from < end)

    def _has_to_wait(self, work: Work, record: Outbound, day: date) -> bool:
        at = work.time() if self._judged_at is None else self._judged_at
        return self._only_compared and _is_stale(work, record, day, at)

    async def _sorted_out(
        self, packing: Packing[ApplicantRecord], work: Work, ready: list[Any]
    ) -> Sorted[Any]:
        """Return the outcome of candidates: every notification with valid columns is sent."""
        if self._export is not APPLICANT_EXPORT:
            return sorted_notifications(ready)
        same = await work.find(APPLICANTS, {"same_as": [record.same_as for record in ready]})
        return packing.sort_out(ready, gone(same))

    async def _fixed(self, name: str, first: int = 1) -> AsyncIterator[Any]:
        """Yield the records of a file in the order of its rows, from row ``first`` on."""
        while True:
            rows = Between(first, first + ROWS_A_CHUNK)
            found = await self._begin().find(
                self._export.collection, {"file": name, "file_row": rows}, order_by=("file_row",)
            )
            for record in found:
                yield record
            if not found:
                return
            first += ROWS_A_CHUNK

    async def _rendered(self, file: OutboundFile, rows: WrittenRows) -> AsyncIterator[bytes]:
        created = datetime.combine(file.day, self._export.at)
        name = FileName.parse(file.name)
        yield _line("HDR", header(name, created))
        async for record in self._fixed(file.name):
            columns = LAYOUTS[self._export.record_type].by_name
            values = {name: from_json(columns[name], value) for name, value in record.fields.items()}
            if self._export is APPLICANT_EXPORT:
                values["effectiveDate"] = file.day
            rows.add(record.correlation_id, record.file_row, answers_row=record.source_row > 0)
            yield _line(self._export.record_type, values)
        yield _line("TRL", trailer(file.rows + 2))

    async def _tell(self, file: OutboundFile) -> OutboundFile:
        """Notify the other services, chunk by chunk, that the applicants of a file were exported; then mark the file as sent."""
        if self._export is not APPLICANT_EXPORT:
            return await self._became(self._begin(), file, state=OutboundState.SENT)
        at = datetime.combine(file.day, self._export.at, LONDON).astimezone(UTC)
        while file.notified < file.rows:
            work = self._begin()
            rows = Between(file.notified + 1, file.notified + 1 + ROWS_A_CHUNK)
            for record in await work.find(APPLICANTS, {"file": file.name, "file_row": rows}):
                event = exported(record, file.name, at.isoformat(timespec="milliseconds"))
                work.emit(
                    "apprecord.exported", event, cause=record.as_cause("exported", file.name, record.file_row)
                )
            notified = min(file.notified + ROWS_A_CHUNK, file.rows)
            state = OutboundState.SENT if notified == file.rows else OutboundState.WRITTEN
            file = await self._became(work, file, notified=notified, state=state)
        return file

    async def _became(self, work: Work, file: OutboundFile, **changes: Any) -> OutboundFile:
        """Update the file's entry together with what ``work`` does; raises ConflictError if another run has changed it."""
        stored = (await work.get(OUTBOUND_FILES, [file.name]))[file.name]
        if stored != file:
            raise ConflictError(OUTBOUND_FILES.name)
        file = msgspec.structs.replace(file, **changes)
        work.put(OUTBOUND_FILES, file)
        await work.commit()
        return file


def candidates_of(export: Export, window: ApplicantWindow, day: date, deanery: str) -> Where:
    """Return where the records are that a file of a day may have."""
    where: dict[str, Any] = {"state": RecordState.TO_EXPORT.value, "deanery": deanery}
    if export is APPLICANT_EXPORT:
        where["date_from"] = Between(*window.edges(day))
    return where


def sorted_notifications(ready: Sequence[Any]) -> Sorted[Any]:
    """Return which notifications go into a file, and which are held back from it because of their columns."""
    misfits = [(record, notification_misfit_reason(record.fields)) for record in ready]
    return Sorted(
        going=[record for record, reason in misfits if not reason],
        held_back=[(record, reason) for record, reason in misfits if reason],
    )


def gone(same: Sequence[ApplicantRecord]) -> dict[str, ApplicantRecord]:
    """Return those that ESR has been sent of the applicants that are the same for it as some candidates."""
    return {record.same_as: record for record in same if has_gone(record)}


def _line(record_type: str, values: Any) -> bytes:
    return (format_row(record_type, values) + "\n").encode()


def _is_stale(work: Work, record: Outbound, day: date, at: float) -> bool:
    """Return whether a record has to be compared first; for a future day today's comparison is sufficient."""
    return record.is_stale(min(day, work.today), at)


def _comparison(record: Outbound) -> Message:
    requeued = [record.earlier[-1]] if isinstance(record, ApplicantRecord) and record.earlier else []
    return record.as_cause("compare", record.position_id, record.built_on, record.built_at, *requeued)
