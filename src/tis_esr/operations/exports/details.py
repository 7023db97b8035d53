"""One office's next file in detail: its rows, how they differ from the last file's, and what is held and why."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

import msgspec

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.decisions.post_numbers import post_number_parts
from tis_esr.decisions.who import Who
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.exports.going import Going, would_go
from tis_esr.operations.exports.kinds import EXPORT_OF, SentRecord
from tis_esr.operations.exports.overview import ExportLine, export_line
from tis_esr.services.data_exporter.deadline_guard import unsent
from tis_esr.services.data_exporter.outbound import ApplicantRecord, RecordState

MOST_HELD: Final = 2000
"""Held records that are looked at."""
_NAMED: Final = 5
_KINDS: Final = {
    "1": "1: who is in a post, and who is next",
    "2": "2: withdrawal",
    "4": "4: other dates",
    "5": "5: new post",
}


class GoingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row that would go: ids only. ``starts`` is for applicants, ``kind`` for notifications; ``before`` is the file that had it."""

    row: int
    record: str
    word: str
    position_id: int
    post_number: str
    trust: str
    starts: date | None
    kind: str
    before: str
    is_stale: bool


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows of one trust, or type of notification, would go now, and were in the last file."""

    what: str
    now: int
    last: int


class HeldGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Records that are held for one reason, who must act, and what to do. ``words`` find the first of them."""

    reason: str
    who: str
    action: str
    records: int
    first_start: date | None
    words: list[str]


class ExportDetails(msgspec.Struct, frozen=True, kw_only=True):
    """The next file of an office and type: see each part. ``held_cut`` says that more are held than were looked at."""

    line: ExportLine
    rows: list[GoingRow]
    by: str
    compared: list[Compared]
    held: list[HeldGroup]
    held_cut: bool


def export_details(
    reader: Reader, office: str, type_: str, day: date, window: ApplicantWindow
) -> ExportDetails:
    """Return what the next file of an office and type would have on a day, and what is held."""
    found = would_go(reader, office, type_, day, window)
    line = export_line(reader, office, type_, day, window)
    now = reader.time()
    rows = [_row(number, record, day, now) for number, record in enumerate(found.going, 1)]
    last = _last_records(reader, type_, line)
    export, where = EXPORT_OF[type_], {"state": RecordState.INVALID_DATA.value, "deanery": office}
    held: list[Any] = reader.find(export.collection, where, export.order, MOST_HELD + 1)
    return ExportDetails(
        line=line,
        rows=rows,
        by="Trust" if type_ == "APP" else "Notification",
        compared=_compared(found.going, last),
        held=held_groups(held[:MOST_HELD], found, day, window),
        held_cut=len(held) > MOST_HELD,
    )


def held_groups(
    held: Iterable[SentRecord], found: Going, day: date, window: ApplicantWindow
) -> list[HeldGroup]:
    """Return the records that no file has until somebody acts, by reason, the largest group first."""
    groups: dict[tuple[str, str, str], list[SentRecord]] = {}
    for record in held:
        groups.setdefault(_held_by(record, day, window), []).append(record)
    for record, reason in found.held_back:
        groups.setdefault((reason, Who.SUPPORT.value, "correct what the record is built from"), []).append(
            record
        )
    lines = [_group(*by, records) for by, records in groups.items()]
    return sorted(lines, key=lambda group: (-group.records, group.reason))


def _held_by(record: SentRecord, day: date, window: ApplicantWindow) -> tuple[str, str, str]:
    if isinstance(record, ApplicantRecord):
        said = unsent(record, day, window, is_stale=False)
        return said.reason, said.who.value, said.action
    return record.reason, Who.SUPPORT.value, "correct what the column is built from"


def _group(reason: str, who: str, action: str, records: Sequence[SentRecord]) -> HeldGroup:
    starts = [record.date_from for record in records if isinstance(record, ApplicantRecord)]
    return HeldGroup(
        reason=reason,
        who=who,
        action=action,
        records=len(records),
        first_start=min(starts, default=None),
        words=[_word(record) for record in records[:_NAMED]],
    )


def _last_records(reader: Reader, type_: str, line: ExportLine) -> list[SentRecord]:
    """Return the records that the last file still has; those that were resent since are in a later one."""
    if line.last is None:
        return []
    return reader.find(EXPORT_OF[type_].collection, {"file": line.last.name})


def _compared(now: Iterable[SentRecord], last: Iterable[SentRecord]) -> list[Compared]:
    here, there = Counter(map(_part, now)), Counter(map(_part, last))
    found = [Compared(what=what, now=here[what], last=there[what]) for what in here | there]
    return sorted(found, key=lambda one: (-abs(one.now - one.last), one.what))


def _part(record: SentRecord) -> str:
    if isinstance(record, ApplicantRecord):
        return post_number_parts(record.deanery_number).trust or "(none)"
    return _KINDS.get(record.type, record.type)


def _row(number: int, record: SentRecord, day: date, now: float) -> GoingRow:
    is_applicant = isinstance(record, ApplicantRecord)
    return GoingRow(
        row=number,
        record=record.key,
        word=_word(record),
        position_id=record.position_id,
        post_number=record.deanery_number,
        trust=post_number_parts(record.deanery_number).trust,
        starts=record.date_from if isinstance(record, ApplicantRecord) else None,
        kind="" if is_applicant else _part(record),
        before=record.earlier[-1].file if isinstance(record, ApplicantRecord) and record.earlier else "",
        is_stale=record.is_stale(day, now),
    )


def _word(record: SentRecord) -> str:
    """Return what ``tis-esr why`` finds it by, without doubt."""
    if isinstance(record, ApplicantRecord):
        return f"placement:{record.placement_id}"
    return f"position:{record.position_id}"
