"""InboundDataReader: takes a file into the ledger and splits it into one message a record.

Emits ``por.split``, ``pos.split``, ``asg.split``, ``apc.split`` and ``dcc.split``. It works in chunks
and keeps its place in the ledger, so that a restart goes on where the last chunk ended.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import msgspec

from tis_esr.engine.messages import Message, derived_id
from tis_esr.engine.rows import RowState
from tis_esr.engine.work import Work
from tis_esr.files.store import FileStore, NoSuchFile, UnreadableFileError
from tis_esr.records.reading import Record, read_records
from tis_esr.services.file_admission import Copy, Taken, admitted, copy_of, held, is_cut, judged_by_name
from tis_esr.services.file_ledger import FILES, NOT_TAKEN, UNDER_WAY, FileState, InboundFile
from tis_esr.services.messages import Assignment, AssignmentRow, Unreadable

ROWS_A_CHUNK = 2000
ROWS_A_GROUP = 500
UNREADABLE = "esr.queue.unreadable"

_ROWS_OF = {
    "RMF": {"POR", "POS", "ASG", "PER", "ADD", "PBD", "ABS"},
    "RMC": {"POR", "POS", "ASG", "PER", "ADD", "PBD", "ABS"},
    "APC": {"APC"},
    "DCC": {"DCC"},
}
_OF_AN_ASSIGNMENT = {"PER", "ADD", "PBD", "ABS"}
_ENDS_A_GROUP = {"ASG", "POR", "POS", "TRL", "HDR"}
_FRAME = {"HDR", "TRL", ""}
_CUT = "the file ends within this row; it is taken with a whole copy of the file"
_NOTES_KEPT = 50


class InboundDataReader:
    """See the module. ``progress`` is told the number of rows after each chunk."""

    def __init__(self, begin: Callable[[], Work], progress: Callable[[int], None] = lambda _: None) -> None:
        self._begin = begin
        self._progress = progress

    async def take(self, store: FileStore, name: str, stamp: str = "") -> Taken:
        """Take one file: split it, go on splitting it, refuse it, or hold it with the reason.

        ``stamp`` is how the store showed it. Raises OSError where the store fails, never for the file's sake.
        """
        work = self._begin()
        known = (await work.get(FILES, [name])).get(name)
        if judged := judged_by_name(name, known, stamp, work.time(), work.today):
            work.put(FILES, judged.file)
            await work.commit()
            return judged
        try:
            async with store.open(name) as stream:
                copy = await asyncio.to_thread(copy_of, stream, known.size if known else 0)
                return await self._take(work, copy, known, name, stream, stamp)
        except (NoSuchFile, UnreadableFileError) as error:
            return await self.hold(name, error.reason, stamp)

    async def hold(self, name: str, reason: str, stamp: str = "") -> Taken:
        """Enter a file that can't be taken now, with the reason; it is tried again after a pause."""
        work = self._begin()
        known = (await work.get(FILES, [name])).get(name)
        taken = held(name, reason, known, stamp, work.time())
        if taken.file != known:
            work.put(FILES, taken.file)
            await work.commit()
        return taken

    async def _take(
        self, work: Work, copy: Copy, known: InboundFile | None, name: str, stream: BinaryIO, stamp: str
    ) -> Taken:
        """Enter what was read, and split it where it is to be split."""
        found = {} if known is None else {name: known}
        if known is not None and known.sha256 != copy.sha256:
            found |= await work.get(FILES, [f"{name}#{copy.name}"])
        entries, taken = admitted(name, copy, known, found.get(f"{name}#{copy.name}"))
        if taken.file.state is FileState.RECEIVED and known is None:
            entries = [_placed(taken.file, await work.find(FILES, _counted_with(taken.file)))]
        stamped = [msgspec.structs.replace(entry, stamp=stamp or entry.stamp) for entry in entries]
        changed = [entry for entry in stamped if entry != found.get(entry.key)]
        for entry in changed:
            work.put(FILES, entry)
        if changed:
            await work.commit()
        file = stamped[-1]
        if file.state in UNDER_WAY:
            file = await self._split(file, stream)
        return msgspec.structs.replace(taken, file=file)

    async def _split(self, file: InboundFile, stream: BinaryIO) -> InboundFile:
        """Split chunk by chunk, each from the place that the ledger has: another process may have moved it."""
        sha256 = file.sha256
        while file.state in UNDER_WAY:
            work = self._begin()
            file = (await work.get(FILES, [file.name]))[file.name]
            if file.state not in UNDER_WAY or file.sha256 != sha256:
                break
            before = file.rows
            file = await asyncio.to_thread(_chunk, work, file, stream)
            work.put(FILES, file)
            await work.commit()
            self._progress(file.rows - before)
        return file


def _chunk(work: Work, file: InboundFile, stream: BinaryIO) -> InboundFile:
    """Emit and account for the rows of the next chunk; return the ledger entry that has them."""
    before = file.rows
    cut = is_cut(stream, file.size)
    file = msgspec.structs.replace(file, state=FileState.SPLITTING)
    stream.seek(file.offset)
    for group in _groups(read_records(stream, first_row=file.next_row)):
        file = _add(work, file, group, ends_within=cut and group[-1].next_offset == file.size)
        if file.rows - before >= ROWS_A_CHUNK:
            return file
    return msgspec.structs.replace(file, state=FileState.SPLIT, incomplete=_incomplete(file, cut=cut))


