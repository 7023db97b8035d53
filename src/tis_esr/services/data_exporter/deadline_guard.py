"""Names the applicants who are about to leave the window unsent, or have left it, with the reason and who must act."""

from datetime import date

import msgspec
import structlog

from tis_esr.decisions.applicants import FROM_ESR
from tis_esr.decisions.deadlines import FIRST_TO_GO, Deadline, can_wait_from, deadline
from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.decisions.who import Who
from tis_esr.engine.collection import Between, Where
from tis_esr.engine.work import Work
from tis_esr.services.data_exporter.outbound import APPLICANTS, PENDING, ApplicantRecord, RecordState

_log = structlog.get_logger()

MOST_LOGGED = 50
"""Records of a deanery and state that are logged at most; the report of a day and ``tis-esr lint`` have all."""
_NOT_COMPARED = "it was not compared with TIS in time"
_AFTER_THE_FILE = "it was created after the file, or the file had 40 records of its post"


class Unsent(msgspec.Struct, frozen=True, kw_only=True):
    """An applicant record (``placement:position``) that leaves the window unless it is sent today, or has left it.

    ``deadline`` is LEAVING or MISSED. No personal data.
    """

    record: str
    deanery: str
    starts: date
    deadline: str
    reason: str
    who: Who
    action: str


async def warn_of_deadlines(work: Work, deanery: str, day: date, window: ApplicantWindow) -> None:
    """Log a warning for each record of a deanery that the files of a day lack, and that can't wait for the next file."""
    for where in searches(deanery, day, window):
        found = await work.find(APPLICANTS, where, order_by=FIRST_TO_GO, limit=MOST_LOGGED + 1)
        for record in found[:MOST_LOGGED]:
            is_stale = record.is_stale(min(day, work.today), work.time())
            one = unsent(record, day, window, is_stale=is_stale)
            event = (
                "applicant_leaves_window"
                if one.deadline == Deadline.LEAVING.name
                else "applicant_missed_window"
            )
            _log.warning(event, record=one.record, deanery=deanery, starts=str(one.starts), reason=one.reason, owner=one.who.value)  # fmt: skip
        if len(found) > MOST_LOGGED:
            _log.warning("more_applicants_leave_window", deanery=deanery, logged=MOST_LOGGED)


def searches(deanery: str, day: date, window: ApplicantWindow) -> list[Where]:
    """Return where the unsent records of a deanery are that start on the day or later, and can't wait for the next file."""
    starts = Between(day, can_wait_from(day, window))
    return [{"state": kind.value, "deanery": deanery, "date_from": starts} for kind in PENDING]


def unsent(record: ApplicantRecord, day: date, window: ApplicantWindow, *, is_stale: bool) -> Unsent:
    """Return why a record was not sent, and who must act. ``is_stale`` says that it has to be compared with TIS first."""
    at = deadline(record.date_from, day, window) or Deadline.LEAVING
    reason, who, action = _obstacle(record, is_stale=is_stale)
    if at is Deadline.MISSED:
        who, action = Who.TRUST, "create the record in ESR manually"
    return Unsent(
        record=record.key,
        deanery=record.deanery,
        starts=record.date_from,
        deadline=at.name,
        reason=reason,
        who=who,
        action=action,
    )


def _obstacle(record: ApplicantRecord, *, is_stale: bool) -> tuple[str, Who, str]:
    if record.state is RecordState.DELETED_BEFORE_EXPORT:
        return record.reason, Who.TRUST, ""
    if record.state is not RecordState.INVALID_DATA:
        again = f"write another file today: tis-esr export applicants --deanery {record.deanery}"
        return _NOT_COMPARED if is_stale else _AFTER_THE_FILE, Who.SUPPORT, again
    if record.missing and FROM_ESR.issuperset(record.missing):
        return record.reason, Who.TRUST, "add it to the position in ESR"
    return record.reason, Who.LOCAL_OFFICE, "correct it in TIS today, and ask support for another file"
