"""InboundDataReader: takes a file into the ledger and splits it into one message a record.

Emits ``por.split``, ``pos.split``, ``asg.split``, ``apc.split`` and ``dcc.split``. It works in chunks
and keeps its place in the ledger, so that a restart goes on where the last chunk ended.
"""

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from datetime import date
from enum import StrEnum
from typing import Any, BinaryIO

import msgspec

from tis_esr.engine.documents import Collection
from tis_esr.engine.messages import Message, derived_id
from tis_esr.engine.rows import RowState
from tis_esr.engine.work import Work
from tis_esr.files.store import FileStore
from tis_esr.records.catalogue import LAYOUTS
from tis_esr.records.filenames import BadFileName, FileName
from tis_esr.records.reading import Record, looks_like_text, read_records
from tis_esr.services.messages import Assignment, AssignmentRow, Unreadable

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
_COUNTER = {"RMF": "RMT", "RMC": "RMT", "APC": "APC", "DCC": "DCC"}
_NOTES_KEPT = 50


class FileState(StrEnum):
    """Where a file stands: being split, split (its rows tell the rest), or refused whole."""

    SPLITTING = "splitting"
    SPLIT = "split"
    REFUSED = "refused"


class InboundFile(msgspec.Struct, frozen=True, kw_only=True):
    """The ledger's entry of an inbound file.

    ``offset`` and ``next_row`` are where the next chunk begins; ``rows`` counts HDR and TRL too.
    ``incomplete`` says why the file is not whole (TRL missing or wrong), ``notes`` what was mended or
    noticed, row by row. ``asg_row`` is the ASG row to which the next rows belong, 0 where there is none, and
    ``asg_head`` that row with its PBD rows, empty where it can't be used: a long assignment is several messages.
    """

    name: str
    sha256: str
    size: int
    deanery: str = ""
    type: str = ""
    counter: str = ""
    day: date | None = None
    sequence: int = 0
    state: FileState
    reason: str = ""
    offset: int = 0
    next_row: int = 1
    rows: int = 0
    has_header: bool = False
    trailer: int | None = None
    counts: dict[str, int] = {}
    incomplete: str = ""
    notes: list[str] = []
    noted: int = 0
    asg_row: int = 0
    asg_head: list[AssignmentRow] = []


FILES = Collection(
    "inbounddatareader.files",
    InboundFile,
    lambda file: file.name,
    (("deanery", "counter"),),
    counted=("state",),
)


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What came of handing in a file: its ledger entry, and whether this time it was split."""

    file: InboundFile
    fresh: bool
    said: str = ""


class InboundDataReader:
    """See the module. ``progress`` is told the number of rows after each chunk."""

    def __init__(self, begin: Callable[[], Work], progress: Callable[[int], None] = lambda _: None) -> None:
        self._begin = begin
        self._progress = progress

    async def take(self, store: FileStore, name: str) -> Taken:
        """Take one file: split it, go on splitting it, or refuse it. Raises OSError where it can't be read."""
        async with store.open(name) as stream:
            size, sha256, head = await asyncio.to_thread(_fingerprint, stream)
            work = self._begin()
            known = (await work.get(FILES, [name])).get(name)
            if known is not None and (known.state is not FileState.SPLITTING or known.sha256 != sha256):
                return Taken(file=known, fresh=False, said=_already(known, sha256))
            if known is None:
                known = await self._enter(
                    work, InboundFile(name=name, sha256=sha256, size=size, state=FileState.SPLITTING), head
                )
            if known.state is FileState.REFUSED:
                return Taken(file=known, fresh=True, said=known.reason)
            return Taken(file=await self._split(known, stream), fresh=True)

    async def _enter(self, work: Work, file: InboundFile, head: bytes) -> InboundFile:
        """Write a new file into the ledger, with what its name tells and what is odd about its place."""
        try:
            name = FileName.parse(file.name)
            reason = "" if name.type in _ROWS_OF else f"{name.type} files go out, they don't come in"
        except BadFileName as error:
            name, reason = None, str(error)
        if not looks_like_text(head):
            reason = reason or "it isn't a text file"
        if name is not None:
            counter = _COUNTER.get(name.type, name.type)
            file = msgspec.structs.replace(
                file,
                deanery=name.deanery,
                type=name.type,
                counter=counter,
                day=name.date,
                sequence=name.sequence,
            )
        if reason:
            file = msgspec.structs.replace(file, state=FileState.REFUSED, reason=reason)
        else:
            file = _noted(
                file, _place(file, await work.find(FILES, {"deanery": file.deanery, "counter": file.counter}))
            )
        work.put(FILES, file)
        await work.commit()
        return file

    async def _split(self, file: InboundFile, stream: BinaryIO) -> InboundFile:
        """Split chunk by chunk, each from the place that the ledger has: another process may have moved it."""
        while file.state is FileState.SPLITTING:
            work = self._begin()
            file = (await work.get(FILES, [file.name]))[file.name]
            if file.state is not FileState.SPLITTING:
                break
            before = file.rows
            file = _chunk(work, file, stream)
            work.put(FILES, file)
            await work.commit()
            self._progress(file.rows - before)
        return file


