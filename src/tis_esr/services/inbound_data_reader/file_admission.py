"""Decides the outcome of an arriving file: its entry in the ledger, from its name, its content and earlier files."""

import hashlib
from datetime import date
from enum import Enum
from itertools import islice
from typing import BinaryIO

import msgspec

from tis_esr.counted import counted
from tis_esr.decisions.arriving_files import (
    header_refusal_reason,
    header_remarks,
    hold_reason,
    refusal_reason,
)
from tis_esr.decisions.retention_periods import is_older_than_ledger, too_old_reason
from tis_esr.records.file_names import BadFileNameError, FileName
from tis_esr.records.lines import PADDING
from tis_esr.records.row_reading import looks_like_text, read_records
from tis_esr.records.values import Value
from tis_esr.services.inbound_data_reader.file_ledger import UNDER_WAY, FileState, InboundFile, pause_after

_BLOCK = 1 << 20
_HEAD = 65536
_COUNTERS = {"RMF": "RMT", "RMC": "RMT"}
GONE = "removed from the store"
"""The settlement of an invalid file, once it has been removed."""
OTHER = "a file of this name with other content was processed before ({rows}, {size} bytes)"
_ALREADY_REFUSED = "already refused"
_GIVE_A_NUMBER = "; if this one is right, deliver it under a new number"


class Copy(msgspec.Struct, frozen=True, kw_only=True):
    """The content that arrived: its size, digest and first row, and the digest of its beginning.

    ``beginning`` is the digest of as many bytes as the known copy has, "" if it has fewer; ``line_ended`` says that a
    line ended there.
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
    """The outcome of an arrived file: its ledger entry, and whether that is new.

    ``said`` is why it was not processed this time.
    """

    file: InboundFile
    fresh: bool
    said: str = ""

    @property
    def findings(self) -> list[str]:
        """Return the new findings."""
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


class Ending(Enum):
    """How a file ends: with a line end, with padding after one, or within a row."""

    WHOLE = "whole"
    PADDED = "padded"
    CUT = "cut"


def ending(stream: BinaryIO, size: int) -> tuple[Ending, int]:
    """Return how a file ends, and its size without padding, which belongs to no row."""
    end = size
    while end:
        start = max(0, end - _BLOCK)
        stream.seek(start)
        text = stream.read(end - start).rstrip(PADDING)
        if text:
            end = start + len(text)
            break
        end = start
    if not _line_ends_at(stream, end):
        return Ending.CUT, end
    return (Ending.WHOLE if end == size else Ending.PADDED), end


def digest_up_to(stream: BinaryIO, size: int) -> str:
    """Return the digest of a file's first bytes."""
    digest = hashlib.sha256()
    stream.seek(0)
    while size and (block := stream.read(min(_BLOCK, size))):
        digest.update(block)
        size -= len(block)
    return digest.hexdigest()


def judged_by_name(
    name: str, known: InboundFile | None, stamp: str, now: float, today: date, oldest: date | None
) -> Taken | None:
    """Refuse or hold a file by its name alone, whatever its content; None if it has to be read.

    A file dated before ``oldest``, the ledger's oldest day, is not read unless it is being split: which of its rows
    were processed, and what is newer, is no longer known.
    """
    if known is not None and known.set_aside:
        kept = msgspec.structs.replace(known, stamp=stamp or known.stamp)
        return Taken(file=kept, fresh=False, said=f"{_ALREADY_REFUSED}: {known.reason}")
    if oldest is not None and (known is None or known.state not in UNDER_WAY):
        too_old = _too_old(name, known, stamp, oldest)
        if too_old is not None:
            return too_old
    if reason := refusal_reason(name):
        entry = InboundFile(name=name, state=FileState.REFUSED, reason=reason, stamp=stamp)
        if known is None or known.state is not FileState.REFUSED or known.settled == GONE:
            return Taken(file=with_name(entry), fresh=True, said=reason)
        kept = msgspec.structs.replace(known, stamp=stamp or known.stamp)
        return Taken(file=kept, fresh=False, said=f"already refused: {reason}")
    if known is not None and known.state is not FileState.HELD:
        return None
    reason = hold_reason(FileName.parse(name), today)
    return held(name, reason, known, stamp, now) if reason else None


def _too_old(name: str, known: InboundFile | None, stamp: str, oldest: date) -> Taken | None:
    """Refuse a file that is older than the ledger; None for another. One that was processed is unchanged."""
    entry = known or with_name(InboundFile(name=name, state=FileState.REFUSED, stamp=stamp))
    if entry.day is None or not is_older_than_ledger(entry.day, oldest):
        return None
    if entry.state not in {FileState.HELD, FileState.REFUSED}:
        return Taken(file=entry, fresh=False, said="already processed")
    reason = too_old_reason(entry.day, oldest)
    if known is not None and known.state is FileState.REFUSED:
        return Taken(file=entry, fresh=False, said=f"already refused: {entry.reason}")
    refused = msgspec.structs.replace(entry, state=FileState.REFUSED, reason=reason, retry_at=0.0)
    return Taken(file=refused, fresh=True, said=reason)


