"""RTC: acknowledges each RMF and RMC to ESR, once, with the outcome of each of its rows.

Reads ``rmt.split`` and ``rtcfilegenerationcommand``. Every step is a small transaction that may be repeated: the rows
of the RTC are allocated chunk by chunk once all rows of the source are accounted for, then the file is written from what was
allocated, so always with the same bytes; then the allocated rows are removed, and the file is sent.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import msgspec
import structlog

from tis_esr.counted import plural
from tis_esr.engine.collection import Between
from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import ConflictError, PermanentError, TransientError
from tis_esr.engine.file_traces import file_span
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.files.file_store import ContentMismatchError, FileStore
from tis_esr.parking_causes import ParkingCause
from tis_esr.records.file_names import FileName
from tis_esr.records.row_writing import format_row, header, trailer
from tis_esr.services.contracts.bodies import AcknowledgeFile, RmtSplit
from tis_esr.services.data_exporter.rtc_documents import (
    RTC_FILES,
    RTC_ROWS,
    RtcFile,
    RtcRows,
    RtcState,
    merged,
)
from tis_esr.services.data_exporter.rtc_lines import incomplete_line, lines
from tis_esr.services.restored import is_unsettled
from tis_esr.tracing import names
from tis_esr.wall_clock import LONDON

_log = structlog.get_logger()

RTC_COMMAND = "rtcfilegenerationcommand"
PENDING_SECONDS = 20.0
"""The pause in seconds before an RTC checks again whether its rows are accounted for."""
_ROWS_AT_ONCE = 2000
_NO_ROW = 2**53


class RtcExport:
    """Creates the RTC files. ``out`` is the outbound store."""

    def __init__(self, out: FileStore) -> None:
        self._out = out

    def handlers(self) -> list[Handler]:
        """Return its handlers, one for each queue that it reads."""
        return [
            Handler("esr.queue.rmt.split", "rmt.split", self.note, batch=20),
            Handler(f"esr.queue.{RTC_COMMAND}", RTC_COMMAND, self.acknowledge, batch=1),
        ]

    async def note(self, work: Work, messages: Sequence[Message]) -> None:
        """Store the rows of a source; once all are known, request its RTC. A finished RTC is not repeated."""
        known = await work.get(RTC_FILES, [message.source_file for message in messages])
        files = dict(known)
        for message in messages:
            source, chunk = message.source_file, message.decode(RmtSplit)
            file = files.get(source, RtcFile(source=source))
            if file.state is not RtcState.WAITING or file.allocated > 1:
                _log.warning("rtc_exists_already", file=source, rtc=file.name, rows=len(chunk.rows))
                continue
            file = msgspec.structs.replace(
                file,
                spans=merged(file.spans, (chunk.first, chunk.end)),
                end=max(file.end, chunk.end) if chunk.is_last else file.end,
                incomplete=chunk.incomplete if chunk.is_last and chunk.end >= file.end else file.incomplete,
            )
            files[source] = file
            await self._keep(work, source, chunk)
            work.put(RTC_FILES, file)
            if file.is_whole:
                work.emit(RTC_COMMAND, AcknowledgeFile(source=source), cause=message)

    async def _keep(self, work: Work, source: str, chunk: RmtSplit) -> None:
        rows = RtcRows(source=source, first=chunk.first, end=chunk.end, rows=chunk.rows)
        key = RTC_ROWS.key(rows)
        known = (await work.get(RTC_ROWS, [key])).get(key)
        if known is None or known.end < rows.end:
            work.put(RTC_ROWS, rows)

    async def acknowledge(self, work: Work, messages: Sequence[Message]) -> None:
        """Create and send RTC files, or continue an interrupted run; one whose rows are pending waits."""
        for message in messages:
            source = message.decode(AcknowledgeFile).source
            file = (await work.get(RTC_FILES, [source])).get(source)
            if file is None:
                reason = f"{source}: no file of this name waits for its RTC"
                raise PermanentError(reason, ParkingCause.RTC_NOT_EXPECTED)
            try:
                await self._send(work, file)
            except ContentMismatchError as error:
                raise PermanentError(str(error), ParkingCause.FILE_CONTENT_DIFFERS) from error
            except OSError as error:
                raise TransientError(str(error)) from error
            except TransientError as fault:
                if not fault.expected:
                    raise
                work.fail(message, fault)

    async def _send(self, work: Work, file: RtcFile) -> None:
        if await self._was_sent(work, file):
            file = await self._became(work.another(), file, state=RtcState.WRITTEN)
        if file.state is RtcState.WAITING:
            await self._refuse_pending(work, file)
            file = await self._allocate(work, file)
        if file.state is RtcState.ALLOCATED:
            with file_span("write file", file.name) as span:
                span.attributes[names.ROWS] = file.rows
                await self._out.write(file.name, self._rendered(work, file))
            file = await self._became(work.another(), file, state=RtcState.WRITTEN)
        if file.state is RtcState.WRITTEN:
            await self._clear(work, file)
            file = await self._became(work.another(), file, state=RtcState.SENT)
            _log.info("file_exported", file=file.name, rows=file.rows, state=file.state.value)

    async def _was_sent(self, work: Work, file: RtcFile) -> bool:
        """Return whether a restored store lacks that the RTC was sent: ESR has its name, and is not sent it again."""
        if file.is_in_place or not await is_unsettled(work):
            return False
        return (await self._out.listing()).has(file.name)

    async def _refuse_pending(self, work: Work, file: RtcFile) -> None:
        """Raise TransientError while a row of the source is pending."""
        pending = (await work.row_states(file.source)).get(RowState.PENDING, 0)
        if pending or not file.is_whole:
            raise _waits(file.source, f"{pending} of its rows {plural(pending, 'is', 'are')} pending")

    async def _allocate(self, work: Work, file: RtcFile) -> RtcFile:
        """Allocate the rows of the RTC chunk by chunk, each together with the entry that counts them."""
        while file.allocated < file.end:
            step = work.another()
            chunk = await _chunk(step, file)
            rows = await _rows(step, file.source, chunk)
            if any(row.state is RowState.PENDING for row in rows):
                raise _waits(file.source, "a row of it was requeued")
            own = lines(file.source, rows, chunk.rows)
            step.put(RTC_ROWS, msgspec.structs.replace(chunk, rows=[], lines=own))
            file = await self._became(step, file, allocated=chunk.end, rows=file.rows + len(own))
        created = work.now.astimezone(LONDON).replace(tzinfo=None, microsecond=0)
        rows_in_all = file.rows + bool(file.incomplete)
        changes = {"state": RtcState.ALLOCATED, "created_at": created, "rows": rows_in_all}
        return await self._became(work.another(), file, **changes)

    async def _rendered(self, work: Work, file: RtcFile) -> AsyncIterator[bytes]:
        assert file.created_at is not None  # noqa: S101 - set when it was allocated
        yield _line("HDR", header(FileName.parse(file.name), file.created_at))
        first = 0
        while chunk := await _next(work.another(), file.source, first):
            for values in chunk.lines:
                yield _line("RTC", values)
            first = chunk.first + 1
        if file.incomplete:
            yield _line("RTC", incomplete_line(file.source, max(1, file.end - 1), file.incomplete))
        yield _line("TRL", trailer(file.rows + 2))

    async def _clear(self, work: Work, file: RtcFile) -> None:
        """Remove the allocated rows, chunk by chunk: the file is written."""
        step = work.another()
        while chunk := await _next(step, file.source, 0):
            step.remove(RTC_ROWS, chunk)
            await step.commit()
            step = work.another()

    async def _became(self, work: Work, file: RtcFile, **changes: Any) -> RtcFile:
        """Update the file's entry together with what ``work`` does; raises ConflictError if another run has moved it."""
        stored = (await work.get(RTC_FILES, [file.source]))[file.source]
        if stored != file:
            raise ConflictError(RTC_FILES.name)
        file = msgspec.structs.replace(file, **changes)
        work.put(RTC_FILES, file)
        await work.commit()
        return file


