"""A day killed anywhere and started again ends as if nothing had happened (guarantees 1, 2, 5 and 6)."""

import random
from collections.abc import Iterator

import pytest
from tests.drawn import LONG, drawn
from tests.faults.boundaries import EMBEDDED, OUTSIDE, OUTSIDE_IN_A_ROW, SIDES, sides
from tests.faults.days import Days

KILLS_A_GROUP = 20 if LONG else 3
KILLS_IN_A_ROW = 10 if LONG else 6


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    days = Days(tmp_path_factory.mktemp("days"), posts=70 if LONG else 40)
    yield days
    days.close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("group", range(5 if LONG else 1))
def test_killed_at_random_moments_and_started_again_it_ends_the_same(days: Days, group: int) -> None:
    moments = random.Random(group)
    for number in range(KILLS_A_GROUP):
        kill = {"kill_after": moments.uniform(0.01, days.seconds)}
        assert days.outcome(f"random-{group}-{number}", [kill]) == days.undisturbed


@pytest.mark.timeout(300)
def test_killed_many_times_in_a_row_it_ends_the_same(days: Days) -> None:
    kills = [
        {"kill_after": days.seconds * (1 + number) / (2 + KILLS_IN_A_ROW)} for number in range(KILLS_IN_A_ROW)
    ]
    assert days.outcome("in a row", kills) == days.undisturbed


@pytest.mark.timeout(300)
@pytest.mark.parametrize("boundaries", [[*EMBEDDED], *OUTSIDE_IN_A_ROW], ids=lambda names: names[0])
def test_killed_before_and_after_each_step_in_a_row_it_ends_the_same(
    days: Days, boundaries: list[str]
) -> None:
    kills = [
        {"crash": [boundary, 1, side]} for boundary in boundaries for side in sides(boundary, "embedded")
    ]
    assert days.outcome(f"from {boundaries[0]} on", kills, all_kill=True) == days.undisturbed


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("boundary", [*EMBEDDED, *OUTSIDE] if LONG else ["commit"])
def test_killed_at_a_crash_point_it_ends_the_same(days: Days, boundary: str, side: str) -> None:
    last = days.counts[boundary]
    step = max(1, last // 2) if boundary != "commit" else 1
    surely = last * 9 // 10  # a day's commits differ by a few, as its batches do
    for number in range(1, last + 1, step) if LONG else drawn(range(1, surely + 1), 3):
        is_reached = number <= surely
        crash = {"crash": [boundary, number, side]}
        crashed = days.outcome(f"{boundary}-{side}-{number}", [crash], all_kill=is_reached)
        assert crashed == days.undisturbed, f"{side} {boundary} number {number} of {last}"