def _chunk(work: Work, file: InboundFile, stream: BinaryIO) -> InboundFile:
    """Emit and account for the rows of the next chunk; return the ledger entry that has them."""
    rows, offset = file.rows + ROWS_A_CHUNK, file.offset + BYTES_A_CHUNK
    stream.seek(file.offset)
    for group in _groups(
        read_records(stream, first_row=file.next_row), file.offset, is_open=file.asg_row > 0
    ):
        file = _add(work, file, group)
        if file.rows >= rows or file.offset >= offset:
            return file
    return msgspec.structs.replace(
        file, state=FileState.SPLIT, incomplete=_incomplete(file), asg_row=0, asg_head=[]
    )


def _fingerprint(stream: BinaryIO) -> tuple[int, str, bytes]:
    digest, size, head = hashlib.sha256(), 0, b""
    while block := stream.read(1 << 20):
        head = head or block[:65536]
        digest.update(block)
        size += len(block)
    return size, digest.hexdigest(), head


def _already(known: InboundFile, sha256: str) -> str:
    if known.sha256 != sha256:
        return "a file of this name with other content was taken before; give the new one a number of its own"
    return "already taken" if known.state is FileState.SPLIT else f"already refused: {known.reason}"


def _place(file: InboundFile, others: list[InboundFile]) -> list[str]:
    """Say what is odd about a file's place among those of its deanery and counter: a gap, or an older one."""
    sequences = [other.sequence for other in others if other.state is not FileState.REFUSED]
    if not sequences:
        return []
    last = max(sequences)
    if file.sequence < last:
        return [f"older than number {last}, which was taken before: its rows overwrite nothing newer"]
    if file.sequence > last + 1:
        return [f"number {last + 1} to {file.sequence - 1} of {file.deanery} have not come"]
    return []


def _noted(file: InboundFile, notes: list[str]) -> InboundFile:
    kept = [*file.notes, *notes][:_NOTES_KEPT]
    return msgspec.structs.replace(file, notes=kept, noted=file.noted + len(notes))


