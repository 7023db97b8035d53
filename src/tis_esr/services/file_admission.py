"""What becomes of a file that arrives: its entry in the ledger, by its name, its content and what came before."""

import hashlib
from datetime import date
from itertools import islice
from typing import BinaryIO

import msgspec

from tis_esr.decisions.arriving_files import (
    header_refusal_reason,
    header_remarks,
    hold_reason,
    refusal_reason,
)
from tis_esr.records.filenames import BadFileName, FileName
from tis_esr.records.reading import looks_like_text, read_records
from tis_esr.records.values import Value
from tis_esr.services.file_ledger import UNDER_WAY, FileState, InboundFile, pause_after

_BLOCK = 1 << 20
_HEAD = 65536
_COUNTERS = {"RMF": "RMT", "RMC": "RMT"}
OTHER = "a file of this name with other content was taken before ({rows} rows, {size} bytes)"
_GIVE_A_NUMBER = "; if this one is right, hand it in under a number of its own"


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """The content that arrived: what identifies it, its first row, and its beginning that as long as a known copy.

    ``beginning`` is the digest of as many bytes as the known copy has, "" where it has fewer;
    ``line_ended`` says that a line ended there.
    """

    sha256: str
    size: int
    is_text: bool
    header: dict[str, Value]
    beginning: str
    line_ended: bool

    @property
    def name(self) -> str:
        """Return what distinguishes it from other contents under its name."""
        return self.sha256[:12]


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of handing in a file: its ledger entry, and whether that is news.

    ``said`` is why it was not taken this time.
    """

    file: InboundFile
    fresh: bool
    said: str = ""

    @property
    def findings(self) -> list[str]:
        """Return the findings that are new this time."""
        return self.file.open_findings if self.fresh else []


def copy_of(stream: BinaryIO, known_size: int) -> Copy:
    """Read a file once, in blocks, and return what identifies it. Raises OSError."""
    digest, size, head, beginning = hashlib.sha256(), 0, b"", ""
    if not known_size:
        beginning = digest.hexdigest()
    while block := stream.read(min(_BLOCK, known_size - size) if size < known_size else _BLOCK):
        head = head or block[:_HEAD]
        digest.update(block)
        size += len(block)
        if size == known_size:
            beginning = digest.hexdigest()
    return Copy(
        sha256=digest.hexdigest(),
        size=size,
        is_text=looks_like_text(head),
        header=_header(stream),
        beginning=beginning,
        line_ended=_line_ends_at(stream, known_size),
    )


def is_cut(stream: BinaryIO, size: int) -> bool:
    """Return whether a file ends within a line."""
    return not _line_ends_at(stream, size)


def judged_by_name(name: str, known: InboundFile | None, stamp: str, now: float, today: date) -> Taken | None:
    """Refuse or hold a file by its name alone; None where it has to be read. A name that was refused stays refused."""
    reason = refusal_reason(name)
    if known is not None and known.state is not FileState.HELD:
        said = f"already refused: {known.reason}"
        return Taken(file=known, fresh=False, said=said) if reason else None
    if reason:
        entry = InboundFile(name=name, state=FileState.REFUSED, reason=reason, stamp=stamp)
        return Taken(file=_with_name(entry), fresh=True, said=reason)
    reason = hold_reason(FileName.parse(name), today)
    return held(name, reason, known, stamp, now) if reason else None


def held(name: str, reason: str, known: InboundFile | None, stamp: str, now: float) -> Taken:
    """Hold a file that can't be taken now, to be tried again later; one that was taken before stays as it is."""
    if known is None:
        known = _with_name(InboundFile(name=name, state=FileState.HELD))
    elif known.state not in {FileState.HELD, *UNDER_WAY}:
        kept = msgspec.structs.replace(known, stamp=stamp or known.stamp)
        return Taken(file=kept, fresh=False, said=f"taken or refused before; now {reason}")
    entry = msgspec.structs.replace(
        known,
        state=FileState.HELD,
        reason=reason,
        settled=known.settled if known.reason == reason else "",
        stamp=stamp or known.stamp,
        attempts=known.attempts + 1,
        retry_at=now + pause_after(known.attempts + 1),
    )
    return Taken(file=entry, fresh=True, said=reason)


