"""InboundDataReader: adds a file to the ledger and splits it into one message per record.

Emits ``por.split``, ``pos.split``, ``asg.split``, ``apc.split`` and ``dcc.split``. It works in chunks and stores its
position in the ledger, so that a restart continues where the last chunk ended.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, BinaryIO

import msgspec

from tis_esr.counted import counted
from tis_esr.engine.collection import Between
from tis_esr.engine.creation_traces import Beginning
from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.file_traces import file_span
from tis_esr.engine.row_accounting import RowState
from tis_esr.engine.work import Work
from tis_esr.files.file_store import NOT_THERE, FileStore, NoSuchFileError, UnreadableFileError
from tis_esr.parking_causes import ParkingCause
from tis_esr.records.record_types import LAYOUTS
from tis_esr.records.row_reading import Record, read_records
from tis_esr.services.contracts.bodies import Assignment, AssignmentRow, RmtRow, Unreadable
from tis_esr.services.inbound_data_reader.file_admission import (
    Copy,
    Ending,
    Taken,
    admitted,
    copy_of,
    digest_up_to,
    ending,
    held,
    judged_by_name,
)
from tis_esr.services.inbound_data_reader.file_ledger import (
    FILES,
    NOT_TAKEN,
    UNDER_WAY,
    FileState,
    InboundFile,
    enter,
)
from tis_esr.services.inbound_data_reader.ledger_horizon import oldest_day
from tis_esr.services.inbound_data_reader.rmt_rows import RMT_TYPES, report, rmt_rows
from tis_esr.tracing import names

ROWS_A_CHUNK = 2000
BYTES_A_CHUNK = 4 << 20
ROWS_A_GROUP = 500
BYTES_A_GROUP = 1 << 20
_HEAD_ROWS = 20
UNREADABLE = "esr.queue.unreadable"

_ROWS_OF = {
    "RMF": {"POR", "POS", "ASG", "PER", "ADD", "PBD", "ABS"},
    "RMC": {"POR", "POS", "ASG", "PER", "ADD", "PBD", "ABS"},
    "APC": {"APC"},
    "DCC": {"DCC"},
}
_OF_AN_ASSIGNMENT = {"PER", "ADD", "PBD", "ABS"}
_IN_ASSIGNMENTS = _OF_AN_ASSIGNMENT | {"ASG"}
_HEADS = {"ASG", "PBD"}
_ENDS_A_GROUP = {"ASG", "POR", "POS", "TRL", "HDR"}
_COUNTED = {*LAYOUTS, ""}
_FRAME = {"HDR": "header", "TRL": "trailer", "": ""}
_CUT = "the file ends within this row; it is processed with a complete copy of the file"
_TAKEN_LONG_BEFORE = "it was processed from an earlier copy; its outcome has been purged (keep_rows_days)"
_NOTES_KEPT = 50
_NO_SEQUENCE = 10**8
"""The numbers in file names have eight digits."""


class InboundDataReader:
    """Adds files to the ledger and splits them. ``progress`` is called with the number of rows after each chunk.

    With ``acknowledges`` the rows of each RMF and RMC are reported, so that an RTC can be made of them.
    """

    def __init__(
        self,
        begin: Callable[[], Work],
        progress: Callable[[int], None] = lambda _: None,
        *,
        acknowledges: bool = False,
    ) -> None:
        self._begin = begin
        self._progress = progress
        self._acknowledges = acknowledges

    async def take(self, store: FileStore, name: str, stamp: str = "") -> Taken:
        """Process one file: split it, continue splitting it, refuse it, or hold it with the reason.

        ``stamp`` is its state as the store reports it. Raises OSError if the store fails, never because of the file.
        """
        work = self._begin()
        known = (await work.get(FILES, [name])).get(name)
        oldest = await oldest_day(work)
        if judged := judged_by_name(name, known, stamp, work.time(), work.today, oldest):
            if judged.file != known:
                enter(work, judged.file)
                await work.commit()
            return judged
        try:
            async with store.open(name) as stream:
                copy = await asyncio.to_thread(copy_of, stream, known.beginning[0] if known else 0)
                with file_span("read file", name) as span:
                    taken = await self._take(work, copy, known, name, stream, stamp)
                    span.attributes.update({names.STATE: taken.file.state.value, names.ROWS: taken.file.rows})
                return taken
        except (NoSuchFileError, UnreadableFileError) as error:
            return await self.hold(name, error.reason, stamp)

    async def hold(self, name: str, reason: str, stamp: str = "") -> Taken:
        """Enter a file that can't be processed now, with the reason; it is retried after a pause."""
        work = self._begin()
        known = (await work.get(FILES, [name])).get(name)
        taken = held(name, reason, known, stamp, work.time())
        if taken.file != known:
            enter(work, taken.file)
            await work.commit()
        return taken

    async def hold_missing(self, names: Sequence[str]) -> list[Taken]:
        """Enter announced files that are missing, all in one step; see ``hold``."""
        work = self._begin()
        known = await work.get(FILES, names)
        now, today, oldest = work.time(), work.today, await oldest_day(work)
        taken = [
            judged_by_name(name, known.get(name), "", now, today, oldest)
            or held(name, NOT_THERE, known.get(name), "", now)
            for name in names
        ]
        for one in taken:
            if one.file != known.get(one.file.name):
                enter(work, one.file)
        await work.commit()
        return taken

    async def _take(
        self, work: Work, copy: Copy, known: InboundFile | None, name: str, stream: BinaryIO, stamp: str
    ) -> Taken:
        """Enter a file that was read, and split it if it is to be split."""
        found = {} if known is None else {name: known}
        if known is not None and known.sha256 != copy.sha256:
            found |= await work.get(FILES, [f"{name}#{copy.name}"])
        entries, taken = admitted(name, copy, known, found.get(f"{name}#{copy.name}"))
        if taken.file.state is FileState.RECEIVED and known is None:
            entries = [_placed(taken.file, await work.find(FILES, _not_before(taken.file)))]
        stamped = [
            msgspec.structs.replace(
                entry, stamp=stamp or entry.stamp, arrived_at=_arrival(entry, found, work.now)
            )
            for entry in entries
        ]
        changed = [entry for entry in stamped if entry != found.get(entry.key)]
        for entry in changed:
            enter(work, entry)
        if changed:
            await work.commit()
        file = stamped[-1]
        if file.state in UNDER_WAY:
            file = await self._split(file, stream)
        return msgspec.structs.replace(taken, file=file)

    async def _split(self, file: InboundFile, stream: BinaryIO) -> InboundFile:
        """Split chunk by chunk, each from the position in the ledger, which another process may have advanced."""
        sha256 = file.sha256
        while file.state in UNDER_WAY:
            work = self._begin()
            file = (await work.get(FILES, [file.name]))[file.name]
            if file.state not in UNDER_WAY or file.sha256 != sha256:
                break
            before = file
            rows: list[RmtRow] | None = [] if self._acknowledges and file.type in RMT_TYPES else None
            file = await asyncio.to_thread(_chunk, work, file, stream, rows)
            enter(work, file)
            if rows is not None:
                report(work, before, file, rows)
            await work.commit()
            self._progress(file.rows - before.rows)
        return file