def held(name: str, reason: str, known: InboundFile | None, stamp: str, now: float) -> Taken:
    """Hold a file that can't be processed now, to be retried later; one that was processed before is unchanged."""
    if known is None or known.settled == GONE:
        known = with_name(InboundFile(name=name, state=FileState.HELD))
    elif known.state not in {FileState.HELD, *UNDER_WAY}:
        kept = msgspec.structs.replace(known, stamp=stamp or known.stamp)
        return Taken(file=kept, fresh=False, said=f"processed or refused before; now {reason}")
    entry = msgspec.structs.replace(
        known,
        state=FileState.HELD,
        reason=reason,
        stamp=stamp or known.stamp,
        attempts=known.attempts + 1,
        retry_at=now + pause_after(known.attempts + 1),
    )
    return Taken(file=entry, fresh=True, said=reason)


def admitted(
    name: str, copy: Copy, known: InboundFile | None, other: InboundFile | None
) -> tuple[list[InboundFile], Taken]:
    """Return the entries to store for a file that was read, and its outcome.

    ``known`` is the entry of its name, ``other`` that of this content if it is not the one processed. A second copy is
    processed if nothing of the first one was (it was refused, held or not begun), and if it begins with the whole of
    the first.
    """
    if known is not None and known.sha256 == copy.sha256:
        return _the_same(known)
    if known is None or (not known.rows and known.state is not FileState.SPLIT):
        entry = _entered(name, copy, known)
        if known is not None and known.state is FileState.REFUSED:
            notes = [f"an earlier copy of {known.size} bytes was refused: {known.reason}"]
            entry = msgspec.structs.replace(entry, notes=notes, noted=1)
        return [entry], Taken(file=entry, fresh=True, said=entry.reason)
    if copy.beginning == known.beginning[1]:
        entry = _continued(known, copy)
        return [entry], Taken(file=entry, fresh=True, said=entry.reason)
    if known.state is not FileState.SPLIT:
        said = f"rows from {known.next_row} on were not read before the file was replaced by other content"
        known = msgspec.structs.replace(
            known, state=FileState.SPLIT, incomplete=said, reason="", retry_at=0.0, asg_row=0, asg_head=[]
        )
    reason = OTHER.format(rows=counted(known.rows, "row"), size=known.size)
    if other is not None:
        return [known, other], Taken(file=other, fresh=False, said="already reported")
    entry = with_name(
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
    said = "already processed" if known.state is FileState.SPLIT else _ALREADY_REFUSED
    return [known], Taken(file=known, fresh=False, said=said)


def _entered(name: str, copy: Copy, known: InboundFile | None) -> InboundFile:
    """Return the entry of a file with a valid name; settled missing files of its counter stay settled."""
    gaps = known.settled_gaps if known else []
    entry = with_name(
        InboundFile(
            name=name, sha256=copy.sha256, size=copy.size, state=FileState.RECEIVED, settled_gaps=gaps
        )
    )
    parsed = FileName.parse(name)
    reason = "" if copy.is_text else "it is not a text file"
    reason = reason or header_refusal_reason(parsed, copy.header)
    if reason:
        return msgspec.structs.replace(entry, state=FileState.REFUSED, reason=reason)
    return msgspec.structs.replace(entry, remarks=header_remarks(parsed, copy.header))


def _continued(known: InboundFile, copy: Copy) -> InboundFile:
    """Return the entry of a file that begins with all of the processed copy: its other rows are processed."""
    entry = _entered(known.name, copy, known)
    if known.state is FileState.SPLIT and known.rows and (known.bare_sha256 or not copy.line_ended):
        taken_before = known.last_row - 1
    else:
        taken_before = known.next_row - 1
    note = f"rows up to {taken_before} were processed from an earlier copy of {known.size} bytes that ended there"
    if known.row_states:
        ended = ", ".join(f"{number} {state}" for state, number in sorted(known.row_states.items()))
        note += f"; they have been purged (keep_rows_days), and had ended as: {ended}"
    return msgspec.structs.replace(
        entry,
        taken_before=taken_before,
        taken_rows_gone=bool(known.row_states),
        notes=[note],
        noted=1,
    )


def with_name(entry: InboundFile) -> InboundFile:
    """Add the parts of the name, if it is a valid ESR file name."""
    try:
        name = FileName.parse(entry.name)
    except BadFileNameError:
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
    """Return the values of the HDR; none if the first row is not an HDR."""
    stream.seek(0)
    first = next(islice(read_records(stream), 1), None)
    return {} if first is None or first.type != "HDR" else first.values


def _line_ends_at(stream: BinaryIO, size: int) -> bool:
    if not size:
        return True
    stream.seek(size - 1)
    return stream.read(1) in {b"\n", b"\r"}
