"""A day killed anywhere and started again ends as if nothing had happened (guarantees 1, 2, 5 and 6)."""

import random
from collections.abc import Iterator

import pytest
from tests.faults.days import Days
from tests.faults.zygote import EMBEDDED, OUTSIDE

KILLS_A_GROUP = 20


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    days = Days(tmp_path_factory.mktemp("days"))
    yield days
    days.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("group", range(5))
def test_killed_at_20_random_moments_and_started_again_it_ends_the_same(days: Days, group: int) -> None:
    moments = random.Random(group)
    for number in range(KILLS_A_GROUP):
        kill = {"kill_after": moments.uniform(0.01, days.seconds)}
        assert days.outcome(f"random-{group}-{number}", [kill]) == days.undisturbed


@pytest.mark.timeout(300)
def test_killed_many_times_in_a_row_it_ends_the_same(days: Days) -> None:
    kills = [{"kill_after": days.seconds * (1 + number) / 12} for number in range(10)]
    assert days.outcome("in a row", kills) == days.undisturbed


@pytest.mark.timeout(300)
@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize("boundary", [*EMBEDDED, *OUTSIDE])
def test_killed_at_a_crash_point_it_ends_the_same(days: Days, boundary: str, side: str) -> None:
    last = days.counts[boundary]
    step = 1 if boundary == "commit" else max(1, last // 2)
    for number in range(1, last + 1, step):
        crashed = days.outcome(f"{boundary}-{side}-{number}", [{"crash": [boundary, number, side]}])
        assert crashed == days.undisturbed, f"{side} {boundary} number {number} of {last}"