def _counted_with(file: InboundFile) -> dict[str, str]:
    return {"deanery": file.deanery, "counter": file.counter}


def _placed(file: InboundFile, others: list[InboundFile]) -> InboundFile:
    """Note that a file is older than one of its sequence that was taken before."""
    last = max((other.sequence for other in others if other.state not in NOT_TAKEN), default=0)
    if file.sequence > last:
        return file
    return _noted(
        file, [f"older than number {last}, which was taken before: its rows overwrite nothing newer"]
    )


def _noted(file: InboundFile, notes: list[str]) -> InboundFile:
    kept = [*file.notes, *notes][:_NOTES_KEPT]
    return msgspec.structs.replace(file, notes=kept, noted=file.noted + len(notes))


def _groups(records: Iterator[Record]) -> Iterator[list[Record]]:
    """Bring an ASG together with the rows up to the next ASG, POR, POS or TRL; every other row stands alone.

    A group of more than ROWS_A_GROUP rows is cut off there: what follows has no ASG before it.
    """
    group: list[Record] = []
    for record in records:
        if group and record.type not in _ENDS_A_GROUP and len(group) < ROWS_A_GROUP:
            group.append(record)
            continue
        if group:
            yield group
            group = []
        if record.type == "ASG":
            group = [record]
        else:
            yield [record]
    if group:
        yield group


def _add(work: Work, file: InboundFile, group: list[Record], *, ends_within: bool) -> InboundFile:
    """Emit and account for one group of rows; return the ledger entry that has them.

    Of a group that was taken before nothing is emitted; one of which a part was is emitted again as a whole.
    ``ends_within`` says that the file ends within the last row.
    """
    counts, notes = dict(file.counts), []
    for record in group:
        counts[record.type] = counts.get(record.type, 0) + 1
        notes += [f"row {record.row}: {problem.text}" for problem in record.problems]
    if group[-1].row > file.taken_before:
        _emit(work, file, group, ends_within=ends_within)
    return msgspec.structs.replace(
        _noted(file, notes),
        counts=counts,
        rows=file.rows + len(group),
        next_row=group[-1].row + 1,
        offset=group[-1].next_offset,
        has_header=file.has_header or group[0].type == "HDR",
        trailer=_trailer_count(group[-1]) if group[-1].type == "TRL" else file.trailer,
    )


def _emit(work: Work, file: InboundFile, group: list[Record], *, ends_within: bool) -> None:
    usable = []
    for record in group:
        reason = _unusable(file, record, group)
        if ends_within and record is group[-1] and not file.counts.get("TRL") and record.type not in _FRAME:
            work.account(file.name, record.row, record.type, RowState.IGNORED, _CUT)
        elif reason is None:
            usable.append(record)
            work.account(file.name, record.row, record.type, RowState.PENDING)
        elif record.row <= file.taken_before:
            continue
        elif reason:
            _park(work, file, record, reason)
        else:
            work.account(file.name, record.row, record.type, RowState.IGNORED, _ignored(record))
    if usable and usable[0].type == "ASG":
        rows = [AssignmentRow(row=r.row, type=r.type, values=_values(r)) for r in usable]
        work.emit("asg.split", Assignment(rows=rows), cause=_cause(file, usable[0], usable[-1].row))
    elif usable:
        record = usable[0]
        work.emit(f"{record.type.lower()}.split", _values(record), cause=_cause(file, record))


def _unusable(file: InboundFile, record: Record, group: list[Record]) -> str | None:
    """Say why a row is parked; "" for one that is ignored, None for one that is used."""
    fatal = [problem.text for problem in record.problems if problem.fatal]
    if fatal:
        return "; ".join(fatal)
    if record.type in _FRAME:
        return ""
    if record.type not in _ROWS_OF[file.type]:
        return f"a {record.type} row has no place in a {file.type} file"
    if record.type in _OF_AN_ASSIGNMENT:
        if group[0].type != "ASG":
            return f"no ASG row before this {record.type}"
        if any(problem.fatal for problem in group[0].problems):
            return f"the ASG row {group[0].row} that it belongs to can't be used"
    return None


def _trailer_count(record: Record) -> int | None:
    count = record.values.get("rowCount")
    return count if isinstance(count, int) else None


def _incomplete(file: InboundFile, *, cut: bool) -> str:
    """Say why a file isn't whole: TRL counts all rows, or the data rows only, or else something is missing."""
    if not file.rows:
        return "it is empty"
    if not file.counts.get("TRL"):
        if cut:
            return f"it has no TRL row and ends within row {file.rows}, which is not applied"
        return "it has no TRL row, so its end may be missing"
    data = file.rows - 1 - file.has_header
    if file.trailer not in {file.rows, data}:
        return f"TRL counts {file.trailer} rows, the file has {file.rows}"
    return ""


def _ignored(record: Record) -> str:
    return {"HDR": "header", "TRL": "trailer"}.get(record.type, "blank")


def _values(record: Record) -> dict[str, Any]:
    return {name: value for name, value in record.values.items() if value is not None}


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
