"""What a change of a placement in TIS says to ESR: TCS's own event rules, less their flaws.

TCS compares with the last *approved* version of a placement (its log), not with the last one stored.
"""

from collections.abc import Callable, Iterable
from datetime import date

import msgspec

from tis_esr.decisions.names import first_name, last_name, registration
from tis_esr.decisions.notifications import Incumbent, Notification, Withdrawn, type_1, type_2, type_4
from tis_esr.decisions.periods import is_current, is_next, notification_period_end
from tis_esr.decisions.placements import APPROVED, by_start, counts, same_site
from tis_esr.tcs.models import Placement


class ApprovedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """The dates of a placement when it was last approved (TCS's PlacementLog)."""

    date_from: date | None
    date_to: date | None


Known = Callable[[Placement], Incumbent]
"""How the trainee of a placement is found."""


def created(npn: str, placement: Placement, of_post: Iterable[Placement], today: date, known: Known) -> list[Notification]:
    """A placement was created as approved, or approved for the first time, and starts within 13 weeks."""
    if placement.lifecycle_state != APPROVED or not _starts_within(placement.date_from, today):
        return []
    now = [p for p in of_post if counts(p) and is_current(p, today) and p.id != placement.id and same_site(p, placement)]
    if not now:
        return [type_1(npn, None, known(placement))]
    return [type_1(npn, known(current), known(placement)) for current in sorted(now, key=by_start)]


def updated(
    npn: str,
    before: Placement,
    after: Placement,
    approved: ApprovedVersion | None,
    of_post: Iterable[Placement],
    today: date,
    known: Known,
) -> list[Notification]:
    """A placement was changed: approved for the first time, else other dates, else other hours."""
    if after.lifecycle_state != APPROVED:
        return []
    if approved is None:
        return created(npn, after, of_post, today, known) if before.lifecycle_state != APPROVED else []
    if not (_starts_within(approved.date_from, today) or _starts_within(after.date_from, today)):
        return []
    was_current = before.date_from is not None and before.date_from <= today
    if (approved.date_from, approved.date_to) != (after.date_from, after.date_to):
        first = _now_and_next(npn, after, of_post, today, known, is_now=was_current)
        return [first, type_4(first, after, today)]
    hours = after.whole_time_equivalent
    if hours is not None and hours != before.whole_time_equivalent and was_current:
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

    The deleted one is never taken for the next, as TCS may do.
    """
    if not (ever_approved or placement.lifecycle_state == APPROVED) or not _starts_within(placement.date_from, today):
        return []
    rest = [other for other in of_post if other.id != placement.id and counts(other)]
    current = _preferred((p for p in rest if is_current(p, today)), placement)
    coming = _preferred((p for p in rest if p.date_from and today <= p.date_from < _three_months_on(today)), placement)
    now = known(current) if current else None
    then = known(coming) if coming else None
    person = known(placement).person
    gone = Withdrawn(
        last_name=last_name(person) if person else None,
        first_name=first_name(person) if person else None,
        gmc_number=registration(person.gmc_details.gmc_number) if person and person.gmc_details else None,
    )
    return [type_1(npn, now, then), type_2(npn, now, then, gone)]


def _now_and_next(
    npn: str, placement: Placement, of_post: Iterable[Placement], today: date, known: Known, *, is_now: bool
) -> Notification:
    fits = is_next if is_now else is_current
    others = [p for p in of_post if p.id != placement.id and counts(p) and fits(p, today) and same_site(p, placement)]
    other = known(min(others, key=by_start)) if others else None
    return type_1(npn, known(placement), other) if is_now else type_1(npn, other, known(placement))


def _preferred(candidates: Iterable[Placement], like: Placement) -> Placement | None:
    ranked = sorted(candidates, key=lambda p: (not same_site(p, like), by_start(p)))
    return ranked[0] if ranked else None


def _starts_within(start: date | None, today: date) -> bool:
    return start is not None and start < notification_period_end(today)


def _three_months_on(day: date) -> date:
    """Return the day three calendar months on; the month's last day where there is no such day."""
    month = day.month + 3
    year, month = day.year + (month > 12), month - 12 * (month > 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month, min(last, day.day))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