def _chunk(work: Work, file: InboundFile, stream: BinaryIO, rmt: list[RmtRow] | None) -> InboundFile:
    """Emit and account for the rows of the next chunk, collected in ``rmt`` if given; return the updated ledger entry."""
    rows, offset = file.rows + ROWS_A_CHUNK, file.offset + BYTES_A_CHUNK
    end, bare_size = ending(stream, file.size)
    file = msgspec.structs.replace(file, state=FileState.SPLITTING)
    stream.seek(file.offset)
    for group in _groups(
        read_records(stream, first_row=file.next_row), file.offset, is_open=file.asg_row > 0
    ):
        file = _add(work, file, group, ends_within=end is Ending.CUT and group[-1].next_offset == file.size)
        if rmt is not None:
            rmt += rmt_rows(file, group)
        if file.rows >= rows or file.offset >= offset:
            return file
    if end is Ending.PADDED:
        bare_sha256 = digest_up_to(stream, bare_size)
        file = msgspec.structs.replace(file, bare_size=bare_size, bare_sha256=bare_sha256)
    return msgspec.structs.replace(
        file, state=FileState.SPLIT, incomplete=_incomplete(file, end), asg_row=0, asg_head=[]
    )


def _not_before(file: InboundFile) -> dict[str, Any]:
    """Return the conditions for files of the same counter that are not older."""
    return {
        "deanery": file.deanery,
        "counter": file.counter,
        "sequence": Between(file.sequence, _NO_SEQUENCE),
    }


