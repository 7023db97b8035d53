"""Who is in a post now and who is next: pairs current and next placements."""

from collections.abc import Iterable
from datetime import date

import msgspec

from tis_esr.decisions.periods import is_current, is_next
from tis_esr.decisions.placements import by_start, is_reportable, same_site
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
        [placement for placement in counting if is_next(placement, day)],
    )
