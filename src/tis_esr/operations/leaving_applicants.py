"""The applicants who leave the window with a day's file, or left it with that of a day that is over, by who must act."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from datetime import date

from tis_esr.decisions.deadlines import Deadline, can_wait_from
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.decisions.who import Who
from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.services.data_exporter.deadline_guard import searches, unsent
from tis_esr.services.data_exporter.outbound import APPLICANTS, PENDING, ApplicantRecord, RecordState
from tis_esr.services.data_exporter.pending_records import START_PASSED


def leaving_unless_somebody_acts(
    reader: Reader, deaneries: Iterable[str], day: date, window: ApplicantWindow, written: Collection[str]
) -> Counter[Who]:
    """Return how many leave with today's file, ``day``, and won't be in it unless somebody acts, by who must act.

    A record that is ready goes with the day's file, so it counts only for the deaneries whose file is ``written``.
    """
    found: Counter[Who] = Counter()
    for record in _unsent(reader, deaneries, day, window):
        one = unsent(record, day, window, is_stale=record.built_on < day)
        is_ready = record.state is RecordState.TO_EXPORT and record.deanery not in written
        if one.deadline == Deadline.LEAVING.name and not is_ready:
            found[one.who] += 1
    return found


def left_before(reader: Reader, deaneries: Iterable[str], day: date, window: ApplicantWindow) -> list[date]:
    """Return the starts of those who have not started on ``day``, and had left the window before its file."""
    first, _ = window.edges(day)
    return [
        record.date_from for record in _unsent(reader, deaneries, day, window) if record.date_from < first
    ]


def left_with(reader: Reader, deaneries: Iterable[str], day: date, window: ApplicantWindow) -> list[date]:
    """Return the starts of those who left the window with the file of a ``day`` that is over, and were not sent.

    No later file could have them, so who has still not been sent was not sent then. Those who became known only
    after that day are not among them.
    """
    starts = Between(window.edges(day)[0], can_wait_from(day, window))
    states = [*PENDING, RecordState.DELETED_BEFORE_EXPORT]
    return [
        record.date_from
        for deanery in deaneries
        for state in states
        for record in reader.find(APPLICANTS, {"state": state.value, "deanery": deanery, "date_from": starts})
        if (state in PENDING or record.reason == START_PASSED)
        and (record.known_since is None or record.known_since <= day)
    ]


def _unsent(
    reader: Reader, deaneries: Iterable[str], day: date, window: ApplicantWindow
) -> Iterator[ApplicantRecord]:
    for deanery in deaneries:
        for where in searches(deanery, day, window):
            yield from reader.find(APPLICANTS, where)