def _arrival(entry: InboundFile, found: Mapping[str, InboundFile], now: datetime) -> datetime | None:
    """Return when an entry's content was first read: now, unless the ledger has it already."""
    before = found.get(entry.key)
    return entry.arrived_at if before is not None and before.sha256 == entry.sha256 else now


def _placed(file: InboundFile, others: list[InboundFile]) -> InboundFile:
    """Record that a file is older than one of its sequence, of ``others``, that was processed before."""
    last = max((other.sequence for other in others if other.state not in NOT_TAKEN), default=0)
    if file.sequence > last:
        return file
    return _noted(
        file, [f"older than number {last}, which was processed before: its rows overwrite nothing newer"]
    )


def _noted(file: InboundFile, notes: list[str]) -> InboundFile:
    kept = [*file.notes, *notes][:_NOTES_KEPT]
    return msgspec.structs.replace(file, notes=kept, noted=file.noted + len(notes))


def _groups(records: Iterator[Record], offset: int, *, is_open: bool) -> Iterator[list[Record]]:
    """Group an ASG with the rows up to the next ASG, POR, POS or TRL; every other row is a group of its own.

    A group is cut into parts of ROWS_A_GROUP rows and BYTES_A_GROUP bytes at most. ``is_open`` says that the first
    records may continue an assignment that began before ``offset``.
    """
    group: list[Record] = []
    for record in records:
        ends = record.type in _ENDS_A_GROUP
        if group and (ends or len(group) >= ROWS_A_GROUP or record.next_offset - offset > BYTES_A_GROUP):
            yield group
            offset, group = group[-1].next_offset, []
        is_open = record.type == "ASG" or (is_open and not ends)
        if is_open:
            group.append(record)
        else:
            yield [record]
            offset = record.next_offset
    if group:
        yield group


def _add(work: Work, file: InboundFile, group: list[Record], *, ends_within: bool) -> InboundFile:
    """Emit and account for one group of rows; return the updated ledger entry.

    Nothing is emitted for a group that was processed before; a partly processed one is emitted again as a whole. Rows that
    were processed before and purged since are accounted for again, so that the file's rows add up.
    ``ends_within`` says that the file ends within the last row.
    """
    counts, notes = dict(file.counts), []
    for record in group:
        counted = record.type if record.type in _COUNTED else "unknown"
        counts[counted] = counts.get(counted, 0) + 1
        notes += [f"row {record.row}: {problem.text}" for problem in record.problems]
    first = group[0]
    if first.type in _ENDS_A_GROUP:
        file = msgspec.structs.replace(file, asg_row=first.row if first.type == "ASG" else 0, asg_head=[])
    usable, others = _sorted_out(file, group, ends_within=ends_within)
    rows = [_assignment_row(record) for record in usable if record.type in _IN_ASSIGNMENTS]
    if group[-1].row > file.taken_before:
        _account(work, file, usable, others)
        _emit(work, file, usable, rows)
    elif file.taken_rows_gone:
        for record in group:
            work.account(file.name, record.row, record.type, RowState.IGNORED, _TAKEN_LONG_BEFORE)
    head = [*file.asg_head, *(row for row in rows if row.type in _HEADS)][:_HEAD_ROWS]
    return msgspec.structs.replace(
        _noted(file, notes),
        counts=counts,
        rows=file.rows + len(group),
        next_row=group[-1].next_row,
        last_row=group[-1].row,
        offset=group[-1].next_offset,
        has_header=file.has_header or first.type == "HDR",
        asg_head=head,
        **_trailer(group[-1], file),
    )


def _emit(work: Work, file: InboundFile, usable: list[Record], rows: list[AssignmentRow]) -> None:
    """Emit the message of a group's usable rows: ``rows`` if they belong to an assignment."""
    if not usable:
        return
    first = usable[0]
    cause = _cause(file, first, usable[-1].row if rows else 0)
    begins: Beginning = "read row", {names.RECORD_TYPE: first.type, names.ROW: first.row}
    if rows:
        work.emit("asg.split", Assignment(rows=rows, head=file.asg_head), cause=cause, begins=begins)
    else:
        work.emit(f"{first.type.lower()}.split", _values(first), cause=cause, begins=begins)