def _groups(records: Iterator[Record], offset: int, *, is_open: bool) -> Iterator[list[Record]]:
    """Bring an ASG together with the rows up to the next ASG, POR, POS or TRL; every other row stands alone.

    A group is cut into parts of ROWS_A_GROUP rows and BYTES_A_GROUP bytes at most. ``is_open`` says that the first
    records may go on with an assignment that began before ``offset``.
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


def _add(work: Work, file: InboundFile, group: list[Record]) -> InboundFile:
    """Emit and account for one group of rows; return the ledger entry that has them."""
    counts, notes = dict(file.counts), []
    for record in group:
        counted = record.type if record.type in _COUNTED else "unknown"
        counts[counted] = counts.get(counted, 0) + 1
        notes += [f"row {record.row}: {problem.text}" for problem in record.problems]
    first = group[0]
    if first.type in _ENDS_A_GROUP:
        file = msgspec.structs.replace(file, asg_row=first.row if first.type == "ASG" else 0, asg_head=[])
    usable = _usable(work, file, group)
    rows = [_assignment_row(record) for record in usable if record.type in _IN_ASSIGNMENTS]
    if rows:
        body = Assignment(rows=rows, head=file.asg_head)
        work.emit("asg.split", body, cause=_cause(file, usable[0], usable[-1].row))
    elif usable:
        work.emit(f"{usable[0].type.lower()}.split", _values(usable[0]), cause=_cause(file, usable[0]))
    head = [*file.asg_head, *(row for row in rows if row.type in _HEADS)][:_HEAD_ROWS]
    return msgspec.structs.replace(
        _noted(file, notes),
        counts=counts,
        rows=file.rows + len(group),
        next_row=group[-1].next_row,
        offset=group[-1].next_offset,
        has_header=file.has_header or first.type == "HDR",
        trailer=_trailer_count(group[-1]) if group[-1].type == "TRL" else file.trailer,
        asg_head=head,
    )


def _usable(work: Work, file: InboundFile, group: list[Record]) -> list[Record]:
    """Account for the rows of a group; return those that can be used."""
    usable: list[Record] = []
    for record in group:
        reason = _unusable(
            file, record, asg_usable=bool(file.asg_head or (usable and usable[0].type == "ASG"))
        )
        if reason is None:
            usable.append(record)
            work.account(file.name, record.row, record.type, RowState.PENDING)
        elif reason:
            _park(work, file, record, reason)
        else:
            work.account(file.name, record.row, record.type, RowState.IGNORED, _ignored(record))
    return usable


def _unusable(file: InboundFile, record: Record, *, asg_usable: bool) -> str | None:
    """Say why a row is parked; "" for one that is ignored, None for one that is used."""
    if record.unusable:
        return record.unusable
    if record.type in {"HDR", "TRL", ""}:
        return ""
    if record.type not in _ROWS_OF[file.type]:
        return f"a {record.type} row has no place in a {file.type} file"
    if record.type in _OF_AN_ASSIGNMENT and not asg_usable:
        if not file.asg_row:
            return f"no ASG row before this {record.type}"
        return f"the ASG row {file.asg_row} that it belongs to can't be used"
    return None


def _trailer_count(record: Record) -> int | None:
    count = record.values.get("rowCount")
    return count if isinstance(count, int) else None


def _incomplete(file: InboundFile) -> str:
    """Say why a file isn't whole: TRL counts all rows, or the data rows only, or else something is missing."""
    if not file.counts.get("TRL"):
        return "it has no TRL row, so its end may be missing"
    rows = file.rows - file.counts.get("", 0)
    if file.trailer not in {rows, rows - 1 - file.has_header}:
        return f"TRL counts {file.trailer} rows, the file has {file.rows}"
    return ""


def _ignored(record: Record) -> str:
    names = {"HDR": "header", "TRL": "trailer"}
    return names.get(record.type) or (record.problems[0].text if record.lines > 1 else "blank")


def _values(record: Record) -> dict[str, Any]:
    return {name: value for name, value in record.values.items() if value is not None}


def _assignment_row(record: Record) -> AssignmentRow:
    unread = [problem.column for problem in record.problems if problem.code == "ill-formed"]
    return AssignmentRow(row=record.row, type=record.type, values=_values(record), unread=unread)


def _park(work: Work, file: InboundFile, record: Record, reason: str) -> None:
    body = Unreadable(raw=record.raw, problems=[problem.text for problem in record.problems])
    work.account(file.name, record.row, record.type, RowState.PENDING)
    message = msgspec.structs.replace(_cause(file, record), queue=UNREADABLE, body=msgspec.json.encode(body))
    work.park(message, reason)


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
