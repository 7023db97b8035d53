"""The 12-week promise: by when a trust must have a trainee's data, and why it had not (NHS England, 10 Point Plan, 2025).

At least 90 % of trainees' data are to be with trusts 12 weeks before the start. Our window opens at 13 weeks: that leaves
seven days.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from tis_esr.decisions.rejected_by_esr import REJECTION_WHO
from tis_esr.decisions.who import Who

PROMISED_DAYS = 84
PROMISED_SHARE = 0.9


class MissReason(StrEnum):
    """Why a trainee's data were not sent in time. Closed; in the order in which a cause outweighs another."""

    OURS = "OURS"
    ESR_REJECTED = "ESR_REJECTED"
    DATA_MISSING = "DATA_MISSING"
    POSITION_DATA_MISSING = "POSITION_DATA_MISSING"
    NO_POSITION = "NO_POSITION"
    PLACEMENT_LATE = "PLACEMENT_LATE"


REASON_TEXTS = {
    MissReason.OURS: "complete in time, and not sent",
    MissReason.ESR_REJECTED: "sent in time, and rejected by ESR",
    MissReason.DATA_MISSING: "data missing or not valid in TIS",
    MissReason.POSITION_DATA_MISSING: "data of the position missing in ESR",
    MissReason.NO_POSITION: "no position in ESR in time",
    MissReason.PLACEMENT_LATE: "placement, trainee or start entered or approved in TIS too late",
}
OWNERS = {
    MissReason.OURS: Who.SUPPORT,
    MissReason.ESR_REJECTED: REJECTION_WHO,
    MissReason.DATA_MISSING: Who.LOCAL_OFFICE,
    MissReason.POSITION_DATA_MISSING: Who.TRUST,
    MissReason.NO_POSITION: Who.TRUST,
    MissReason.PLACEMENT_LATE: Who.LOCAL_OFFICE,
}


class Course(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What happened to one applicant record, by days: None where it has not happened.

    ``known_since`` is when it was first built for its trainee and start, ``sound_since`` when its data were complete,
    ``matched_on`` when its position was matched to the post (``is_post_late`` if TIS had the post later than ESR the
    position). ``first_rejected`` is the first sending that ESR rejected, ``sent_on`` the first that it did not reject.
    ``lacks_from_esr`` says that what is missing comes from ESR's own rows, ``is_lost`` that ESR has no position for it.
    """

    start: date
    known_since: date
    sound_since: date | None
    matched_on: date | None = None
    is_post_late: bool = False
    sent_on: date | None = None
    first_rejected: date | None = None
    is_unsound: bool = False
    lacks_from_esr: bool = False
    is_lost: bool = False


def last_day(start: date) -> date:
    """Return the last day on which data are sent in time for a start."""
    return start - timedelta(days=PROMISED_DAYS)


def is_in_time(course: Course) -> bool:
    """Return whether the data went in time: the first sending that ESR did not reject counts."""
    return course.sent_on is not None and course.sent_on <= last_day(course.start)


def miss_reason(course: Course) -> MissReason:
    """Return why data did not go in time, or can't go now.

    What became known, or complete, on the last day itself counts as too late: that day's file may have been written before.
    """
    last = last_day(course.start)
    if course.first_rejected is not None and course.first_rejected <= last:
        return MissReason.ESR_REJECTED
    if course.is_lost:
        return MissReason.NO_POSITION
    if course.known_since >= last:
        is_position_late = (
            course.matched_on is not None and course.matched_on >= last and not course.is_post_late
        )
        return MissReason.NO_POSITION if is_position_late else MissReason.PLACEMENT_LATE
    if course.is_unsound or course.sound_since is None or course.sound_since >= last:
        return MissReason.POSITION_DATA_MISSING if course.lacks_from_esr else MissReason.DATA_MISSING
    return MissReason.OURS


def weightiest(reasons: Iterable[MissReason]) -> MissReason:
    """Return the reason for a trainee of several records: the one nearest to having been in time."""
    order = list(MissReason)
    return min(reasons, key=order.index)