def _sorted_out(
    file: InboundFile, group: list[Record], *, ends_within: bool
) -> tuple[list[Record], list[tuple[Record, RowState, str]]]:
    """Return the usable rows of a group, and the others, parked or ignored, each with the reason."""
    usable: list[Record] = []
    others = []
    for record in group:
        is_cut_off = ends_within and record is group[-1] and not file.counts.get("TRL")
        has_asg = bool(file.asg_head or (usable and usable[0].type == "ASG"))
        reason = _unusable(file, record, asg_usable=has_asg)
        if is_cut_off and record.type not in _FRAME:
            others.append((record, RowState.IGNORED, _CUT))
        elif reason is None:
            usable.append(record)
        elif reason:
            others.append((record, RowState.PARKED, reason))
        else:
            others.append((record, RowState.IGNORED, _ignored(record)))
    return usable, others


def _account(
    work: Work, file: InboundFile, usable: list[Record], others: list[tuple[Record, RowState, str]]
) -> None:
    """Account for the rows of a group; for unusable ones only if they were not processed before."""
    for record in usable:
        work.account(file.name, record.row, record.type, RowState.PENDING)
    for record, state, reason in others:
        if record.row <= file.taken_before:
            if file.taken_rows_gone:
                work.account(file.name, record.row, record.type, RowState.IGNORED, _TAKEN_LONG_BEFORE)
            continue
        if state is RowState.PARKED:
            _park(work, file, record, reason)
        else:
            work.account(file.name, record.row, record.type, state, reason)


def _unusable(file: InboundFile, record: Record, *, asg_usable: bool) -> str | None:
    """Return why a row is parked; "" if it is ignored, None if it is usable."""
    if record.unusable:
        return record.unusable
    if record.type in _FRAME:
        return ""
    if record.type not in _ROWS_OF[file.type]:
        return f"a {record.type} row has no place in a {file.type} file"
    if record.type in _OF_AN_ASSIGNMENT and not asg_usable:
        if not file.asg_row:
            return f"no ASG row before this {record.type}"
        return f"the ASG row {file.asg_row} that it belongs to can't be used"
    return None


def _trailer(record: Record, file: InboundFile) -> dict[str, int | None]:
    """Return the ledger entry with the values of a TRL row."""
    if record.type != "TRL":
        return {}
    count = record.values.get("rowCount")
    return {"trailer": count if isinstance(count, int) else None, "blank_within": file.counts.get("", 0)}


def _incomplete(file: InboundFile, end: Ending) -> str:
    """Return why a file is incomplete: TRL may count all rows or data rows, with or without the blank ones before it."""
    if not file.rows:
        return "it is empty"
    if not file.counts.get("TRL"):
        if end is Ending.CUT:
            return f"it has no TRL row and ends within row {file.last_row}, which is not applied"
        if end is Ending.PADDED:
            return "it has no TRL row and ends in padding, so its end may be missing"
        return "it has no TRL row, so its end may be missing"
    if file.trailer is None:
        return "its TRL row has no number of rows"
    blank = file.counts.get("", 0)
    rows = file.rows - blank
    counts = {rows, rows + file.blank_within}
    if file.trailer in counts | {count - 1 - file.has_header for count in counts}:
        return ""
    beside = f" and {blank} blank" if blank else ""
    return f"TRL counts {counted(file.trailer, 'row')}, the file has {rows}{beside}"


def _ignored(record: Record) -> str:
    return _FRAME.get(record.type) or (record.problems[0].text if record.lines > 1 else "blank")


def _values(record: Record) -> dict[str, Any]:
    return {name: value for name, value in record.values.items() if value is not None}


def _assignment_row(record: Record) -> AssignmentRow:
    unread = [problem.column for problem in record.problems if problem.code == "ill-formed"]
    return AssignmentRow(row=record.row, type=record.type, values=_values(record), unread=unread)


def _park(work: Work, file: InboundFile, record: Record, reason: str) -> None:
    cause = ParkingCause.ROW_UNREADABLE if record.unusable else ParkingCause.ROW_OUT_OF_PLACE
    body = Unreadable(raw=record.raw, problems=[problem.text for problem in record.problems])
    work.account(file.name, record.row, record.type, RowState.PENDING)
    message = msgspec.structs.replace(_cause(file, record), queue=UNREADABLE, body=msgspec.json.encode(body))
    work.park(message, reason, cause)


def _cause(file: InboundFile, record: Record, last_row: int = 0) -> Message:
    return Message(
        id=derived_id(file.name, file.sha256, record.row),
        queue="",
        correlation_id=f"{file.name}:{record.row}",
        source_file=file.name,
        deanery=file.deanery,
        row=record.row,
        last_row=last_row,
        body=b"",
    )
