"""The same on the production engine: whatever step the process dies at, the next one goes on from there."""

import os
import random
from collections.abc import Iterator

import pytest
from tests.faults.days import Days
from tests.faults.zygote import OUTSIDE, PRODUCTION
from tests.servers import place

LONG = bool(os.environ.get("TIS_ESR_LONG_FAULTS"))
"""``make faults`` sets it: more places, more kills, a day of 5,000 rows."""

RANDOM_KILLS = 200 if LONG else 6


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    days = Days(tmp_path_factory.mktemp("days"), place())
    yield days
    days.close()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("boundary", [*PRODUCTION, *OUTSIDE])
def test_killed_before_and_after_a_step_it_ends_the_same(days: Days, boundary: str) -> None:
    last = days.counts[boundary]
    numbers = range(1, last + 1, max(1, last // 8)) if LONG else [max(1, last // 2)]
    for number in numbers:
        for side in ("before", "after"):
            crashed = days.outcome(f"{boundary}-{side}-{number}", [{"crash": [boundary, number, side]}])
            assert crashed == days.undisturbed, f"{side} {boundary} number {number} of {last}"


@pytest.mark.timeout(5400)
def test_killed_at_random_moments_of_one_day_it_ends_the_same(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    days = Days(tmp_path_factory.mktemp("days"), place(), posts=1150 if LONG else 70)
    moments = random.Random(11)
    kills = [{"kill_after": moments.uniform(0.3, 2.0)} for _ in range(RANDOM_KILLS)]
    try:
        assert days.outcome("random", kills) == days.undisturbed
    finally:
        days.close()
