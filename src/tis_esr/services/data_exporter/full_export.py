"""DNF: who is in each live position of a deanery now and next, from stored data, whether or not ESR has it.

Part of the DataExporter. The file is created like any other, see ``export_run``. A position's content is that of the
type 1 notifications that were generated for it last. Those that wait for a DNC are sent in the DNF instead; those that
ESR already has are repeated as new notifications, so that both answers of ESR are kept.
"""

from collections.abc import AsyncIterator, Iterable
from datetime import date, time, timedelta

import msgspec
import structlog

from tis_esr.decisions.quarantine import notification_misfit_reason
from tis_esr.engine.collection import Between
from tis_esr.engine.file_traces import about_file
from tis_esr.engine.work import Work
from tis_esr.records.file_names import FileName
from tis_esr.services.data_exporter.export_run import Export, ExportRun
from tis_esr.services.data_exporter.outbound import (
    COUNTERS,
    HANDLED,
    NOTIFICATIONS,
    OUTBOUND_FILES,
    PENDING,
    RUNS,
    SENT,
    Counter,
    HandledPosition,
    NotificationRecord,
    OutboundFile,
    OutboundState,
    RecordState,
    Run,
)
from tis_esr.services.data_exporter.pending_records import held_back

_log = structlog.get_logger()

FULL_EXPORT = Export("DNF", "NOT", time(18), NOTIFICATIONS, ("position_id",))
_NUMBERED_AS = "DNC"
"""DNC and DNF share their numbers: ESR answers either with a DCC of the same number."""
_POSITIONS_A_CHUNK = 200
_NO_POSITION = 10**18
_BEGUN_WITHIN = timedelta(days=7)
_ENDED = (OutboundState.SENT, OutboundState.NOTHING_TO_SEND)


class FullExport(ExportRun):
    """Creates the DNF of a deanery."""

    async def full(
        self, day: date, deanery: str, *, occasion: str, again: bool = False
    ) -> OutboundFile | None:
        """Create and send a DNF, or continue an interrupted run; return None if nothing is new since the last one.

        With ``again`` it is created anyway. The same occasion creates one file. Raises OSError as ExportRun.run.
        """
        known = [file for file in await self._recent(day) if file.deanery == deanery]
        begun = [file for file in known if file.state not in _ENDED]
        sent = [await self._send(file, occasion) for file in begun]
        made = [file for file in [*known, *sent] if file.occasion == occasion]
        if sent or made:
            return (sent or made)[-1]
        if not again and not await self._is_news(deanery):
            return None
        return await self._send(await self._numbered(day, deanery, occasion), occasion)

    async def _recent(self, day: date) -> list[OutboundFile]:
        days = Between(day - _BEGUN_WITHIN, day + timedelta(days=1))
        found = await self._begin().find(OUTBOUND_FILES, {"day": days})
        return [file for file in found if file.type == FULL_EXPORT.file_type]

    async def _numbered(self, day: date, deanery: str, occasion: str) -> OutboundFile:
        """Allocate the next number for a DNF."""
        work, kind = self._begin(), FULL_EXPORT.file_type
        counter = (await work.get(COUNTERS, [_NUMBERED_AS])).get(_NUMBERED_AS)
        number = (counter.last if counter else 0) + 1
        file = OutboundFile(
            name=str(FileName(deanery, kind, day, number)),
            type=kind,
            deanery=deanery,
            day=day,
            state=OutboundState.ALLOCATING,
            occasion=occasion,
        )
        key = f"{kind}:{day}"
        run = (await work.get(RUNS, [key])).get(key) or Run(type=kind, day=day, files=[])
        work.put(OUTBOUND_FILES, file)
        work.put(RUNS, msgspec.structs.replace(run, files=[*run.files, file.name]))
        work.put(COUNTERS, Counter(type=_NUMBERED_AS, last=number))
        await work.commit()
        return file

    async def _is_news(self, deanery: str) -> bool:
        """Return whether a current notification is not in one DNF, the last that was sent."""
        files: set[str | None] = set()
        async for _, records, positions in self._standing(deanery):
            standing = _newest(records, positions)
            files |= {
                record.file if record.state in SENT else None for record, _ in standing if _may_go(record)
            }
            if len(files) > 1 or any(_kind(name) != FULL_EXPORT.file_type for name in files):
                return True
        return False

    async def _allocate(self, file: OutboundFile, occasion: str) -> OutboundFile:  # noqa: ARG002 - it has its own
        """Allocate rows to current notifications, some positions at a time, each together with the entry that counts them."""
        async for work, records, positions in self._standing(file.deanery):
            row, kept = file.rows, file.held_back
            there = [record.fields for record in records if record.file == file.name]
            for record, last in _newest(records, positions):
                if record.fields in there or not _may_go(record):
                    continue
                if reason := notification_misfit_reason(record.fields):
                    with about_file(file.name):
                        _log.warning("record_held_back", record=record.key, file=file.name, reason=reason)
                    kept += 1
                    if record.state is RecordState.TO_EXPORT:
                        work.put(NOTIFICATIONS, held_back(record, reason))
                    continue
                row += 1
                work.put(NOTIFICATIONS, in_file(record, file.name, row, last + 1))
            if (row, kept) != (file.rows, file.held_back):
                file = await self._became(work, file, rows=row, held_back=kept)
        state = OutboundState.ALLOCATED if file.rows else OutboundState.NOTHING_TO_SEND
        return await self._became(self._begin(), file, state=state, lacks=self.lacks)

    async def _standing(
        self, deanery: str
    ) -> AsyncIterator[tuple[Work, list[NotificationRecord], list[HandledPosition]]]:
        """Yield the records of positions with a type 1, some positions at a time, with the unit of work that read them."""
        first = 0
        while True:
            work = self._begin()
            where = {"deanery": deanery, "position_id": Between(first, _NO_POSITION)}
            found = await work.find(HANDLED, where, order_by=("position_id",), limit=_POSITIONS_A_CHUNK)
            if not found:
                return
            ids = [position.position_id for position in found]
            yield work, await work.find(NOTIFICATIONS, {"position_id": ids}), found
            first = found[-1].position_id + 1


def _newest(
    records: Iterable[NotificationRecord], positions: Iterable[HandledPosition]
) -> list[tuple[NotificationRecord, int]]:
    """Return the newest record of each current type 1, and the last number about its subject, in the order of positions.

    One that ESR never loaded is left out: what is true by now has a newer one, or ESR has it from an older one.
    """
    newest: dict[str, NotificationRecord] = {}
    last: dict[str, int] = {}
    for record in sorted(records, key=lambda record: record.number):
        last[record.about] = record.number
        if record.state in PENDING or record.has_reached_esr:
            newest[record.about] = record
    return [
        (newest[about], last[about])
        for position in positions
        for about in sorted(position.standing)
        if about in newest
    ]


def _may_go(record: NotificationRecord) -> bool:
    return record.state is RecordState.TO_EXPORT or record.state in SENT


def in_file(record: NotificationRecord, name: str, row: int, number: int) -> NotificationRecord:
    """Return the record for the file: the record itself if it is pending, else a new one about the same subject."""
    if record.state in PENDING:
        return msgspec.structs.replace(record, state=RecordState.EXPORTED, reason="", file=name, file_row=row)
    return msgspec.structs.replace(
        record,
        number=number,
        state=RecordState.EXPORTED,
        file=name,
        file_row=row,
        answers=[],
        reason="",
    )


def _kind(name: str | None) -> str:
    return FileName.parse(name).type if name else ""
