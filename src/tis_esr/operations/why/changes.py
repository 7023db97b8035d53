"""What has changed about an applicant since ESR was sent it: old and new value, day, file and row, and what ESR was notified of."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.why.answers import MASKED, Change
from tis_esr.operations.why.holdings import Holdings
from tis_esr.records.file_names import BadFileNameError, FileName
from tis_esr.services.data_exporter.outbound import (
    PENDING,
    RESENT,
    SENT,
    WITHDRAWAL,
    ApplicantRecord,
    NotificationRecord,
    RecordState,
)
from tis_esr.services.inbound_data_writer.person_journal import JournalEntry, Outcome

NOT_PERSONAL = frozenset(
    {"positionId", "positionNumber", "deaneryNumber", "projectedHireDate", "projectedEndDate"}
)
"""The columns of APP whose values are shown without a reason."""
_DATES = "4"


def changes(state: Reader, held: Holdings, *, show_values: bool) -> list[Change]:
    """Return the changes since the last sending of each applicant who was sent, oldest first.

    Values of personal columns are masked unless ``show_values``.
    """
    found = [
        change for record in held.applicants for change in _of_record(state, record, held, shown=show_values)
    ]
    return sorted(found, key=lambda change: change.on)


def _of_record(state: Reader, record: ApplicantRecord, held: Holdings, *, shown: bool) -> Iterator[Change]:
    sent, present = _sent_and_present(state, record)
    if sent is None:
        return
    if present is not None and sent.fields:
        told = _told(held.told_of(record))
        for column in sorted(sent.fields.keys() | present.fields.keys()):
            old, new = sent.fields.get(column), present.fields.get(column)
            if old != new:
                yield _change(record, column, old, new, present, told.get(column, ""), shown=shown)
    yield from _notified(held.told_of(record), record)
    yield from _from_esr(_after(held.updates, sent, held), record, shown=shown)


def _sent_and_present(
    state: Reader, record: ApplicantRecord
) -> tuple[ApplicantRecord | None, ApplicantRecord | None]:
    """Return a record as it was last sent, and as it is now if that differs."""
    if record.state in SENT:
        return record, record.newer
    if not record.earlier:
        return None, None
    place = record.earlier[-1]
    before = next(iter(state.get(RESENT, [f"{place.file}:{place.row}"])), None)
    return (before.record, record) if before is not None else (None, None)


def _told(notifications: Iterable[NotificationRecord]) -> dict[str, str]:
    """Return how ESR was notified of a column: only dates can be, once an applicant was sent."""
    dates = [n for n in notifications if n.type == _DATES]
    if not dates:
        return {}
    return dict.fromkeys(("projectedHireDate", "projectedEndDate"), _how(dates[-1]))


def _how(record: NotificationRecord) -> str:
    if record.state is RecordState.REJECTED:
        return f"rejected by ESR: {record.file}, row {record.file_row}"
    if record.state in SENT and record.file:
        return f"sent in {record.file}, row {record.file_row}"
    return "waits for the next DNC file" if record.state in PENDING else f"not sent: {record.reason}"


def _change(
    record: ApplicantRecord,
    column: str,
    old: Any,
    new: Any,
    present: ApplicantRecord,
    told: str,
    *,
    shown: bool,
) -> Change:
    is_shown = shown or column in NOT_PERSONAL
    return Change(
        record=record.place,
        column=column,
        old=_value(old, shown=is_shown),
        new=_value(new, shown=is_shown),
        on=f"{present.built_on}",
        file=present.source_file,
        row=present.source_row,
        notified=told,
    )


def _value(value: Any, *, shown: bool) -> str:
    if value in (None, ""):
        return ""
    return str(value) if shown else MASKED


def _notified(notifications: Iterable[NotificationRecord], record: ApplicantRecord) -> Iterator[Change]:
    """Yield the dates and withdrawals of which ESR was notified after the applicant; what ESR rejected, it still lacks."""
    before = f"{record.date_from}/{record.date_to}"
    for notification in notifications:
        if notification.type not in {_DATES, WITHDRAWAL}:
            continue
        is_dates = notification.type == _DATES
        now = notification.fact if is_dates else "withdrawn"
        if now == before:  # the applicant was resent with these dates
            continue
        yield Change(
            record=record.place,
            column="dates" if is_dates else "placement",
            old=_dates(before) if is_dates else "sent",
            new=_dates(now) if is_dates else now,
            on=f"{notification.built_on}",
            file=notification.source_file,
            row=notification.source_row,
            notified=_how(notification),
        )
        is_refused = notification.state is RecordState.REJECTED
        before = notification.fact if is_dates and not is_refused else before


def _dates(fact: str) -> str:
    first, _, last = fact.partition("/")
    return f"{in_words(date.fromisoformat(first))} to {in_words(date.fromisoformat(last))}"


def _after(updates: Iterable[JournalEntry], sent: ApplicantRecord, held: Holdings) -> Iterator[JournalEntry]:
    """Yield what ESR's files changed in TIS about the person since the record was sent."""
    file = held.files.get(sent.file or "")
    first = file.day if file else sent.built_on
    for entry in updates:
        of = _day(entry.correlation_id)
        if (
            entry.person_id == sent.person_id
            and entry.state is Outcome.APPLIED
            and of is not None
            and of >= first
        ):
            yield entry


def _from_esr(entries: Iterable[JournalEntry], record: ApplicantRecord, *, shown: bool) -> Iterator[Change]:
    for entry in entries:
        yield Change(
            record=record.place,
            column=f"TIS {entry.section}.{entry.field}",
            old=_value(entry.old, shown=shown),
            new=_value(entry.new, shown=shown),
            on=f"{_day(entry.correlation_id)}",
            file=entry.correlation_id.rpartition(":")[0],
            row=entry.row,
            notified="came from ESR",
        )


def _day(correlation_id: str) -> date | None:
    try:
        return FileName.parse(correlation_id.rpartition(":")[0]).date
    except BadFileNameError:
        return None