async def _chunk(work: Work, file: RtcFile) -> RtcRows:
    """Return the next chunk to allocate; each begins where the one before it ends."""
    key = f"{file.source}:{file.allocated}"
    nothing_known = RtcRows(
        source=file.source,
        first=file.allocated,
        end=min(file.allocated + _ROWS_AT_ONCE, file.end),
        rows=[],
    )
    return (await work.get(RTC_ROWS, [key])).get(key, nothing_known)


async def _rows(work: Work, source: str, chunk: RtcRows) -> list[Row]:
    """Return the outcomes of the rows of a chunk."""
    found: list[Row] = []
    after = chunk.first - 1
    while more := await work.outcomes(source, after, _ROWS_AT_ONCE):
        found += [row for row in more if row.row < chunk.end]
        after = more[-1].row
        if after >= chunk.end - 1:
            break
    return found


async def _next(work: Work, source: str, first: int) -> RtcRows | None:
    """Return the first chunk of a source from row ``first`` on."""
    where = {"source": source, "first": Between(first, _NO_ROW)}
    return next(iter(await work.find(RTC_ROWS, where, order_by=("first",), limit=1)), None)


def _waits(source: str, why: str) -> TransientError:
    return TransientError(f"the RTC of {source} waits: {why}", retry_after=PENDING_SECONDS, expected=True)


def _line(record_type: str, values: Any) -> bytes:
    return (format_row(record_type, values) + "\n").encode()
