"""What is due for the promise, in numbers: by the days that are left, and by who must act first."""

from collections import Counter

import msgspec

from tis_esr.operations.promise.promise import Promise
from tis_esr.operations.promise.reasons import ByReason, blocked


class DaysLeft(msgspec.Struct, frozen=True, kw_only=True):
    """Trainees who can still be sent in time: ``waiting`` only for a file, (days left, number) each, the fewest first.

    ``blocked`` are those whom something keeps, ``later`` those who are not in the window yet.
    """

    waiting: list[tuple[int, int]]
    blocked: list[ByReason]
    later: int


def left_by_day(found: Promise) -> DaysLeft:
    """Return what is due of a promise."""
    waiting = Counter(one.days_left for one in found.due if one.reason is None)
    return DaysLeft(
        waiting=sorted(waiting.items()), blocked=blocked(found), later=found.total.due - len(found.due)
    )