def admitted(
    name: str, copy: Copy, known: InboundFile | None, other: InboundFile | None
) -> tuple[list[InboundFile], Taken]:
    """Return the entries to keep of a file that was read, and what is to become of it.

    ``known`` is the entry of its name, ``other`` that of this very content where it is not the one taken. A second
    copy is taken where nothing of the first one was (it was refused, held or not begun), and where it begins with
    the whole of the first.
    """
    if known is not None and known.sha256 == copy.sha256:
        return _the_same(known)
    if known is None or (not known.rows and known.state is not FileState.SPLIT):
        entry = _entered(name, copy)
        if known is not None and known.state is FileState.REFUSED:
            notes = [f"an earlier copy of {known.size} bytes was refused: {known.reason}"]
            entry = msgspec.structs.replace(entry, notes=notes, noted=1)
        return [entry], Taken(file=entry, fresh=True, said=entry.reason)
    if copy.beginning == known.sha256:
        entry = _continued(known, copy)
        return [entry], Taken(file=entry, fresh=True, said=entry.reason)
    if known.state is not FileState.SPLIT:
        said = f"rows from {known.next_row} on were not read before the file was replaced by other content"
        known = msgspec.structs.replace(
            known, state=FileState.SPLIT, incomplete=said, reason="", retry_at=0.0, asg_row=0, asg_head=[]
        )
    reason = OTHER.format(rows=known.rows, size=known.size)
    if other is not None:
        return [known, other], Taken(file=other, fresh=False, said=f"already reported: {reason}")
    entry = _with_name(
        InboundFile(
            name=name,
            copy=copy.name,
            sha256=copy.sha256,
            size=copy.size,
            state=FileState.OTHER_CONTENT,
            reason=reason + _GIVE_A_NUMBER,
        )
    )
    return [known, entry], Taken(file=entry, fresh=True, said=entry.reason)


def _the_same(known: InboundFile) -> tuple[list[InboundFile], Taken]:
    if known.state is FileState.HELD:
        state = FileState.SPLITTING if known.rows else FileState.RECEIVED
        known = msgspec.structs.replace(known, state=state, reason="", attempts=0, retry_at=0.0)
    if known.state in UNDER_WAY:
        return [known], Taken(file=known, fresh=True)
    said = "already taken" if known.state is FileState.SPLIT else f"already refused: {known.reason}"
    return [known], Taken(file=known, fresh=False, said=said)


def _entered(name: str, copy: Copy) -> InboundFile:
    """Return the entry of a file whose name is in order."""
    entry = _with_name(InboundFile(name=name, sha256=copy.sha256, size=copy.size, state=FileState.RECEIVED))
    parsed = FileName.parse(name)
    reason = "" if copy.is_text else "it isn't a text file"
    reason = reason or header_refusal_reason(parsed, copy.header)
    if reason:
        return msgspec.structs.replace(entry, state=FileState.REFUSED, reason=reason)
    return msgspec.structs.replace(entry, remarks=header_remarks(parsed, copy.header))


def _continued(known: InboundFile, copy: Copy) -> InboundFile:
    """Return the entry of a file that begins with all of the copy that was taken: its other rows are taken."""
    entry = _entered(known.name, copy)
    if known.state is FileState.SPLIT and known.rows and not copy.line_ended:
        taken_before = known.last_row - 1
    else:
        taken_before = known.next_row - 1
    note = f"rows up to {taken_before} were taken with an earlier copy of {known.size} bytes that ended there"
    return msgspec.structs.replace(entry, taken_before=taken_before, notes=[note], noted=1)


def _with_name(entry: InboundFile) -> InboundFile:
    """Add what the name says, if it is a valid ESR file name."""
    try:
        name = FileName.parse(entry.name)
    except BadFileName:
        return entry
    return msgspec.structs.replace(
        entry,
        deanery=name.deanery,
        type=name.type,
        counter=_COUNTERS.get(name.type, name.type),
        day=name.date,
        sequence=name.sequence,
    )


def _header(stream: BinaryIO) -> dict[str, Value]:
    """Return what the HDR says; nothing where the first row is none."""
    stream.seek(0)
    first = next(islice(read_records(stream), 1), None)
    return {} if first is None or first.type != "HDR" else first.values


def _line_ends_at(stream: BinaryIO, size: int) -> bool:
    if not size:
        return True
    stream.seek(size - 1)
    return stream.read(1) in {b"\n", b"\r"}
