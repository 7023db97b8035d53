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

MOST_NAMED = 500
"""Records of a deanery and state that are named at most."""
MOST_LOGGED = 50
"""Records of a deanery that are logged at most."""
_EVENTS = {
    Deadline.LEAVING.name: "applicant_leaves_window",
    Deadline.MISSED.name: "applicant_missed_window",
}
_NOT_COMPARED = "it was not compared with TIS in time"
_TOO_LATE = "the window closed before a file had it"
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
    found = await unsent_records(work, deanery, day, window, limit=MOST_LOGGED + 1)
    for one in found[:MOST_LOGGED]:
        _log.warning(
            _EVENTS[one.deadline],
            record=one.record,
            deanery=deanery,
            starts=str(one.starts),
            reason=one.reason,
            owner=one.who.value,
        )
    if len(found) > MOST_LOGGED:
        _log.warning("more_applicants_leave_window", deanery=deanery, logged=MOST_LOGGED)


async def unsent_records(
    work: Work, deanery: str, day: date, window: ApplicantWindow, *, limit: int = MOST_NAMED
) -> list[Unsent]:
    """Return the records of a deanery that the files of a day lack, and that can't wait for the next file; ``limit`` of each state."""
    found: list[ApplicantRecord] = []
    for where in searches(deanery, day, window):
        found += await work.find(APPLICANTS, where, order_by=FIRST_TO_GO, limit=limit)
    now, today = work.time(), min(day, work.today)
    return [unsent(record, day, window, is_stale=record.is_stale(today, now)) for record in found]


def searches(deanery: str, day: date, window: ApplicantWindow) -> list[Where]:
    """Return where the unsent records of a deanery are that start on the day or later, and can't wait for the next file."""
    starts = Between(day, can_wait_from(day, window))
    return [{"state": kind.value, "deanery": deanery, "date_from": starts} for kind in PENDING]


def unsent(record: ApplicantRecord, day: date, window: ApplicantWindow, *, is_stale: bool) -> Unsent:
    """Return why a record was not sent, and who must act: today, unless it can wait for a later file.

    ``is_stale`` says that it has to be compared with TIS first.
    """
    found = deadline(record.date_from, day, window)
    at = found or Deadline.LEAVING
    reason, who, action = _obstacle(record, is_stale=is_stale, can_wait=found is None)
    if at is Deadline.MISSED:
        reason = _TOO_LATE if record.state is RecordState.TO_EXPORT else reason
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


def _obstacle(record: ApplicantRecord, *, is_stale: bool, can_wait: bool) -> tuple[str, Who, str]:
    if record.state is RecordState.DELETED_BEFORE_EXPORT:
        return record.reason, Who.TRUST, ""
    if record.state is not RecordState.INVALID_DATA:
        again = f"write another file today: tis-esr export applicants --deanery {record.deanery}"
        return _NOT_COMPARED if is_stale else _AFTER_THE_FILE, Who.SUPPORT, again
    if record.missing and FROM_ESR.issuperset(record.missing):
        return record.reason, Who.TRUST, "add it to the position in ESR"
    if can_wait:
        return record.reason, Who.LOCAL_OFFICE, "correct it in TIS: a later file has it"
    return record.reason, Who.LOCAL_OFFICE, "correct it in TIS today, and ask support for another file"
