"""What changes of a post by the calendar alone: a placement comes within 13 weeks, begins, or is over.

Triggers A to C of ESR's rules. TCS asks each day for exactly that day; here the next such day is known in advance,
so that a missed day is caught up and a repeated one adds nothing.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from tis_esr.decisions.incumbents import NowAndNext
from tis_esr.decisions.periods import NOTIFICATION_WEEKS, is_current, is_next, notification_period_end
from tis_esr.decisions.placements import by_start, is_reportable
from tis_esr.tcs.models import Placement

_ONE_DAY = timedelta(days=1)


class Passage(StrEnum):
    """What a day brings for a placement."""

    COMES_INTO_VIEW = "it starts within 13 weeks"
    BEGINS = "it begins"
    IS_OVER = "it is over"


STALE_REASONS = {
    Passage.COMES_INTO_VIEW: "came within 13 weeks and has begun, or begins by tomorrow",
    Passage.BEGINS: "began and is over",
    Passage.IS_OVER: "is over, and somebody is in the post",
}
"""Why a passage of an earlier day is not sent any more."""


class DateEvent(msgspec.Struct, frozen=True, order=True):
    """One placement's passage on one day (Europe/London)."""

    day: date
    placement_id: int
    passage: Passage


def date_events(placements: Iterable[Placement]) -> list[DateEvent]:
    """Return the passages of the placements that count, in the order of their days.

    In view is ``dateFrom < day + 13 weeks``, so from the day after that on; over is the day after ``dateTo``.
    """
    events = []
    for placement in placements:
        if not is_reportable(placement):
            continue
        if placement.date_from is not None:
            seen = placement.date_from - timedelta(weeks=NOTIFICATION_WEEKS) + _ONE_DAY
            events.append(DateEvent(seen, placement.id, Passage.COMES_INTO_VIEW))
            events.append(DateEvent(placement.date_from, placement.id, Passage.BEGINS))
        if placement.date_to is not None and placement.date_to < date.max:
            events.append(DateEvent(placement.date_to + _ONE_DAY, placement.id, Passage.IS_OVER))
    return sorted(events)


def next_date_event(placements: Iterable[Placement], today: date) -> date | None:
    """Return the first day after today on which the calendar changes what ESR should know; None where there is none."""
    return next((event.day for event in date_events(placements) if event.day > today), None)


def stale_events(placements: Iterable[Placement], since: date, today: date) -> list[DateEvent]:
    """Return what happened from ``since`` on, before today, and no longer applies: it is not sent to ESR any more (A13, A16).

    A placement that came into view has begun by now, one that began is over, one that is over was followed by another.
    """
    known = list(placements)
    by_id = {placement.id: placement for placement in known}
    passed = [event for event in date_events(known) if since <= event.day < today]
    return [event for event in passed if not _still_holds(event, by_id[event.placement_id], known, today)]


def _still_holds(event: DateEvent, placement: Placement, of_post: list[Placement], today: date) -> bool:
    if event.passage is Passage.COMES_INTO_VIEW:
        return is_next(placement, today)
    if event.passage is Passage.BEGINS:
        return is_current(placement, today)
    return not any(is_reportable(other) and is_current(other, today) for other in of_post)


def vacated(placements: Iterable[Placement], since: date, today: date) -> list[NowAndNext]:
    """Return those who left last, where nobody is in the post any longer or to come (N3 of TCS, as of a day).

    TCS names those who left yesterday. Here they are named until somebody follows, for 13 weeks, if the post was
    watched when they left: ``since`` is the first day on which it was.
    """
    known = list(placements)
    if any(_may_last(placement, today) for placement in known):
        return []
    ends = [p.date_to for p in known if is_reportable(p) and p.date_to is not None]
    last = max(ends, default=date.min)
    if last < since - _ONE_DAY or notification_period_end(last) < today:
        return []
    leavers = [p for p in known if is_reportable(p) and p.date_to == last]
    return [NowAndNext(placement, None) for placement in sorted(leavers, key=by_start)]


def _may_last(placement: Placement, today: date) -> bool:
    """Return whether somebody may be there, or come, by a placement's dates; one without any says nothing."""
    if placement.date_to is None:
        return placement.date_from is not None
    return placement.date_to >= today
