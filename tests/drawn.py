"""Which of many cases ``make test`` tries: some, drawn each day. ``make faults`` tries all of them."""

import os
from collections.abc import Iterable
from random import Random
from typing import TypeVar

from tis_esr.wall_clock import today

K = TypeVar("K")

LONG = bool(os.environ.get("LONG_FAULTS"))
"""``make faults`` sets it: all cases, more places, more kills, a day of 5,000 rows."""

DAY = os.environ.setdefault("TESTS_DRAWN_FOR", today().isoformat())
"""All processes of a run have the same one, also at midnight; to repeat another day's, set it."""


def drawn(cases: Iterable[K], most: int) -> list[K]:
    """Return all cases in the long form; else at most so many (2 or more) in their order: the first, the last, and some drawn by the day."""
    known = list(cases)
    if LONG or len(known) <= most:
        return known
    between = Random(DAY).sample(range(1, len(known) - 1), most - 2)
    return [known[number] for number in (0, *sorted(between), len(known) - 1)]
