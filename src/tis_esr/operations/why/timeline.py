"""The timeline: rows, messages, records, files and ESR's answers, with their days and times."""

import re
from collections.abc import Iterable, Sequence

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.dates import iso
from tis_esr.operations.kept import ROWS_GONE, files_without_rows
from tis_esr.operations.record_words import record_words
from tis_esr.operations.states import words
from tis_esr.operations.why.answers import Event
from tis_esr.operations.why.holdings import Holdings
from tis_esr.operations.why.of_sent import answered
from tis_esr.records.file_names import BadFileNameError, FileName
from tis_esr.services.data_exporter.outbound import SENT, ApplicantRecord, NotificationRecord

_ROW = re.compile(r"[0-9]{1,9}")
"""The end of the correlation id of a row; a message that was sent manually may have any."""


def timeline(state: Reader, ids: Sequence[str], held: Holdings) -> list[Event]:
    """Return the events of the rows with these correlation ids and of the stored records, oldest first."""
    places = [
        (file, int(row)) for file, _, row in (id_.rpartition(":") for id_ in ids) if _ROW.fullmatch(row)
    ]
    gone = files_without_rows(state, (file for file, _ in places))
    events = [
        Event(at=_day_of(file), correlation_id=f"{file}:{row}", what=ROWS_GONE)
        for file, row in places
        if file in gone
    ]
    events += [
        Event(
            at=_day_of(row.file),
            correlation_id=f"{row.file}:{row.row}",
            what=f"row ({record_words(row.type)}): {_outcome(row.state, row.reason)}",
        )
        for row in state.rows(places)
    ]
    for trace in state.messages_of(ids):
        said = f"{trace.queue}: {_outcome(trace.state, trace.reason)}"
        events.append(
            Event(
                at=iso(trace.at) or _day_of(trace.source_file),
                correlation_id=trace.correlation_id,
                what=said,
                is_step=trace.state == "done",
            )
        )
    for applicant in held.applicants:
        events += _of_record(applicant, f"applicant {applicant.key}", held)
    for notification in held.notifications:
        events += _of_record(
            notification, f"notification {notification.key} of type {notification.type}", held
        )
    return sorted(events, key=lambda event: event.at)


def _of_record(record: ApplicantRecord | NotificationRecord, named: str, held: Holdings) -> Iterable[Event]:
    if record.state not in SENT or record.file is None:
        yield Event(
            at=f"{record.built_on}",
            correlation_id=record.correlation_id,
            what=f"{named}: {_outcome(record.state, record.reason)}",
        )
        return
    file = held.files.get(record.file)
    yield Event(
        at=f"{file.day}" if file else _day_of(record.file),
        correlation_id=record.correlation_id,
        what=f"{named}: Exported in {record.file}, row {record.file_row}",
    )
    for answer in record.answers:
        yield Event(
            at=_day_of(answer.file),
            correlation_id=f"{answer.file}:{answer.row}",
            what=f"{named}: {answered(answer)}",
        )


def _outcome(state: str, reason: str) -> str:
    return f"{words(state)}, {reason}" if reason else words(state)


def _day_of(file: str) -> str:
    """Return the day in a file's name; "" if there is none."""
    try:
        return f"{FileName.parse(file).date}"
    except BadFileNameError:
        return ""
