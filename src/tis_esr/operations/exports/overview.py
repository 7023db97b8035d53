"""What would go now by office and type, beside the last file and what is held."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.exports.going import would_go
from tis_esr.operations.exports.kinds import EXPORT_OF, EXPORTED_TYPES
from tis_esr.operations.exports.withheld import withheld_since
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    OUTBOUND_FILES,
    ApplicantRecord,
    OutboundFile,
    RecordState,
)
from tis_esr.services.data_exporter.region_starts import REGION_STARTS

_LAST_WITHIN: Final = timedelta(days=60)
_LONG_AGO, _FAR_AHEAD = date(1900, 1, 1), date(9999, 1, 1)


class FileSent(msgspec.Struct, frozen=True, kw_only=True):
    """A file for ESR with rows: its name, day and number of rows."""

    name: str
    day: date
    rows: int


class ExportLine(msgspec.Struct, frozen=True, kw_only=True):
    """What the next file of an office and type would have now, and what is not in it.

    ``going`` counts its rows: ``new`` were never sent, ``again`` are resent. ``stale`` of them were built too long ago:
    services compare them with TIS first, so some may change. ``held`` counts records that wait for correct data,
    ``held_back`` those that the file would leave out, ``later`` those that exceed the limit for one post, ``not_due`` and
    ``too_late`` those outside of the window. ``withheld`` says that only the start of the region sends files, or
    that nothing is sent since the store was restored from a backup, at ``restored_at`` (UTC).
    ``last`` is the last file with rows within 60 days, ``today`` are those of the day. ``is_cut`` says that more would go.
    """

    office: str
    type: str
    going: int
    new: int
    again: int
    stale: int
    held: int
    held_back: int
    later: int
    not_due: int
    too_late: int
    is_cut: bool
    last: FileSent | None
    today: list[FileSent]
    withheld: bool = False
    restored_at: datetime | None = None

    @property
    def key(self) -> str:
        """Return ``EOE:APP``."""
        return f"{self.office}:{self.type}"

    @property
    def more_than_last(self) -> int | None:
        """Return how many rows more than the last file it would have, None without one."""
        return None if self.last is None else self.going - self.last.rows


def overview(reader: Reader, offices: Sequence[str], day: date, window: ApplicantWindow) -> list[ExportLine]:
    """Return a line for each office and type, in the interface's order."""
    starts = {start.deanery for start in reader.get(REGION_STARTS, offices) if start.is_in_progress}
    restored_at = withheld_since(reader)
    days = Between(day - _LAST_WITHIN, day + timedelta(days=1))
    files = [file for file in reader.find(OUTBOUND_FILES, {"day": days}) if file.rows]
    return [
        msgspec.structs.replace(
            _line(reader, office, type_, day, window, files=files),
            withheld=office in starts or restored_at is not None,
            restored_at=restored_at,
        )
        for office in offices
        for type_ in EXPORTED_TYPES
    ]


def export_line(reader: Reader, office: str, type_: str, day: date, window: ApplicantWindow) -> ExportLine:
    """Return the line of one office and type."""
    lines = overview(reader, [office], day, window)
    return next(line for line in lines if line.type == type_)


def _line(
    reader: Reader,
    office: str,
    type_: str,
    day: date,
    window: ApplicantWindow,
    *,
    files: Iterable[OutboundFile],
) -> ExportLine:
    found = would_go(reader, office, type_, day, window)
    mine = [_sent(file) for file in files if (file.deanery, file.type) == (office, type_)]
    mine.sort(key=lambda file: (file.day, file.name))
    now, where = reader.time(), {"state": RecordState.INVALID_DATA.value, "deanery": office}
    again = sum(isinstance(record, ApplicantRecord) and bool(record.earlier) for record in found.going)
    not_due, too_late = _outside(reader, office, type_, day, window)
    return ExportLine(
        office=office,
        type=type_,
        going=len(found.going),
        new=len(found.going) - again,
        again=again,
        stale=sum(record.is_stale(day, now) for record in found.going),
        held=reader.count(EXPORT_OF[type_].collection, where),
        held_back=len(found.held_back),
        later=found.later,
        not_due=not_due,
        too_late=too_late,
        is_cut=found.is_cut,
        last=mine[-1] if mine else None,
        today=[file for file in mine if file.day == day],
    )


def _outside(reader: Reader, office: str, type_: str, day: date, window: ApplicantWindow) -> tuple[int, int]:
    """Return how many applicants wait who start after the window, and before it."""
    if type_ != "APP":
        return 0, 0
    first, end = window.edges(day)
    where = {"state": RecordState.TO_EXPORT.value, "deanery": office}
    return (
        reader.count(APPLICANTS, {**where, "date_from": Between(end, _FAR_AHEAD)}),
        reader.count(APPLICANTS, {**where, "date_from": Between(_LONG_AGO, first)}),
    )


def _sent(file: OutboundFile) -> FileSent:
    return FileSent(name=file.name, day=file.day, rows=file.rows)
