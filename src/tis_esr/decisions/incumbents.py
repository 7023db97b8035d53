"""Who is in a post now and who is next: pairs current and next placements."""

from collections.abc import Iterable
from datetime import date, timedelta

import msgspec

from tis_esr.decisions.periods import is_current, is_next, notification_period_end
from tis_esr.decisions.placements import by_start, is_reportable, is_reportable_type, same_site
from tis_esr.tcs.models import Placement


class NowAndNext(msgspec.Struct, frozen=True):
    """A current and a next placement, or only one of the two."""

    current: Placement | None
    next: Placement | None


def paired_by_site(current: Iterable[Placement], coming: Iterable[Placement]) -> list[NowAndNext]:
    """Pair each current placement with the first future one at its site; the others stay unpaired.

    Rule N4 of TCS's full load. The order is by start, then id, so the same placements are always paired alike.
    """
    waiting = sorted(coming, key=by_start)
    pairs = []
    for now in sorted(current, key=by_start):
        follower = next((placement for placement in waiting if same_site(now, placement)), None)
        if follower is not None:
            waiting.remove(follower)
        pairs.append(NowAndNext(now, follower))
    return pairs + [NowAndNext(None, placement) for placement in waiting]


def of_post(placements: Iterable[Placement], day: date) -> list[NowAndNext]:
    """Return who is now and next in a post on a day: reportable placements only, paired by site."""
    counting = [placement for placement in placements if is_reportable(placement)]
    return paired_by_site(
        [placement for placement in counting if is_current(placement, day)],
        [placement for placement in counting if is_next(placement, day) and not is_current(placement, day)],
    )


def full_load(placements: Iterable[Placement], day: date) -> list[NowAndNext]:
    """TCS's full load (N4) of one NPN: types only, whatever the state; ``dateFrom`` after day+2 and before 13 weeks."""
    typed = [placement for placement in placements if is_reportable_type(placement)]
    first, end = day + timedelta(days=2), notification_period_end(day)
    coming = [p for p in typed if p.date_from is not None and first < p.date_from < end]
    return paired_by_site([placement for placement in typed if is_current(placement, day)], coming)


def next_to_current(placements: Iterable[Placement], day: date) -> list[NowAndNext]:
    """TCS's N1 of one NPN: who starts today, with the one who left yesterday."""
    rows = list(placements)
    if not any(is_reportable_type(p) and p.date_from == day for p in rows):
        return []
    before = day - timedelta(days=1)
    return _newest_against_the_one_before(p for p in rows if p.date_from == day or p.date_to == before)


def earliest_eligible(placements: Iterable[Placement], day: date) -> list[NowAndNext]:
    """TCS's N2 of one NPN: who starts in exactly 13 weeks, with the one who is there today."""
    typed = [placement for placement in placements if is_reportable_type(placement)]
    mark = notification_period_end(day)
    if not any(placement.date_from == mark for placement in typed):
        return []
    return _newest_against_the_one_before(p for p in typed if p.date_from == mark or is_current(p, day))


def vacated(placements: Iterable[Placement], day: date) -> list[NowAndNext]:
    """TCS's N3 of one post: those who left yesterday, if nobody is there now or next."""
    rows, before = list(placements), day - timedelta(days=1)
    if any(placement.date_to is not None and placement.date_to > before for placement in rows):
        return []
    return [
        NowAndNext(placement, None) for placement in sorted(rows, key=by_start) if placement.date_to == before
    ]


def _newest_against_the_one_before(placements: Iterable[Placement]) -> list[NowAndNext]:
    ranked = sorted(placements, key=lambda p: (p.date_from or date.min, p.id), reverse=True)
    if not ranked:
        return []
    newest = [placement for placement in ranked if placement.date_from == ranked[0].date_from]
    earlier = next((placement for placement in ranked if placement.date_from != ranked[0].date_from), None)
    return [NowAndNext(earlier, placement) for placement in newest]
