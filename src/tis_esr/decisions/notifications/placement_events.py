"""The notifications of a changed placement in TIS: TCS's own event rules, without their flaws.

TCS compares with the last *approved* version of a placement (its log), not with the last one stored. Differences: a
placement that is not reportable (out of programme) causes no notification, and a deleted one is never treated as now or
next.
"""

from calendar import monthrange
from collections.abc import Callable, Iterable
from datetime import date

import msgspec

from tis_esr.decisions.notifications.content import Incumbent, Notification, Withdrawn, type_1, type_2, type_4
from tis_esr.decisions.periods import is_current, is_next, notification_period_end
from tis_esr.decisions.placements import APPROVED, by_start, is_reportable, is_reportable_type, same_site
from tis_esr.decisions.values.person_names import first_name, last_name, registration
from tis_esr.tcs.models import Placement


class ApprovedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The dates of a placement when it was last approved (TCS's PlacementLog)."""

    date_from: date | None
    date_to: date | None


Known = Callable[[Placement], Incumbent]
"""Finds the trainee of a placement."""


def created(
    npn: str, placement: Placement, of_post: Iterable[Placement], today: date, known: Known
) -> list[Notification]:
    """A placement was created as approved, or approved for the first time, and starts within 13 weeks.

    One type 1 for each current trainee at the same site; if there is none, the new one alone.
    """
    if not is_reportable(placement) or not _starts_within(placement.date_from, today):
        return []
    now = [p for p in _others_at_its_site(of_post, placement) if is_current(p, today)]
    if not now:
        return [type_1(npn, None, known(placement))]
    return [type_1(npn, known(current), known(placement)) for current in now]


def updated(
    npn: str,
    before: Placement,
    after: Placement,
    approved: ApprovedVersion | None,
    of_post: Iterable[Placement],
    today: date,
    known: Known,
) -> list[Notification]:
    """A placement was changed: approved for the first time, else other dates, else other hours.

    ``approved`` is its last approved version; None if TCS has logged none, and then the stored version counts if it was
    approved. Changes of site, grade, type and trainee cause nothing: TIS's users delete and create placements instead.
    """
    if not is_reportable(after):
        return []
    if approved is None:
        if before.lifecycle_state != APPROVED:
            return created(npn, after, of_post, today, known)
        approved = ApprovedVersion(date_from=before.date_from, date_to=before.date_to)
    if not (_starts_within(approved.date_from, today) or _starts_within(after.date_from, today)):
        return []
    is_now = before.date_from is not None and before.date_from <= today
    if _differs(approved.date_from, after.date_from) or _differs(approved.date_to, after.date_to):
        first = _now_and_next(npn, after, of_post, today, known, is_now=is_now)
        return [first, type_4(first, after, today)]
    hours = after.whole_time_equivalent
    if is_now and hours is not None and hours != before.whole_time_equivalent:
        return [_now_and_next(npn, after, of_post, today, known, is_now=True)]
    return []


def deleted(
    npn: str,
    placement: Placement,
    of_post: Iterable[Placement],
    today: date,
    known: Known,
    *,
    ever_approved: bool = False,
) -> list[Notification]:
    """A placement that was ever approved was deleted: who is now and next without it, and who is withdrawn.

    The one at the same site is preferred, else the first to start; next is who starts within three
    calendar months, today included. The deleted one is never among them, although it may be in TCS.
    """
    approved = ever_approved or placement.lifecycle_state == APPROVED
    if not approved or not is_reportable_type(placement) or not _starts_within(placement.date_from, today):
        return []
    rest = [other for other in of_post if other.id != placement.id and is_reportable(other)]
    end = _three_months_on(today)
    now = _preferred([p for p in rest if is_current(p, today)], placement, known)
    coming = _preferred([p for p in rest if p.date_from and today <= p.date_from < end], placement, known)
    person = known(placement).person
    gone = Withdrawn(
        last_name=last_name(person) if person else None,
        first_name=first_name(person) if person else None,
        gmc_number=registration(person.gmc_details.gmc_number) if person and person.gmc_details else None,
    )
    return [type_1(npn, now, coming), type_2(npn, now, coming, gone)]


def _now_and_next(
    npn: str, placement: Placement, of_post: Iterable[Placement], today: date, known: Known, *, is_now: bool
) -> Notification:
    fits = is_next if is_now else is_current
    other = next((known(p) for p in _others_at_its_site(of_post, placement) if fits(p, today)), None)
    return type_1(npn, known(placement), other) if is_now else type_1(npn, other, known(placement))


def _others_at_its_site(of_post: Iterable[Placement], placement: Placement) -> list[Placement]:
    others = (p for p in of_post if p.id != placement.id and is_reportable(p) and same_site(p, placement))
    return sorted(others, key=by_start)


def _preferred(candidates: list[Placement], like: Placement, known: Known) -> Incumbent | None:
    ranked = sorted(candidates, key=lambda p: (not same_site(p, like), by_start(p)))
    return known(ranked[0]) if ranked else None


def _differs(approved: date | None, now: date | None) -> bool:
    """Return whether a date has changed; a missing one has not (TCS's log from the old system)."""
    return approved is not None and approved != now


def _starts_within(start: date | None, today: date) -> bool:
    return start is not None and start < notification_period_end(today)


def _three_months_on(day: date) -> date:
    """Return the day three calendar months on; the month's last day where there is no such day."""
    years, month = divmod(day.month + 2, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
