"""Records that can't be sent, records that ESR rejected, and applicants who come: one row each."""

from collections.abc import Callable, Iterator
from datetime import date

from tis_esr.decisions.data_faults import Fault
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.decisions.rejected_by_esr import REJECTION_WHO
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.coming_applicants import Horizon, sent, waiting
from tis_esr.operations.reports.report import Filters, Value, parts_of
from tis_esr.services.data_exporter.deadline_guard import unsent
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    NOTIFICATIONS,
    ApplicantRecord,
    NotificationRecord,
    RecordState,
)

_ABOUT = ("deanery", "post_number", "office", "trust", "specialty", "grade", "position_number", "starts")
INVALID_COLUMNS = (*_ABOUT, "state", "reason", "who", "action", "record", "gmc_number")
REJECTION_COLUMNS = (*_ABOUT, "state", "file", "row", "answered_in", "who", "message", "record", "gmc_number")
FORECAST_COLUMNS = (*_ABOUT, "reaches_window", "state", "reason", "record", "gmc_number")
PERSONAL = frozenset({"gmc_number", "message", "detail"})
"""Columns with personal data: ESR's text may quote what it was sent, and the detail of a refusal names a GMC number."""
NOT_FOR_TRUSTS = frozenset({*PERSONAL, "record", "post_id", "other_posts"})
Row = dict[str, Value]


def invalid(
    state: Reader,
    filters: Filters,
    day: date,
    window: ApplicantWindow,
    advance: Callable[[], None] = lambda: None,
) -> Iterator[Row]:
    """Yield applicant records and notifications that wait for correct data, with who must act."""
    for deanery in filters.deaneries:
        where = {"state": RecordState.INVALID_DATA.value, "deanery": deanery}
        for record in state.find(APPLICANTS, where):
            if filters.matches(record.deanery_number):
                said = unsent(record, day, window, is_stale=False)
                yield {
                    **_applicant(record),
                    "state": "held back" if record.is_held_back else "missing data",
                    "reason": record.reason,
                    "who": said.who.value,
                    "action": said.action,
                }
        for notification in state.find(NOTIFICATIONS, where):
            if filters.matches(notification.deanery_number):
                yield {
                    **_notification(notification),
                    "state": "held back",
                    "reason": notification.reason,
                    "who": "support",
                    "action": "correct what the column is built from",
                }
        advance()


def rejections(state: Reader, filters: Filters, advance: Callable[[], None] = lambda: None) -> Iterator[Row]:
    """Yield applicants and notifications that ESR rejected last, with the row of its answer."""
    for deanery in filters.deaneries:
        where = {"state": RecordState.REJECTED.value, "deanery": deanery}
        for record in state.find(APPLICANTS, where):
            if filters.matches(record.deanery_number):
                yield {**_applicant(record), **_answer(record)}
        for notification in state.find(NOTIFICATIONS, where):
            if filters.matches(notification.deanery_number):
                yield {**_notification(notification), **_answer(notification)}
        advance()


def forecast(
    state: Reader, filters: Filters, horizon: Horizon, advance: Callable[[], None] = lambda: None
) -> Iterator[Row]:
    """Yield who is in the window or reaches it within the horizon: ready, held back, or sent."""
    for deanery in filters.deaneries:
        for record, faults in waiting(state, deanery, horizon):
            if filters.matches(record.deanery_number):
                yield _coming(record, horizon, "held back" if _is_held(faults) else "ready", faults)
        for record in sent(state, deanery, horizon):
            if filters.matches(record.deanery_number):
                yield _coming(record, horizon, "sent", [])
        advance()


def _is_held(faults: list[Fault]) -> bool:
    return any(fault.is_blocking for fault in faults)


def _coming(record: ApplicantRecord, horizon: Horizon, kind: str, faults: list[Fault]) -> Row:
    said = "; ".join(f"{fault.kind.value}: {', '.join(fault.columns)}".removesuffix(": ") for fault in faults)
    reached = horizon.window.reached_on(record.date_from)
    return {**_applicant(record), "reaches_window": f"{reached}", "state": kind, "reason": said}


def _applicant(record: ApplicantRecord) -> Row:
    return {
        **parts_of(record.deanery_number),
        "deanery": record.deanery,
        "position_number": record.position_number,
        "starts": f"{record.date_from}",
        "record": record.key,
        "gmc_number": record.gmc_number,
    }


def _notification(record: NotificationRecord) -> Row:
    number = record.fields.get("positionNumber")
    return {
        **parts_of(record.deanery_number),
        "deanery": record.deanery,
        "position_number": number if isinstance(number, int) else None,
        "starts": "",
        "record": record.key,
        "gmc_number": None,
    }


def _answer(record: ApplicantRecord | NotificationRecord) -> Row:
    kind = "applicant" if isinstance(record, ApplicantRecord) else f"notification of type {record.type}"
    last = record.answers[-1] if record.answers else None
    return {
        "state": f"{kind} rejected",
        "file": record.file,
        "row": record.file_row,
        "answered_in": f"{last.file}, row {last.row}" if last else "",
        "who": REJECTION_WHO.value,
        "message": last.text if last else "",
    }
