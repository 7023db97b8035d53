"""The same on the production engine: whatever step the process dies at, the next one goes on from there."""

import random
from collections.abc import Iterator

import pytest
from tests.drawn import LONG
from tests.faults.boundaries import OUTSIDE, OUTSIDE_IN_A_ROW, PRODUCTION, SIDES, sides
from tests.faults.days import Days
from tests.servers import place

RANDOM_KILLS = 200 if LONG else 3


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    days = Days(tmp_path_factory.mktemp("days"), place(), posts=70 if LONG else 40)
    yield days
    days.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("boundaries", [[*PRODUCTION], *OUTSIDE_IN_A_ROW], ids=lambda names: names[0])
def test_killed_before_and_after_each_step_in_a_row_it_ends_the_same(
    days: Days, boundaries: list[str]
) -> None:
    kills = [
        {"crash": [boundary, 1, side]} for boundary in boundaries for side in sides(boundary, "production")
    ]
    assert days.outcome(f"from {boundaries[0]} on", kills, all_kill=True) == days.undisturbed


@pytest.mark.skipif(not LONG, reason="the long form: each step alone, at many places of the day")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("boundary", [*PRODUCTION, *OUTSIDE])
def test_killed_before_and_after_a_step_it_ends_the_same(days: Days, boundary: str) -> None:
    last = days.counts[boundary]
    for number in range(1, last + 1, max(1, last // 8)):
        for side in SIDES:
            crashed = days.outcome(f"{boundary}-{side}-{number}", [{"crash": [boundary, number, side]}])
            assert crashed == days.undisturbed, f"{side} {boundary} number {number} of {last}"


@pytest.mark.timeout(5400)
def test_killed_at_random_moments_of_one_day_it_ends_the_same(
    days: Days, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In the long form a process lives 2 to 12 percent of the day's length, so that work is done between kills on any machine."""
    large = Days(tmp_path_factory.mktemp("days"), place(), posts=1150) if LONG else days
    moments = random.Random(11)
    shortest, longest = (large.seconds * part for part in ((0.02, 0.12) if LONG else (0.1, 0.6)))
    kills = [{"kill_after": moments.uniform(shortest, longest)} for _ in range(RANDOM_KILLS)]
    try:
        assert large.outcome("random", kills) == large.undisturbed
    finally:
        if large is not days:
            large.close()
