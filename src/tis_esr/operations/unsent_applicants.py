"""The applicants who leave the window unless they are sent on a day, and those who have left it unsent, of all deaneries."""

from collections.abc import Iterator
from datetime import date, timedelta

from tis_esr.decisions.deadlines import FIRST_TO_GO, Deadline
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.deadline_guard import MOST_NAMED, Unsent, searches, unsent
from tis_esr.services.data_exporter.outbound import APPLICANTS, ApplicantRecord, RecordState
from tis_esr.services.data_exporter.pending_records import START_PASSED

_NAMED_AFTER_THE_START = timedelta(days=30)


def unsent_applicants(state: Reader, day: date, window: ApplicantWindow) -> list[Unsent]:
    """Return them by deanery and start, ``MOST_NAMED`` of a deanery and state; of those who started, the last 30 days'."""
    return [
        unsent(record, day, window, is_stale=record.built_on < day)
        for deanery in DEANERIES
        for record in sorted(_records(state, deanery, day, window), key=lambda one: (one.date_from, one.key))
    ]


def missed(state: Reader, day: date, window: ApplicantWindow) -> list[str]:
    """Return the records that had left the window unsent on a day, by key."""
    found = unsent_applicants(state, day, window)
    return [one.record for one in found if one.deadline == Deadline.MISSED.name]


def _records(state: Reader, deanery: str, day: date, window: ApplicantWindow) -> Iterator[ApplicantRecord]:
    for where in searches(deanery, day, window):
        yield from state.find(APPLICANTS, where, order_by=FIRST_TO_GO, limit=MOST_NAMED)
    started = {
        "state": RecordState.DELETED_BEFORE_EXPORT.value,
        "deanery": deanery,
        "date_from": Between(day - _NAMED_AFTER_THE_START, day + timedelta(days=1)),
    }
    for record in state.find(APPLICANTS, started, order_by=FIRST_TO_GO, limit=MOST_NAMED):
        if record.reason == START_PASSED:
            yield record
