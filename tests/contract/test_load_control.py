"""The limit on calls in flight: pure, with times that the test gives (guarantee 12)."""

from random import Random

import pytest

from tis_esr.tcs.load_control import LoadControl

KIND = "GET /api/posts/{id}"


class Simulated:
    """Rounds of as many calls as may be in flight, each of a time and an end that the test says."""

    def __init__(self, bound: int = 64, initial: int = 8) -> None:
        self.control = LoadControl(bound, initial)
        self.now = 0.0

    @property
    def limit(self) -> int:
        return self.control.limit

    def round(
        self, seconds: float = 0.1, failed: float = 0.0, slow: float = 0.0, calls: int = 0, seed: int = 1
    ) -> None:
        """One round trip: shares of it ``failed``, or were ``slow`` by 2 s."""
        random, began = Random(seed), self.now
        number = calls or self.control.allowed(self.now)
        for _ in range(number):
            self.control.entered()
        longest = 0.0
        for _ in range(number):
            took = seconds + (2.0 if random.random() < slow else 0.0)
            longest = max(longest, took)
            is_failed = random.random() < failed
            self.control.left()
            self.control.answered(KIND, began, began + (0.001 if is_failed else took), failed=is_failed)
        self.now += longest

    def rounds(self, number: int, **how: float) -> list[int]:
        """Return the limit after each round."""
        limits = []
        for seed in range(number):
            self.round(seed=seed, **how)  # type: ignore[arg-type]  # only floats are given by name
            limits.append(self.limit)
        return limits


def test_it_begins_with_eight_or_with_less_if_that_is_the_bound() -> None:
    assert LoadControl(64).limit == 8
    assert LoadControl(5).limit == 5


def test_while_tcs_is_quick_it_grows_by_one_a_round_trip_to_the_bound() -> None:
    tcs = Simulated(bound=40)
    limits = tcs.rounds(200)
    assert all(after - before in (0, 1) for before, after in zip([8, *limits], limits, strict=False))
    assert limits[-1] == 40


@pytest.mark.parametrize("seed", range(5))
def test_ten_in_a_hundred_failing_and_five_slow_by_two_seconds_do_not_keep_it_from_the_bound(
    seed: int,
) -> None:
    tcs = Simulated()
    limits = []
    for number in range(300):
        tcs.round(seconds=0.02, failed=0.1, slow=0.05, seed=1000 * seed + number)
        limits.append(tcs.limit)
    assert min(limits) >= 8
    assert limits[-1] == 64
    assert tcs.control.changes["halved_failures"] + tcs.control.changes["halved_latency"] <= 1


def test_when_most_calls_fail_it_halves_once_a_round_trip_down_to_one() -> None:
    tcs = Simulated(initial=64)
    limits = tcs.rounds(30, failed=1.0)
    assert limits[:4] == [32, 16, 8, 4]
    assert limits[-1] == 1
    assert tcs.control.changes["halved_failures"] == 6


def test_ten_failures_in_a_row_are_enough() -> None:
    tcs = Simulated(initial=64)
    tcs.round(calls=10, failed=1.0)
    assert tcs.limit == 32


def test_calls_that_began_before_it_halved_do_not_halve_it_again() -> None:
    control = LoadControl(64, 64)
    for _ in range(64):
        control.entered()
    for number in range(64):
        control.answered(KIND, 0.0, 30.0 + number / 1000, failed=True)
    assert control.limit == 32


def test_a_tcs_whose_time_grows_with_its_load_is_held_near_what_it_can_do() -> None:
    tcs = Simulated()
    limits = []
    for _ in range(400):
        tcs.round(seconds=max(0.1, tcs.limit / 80))
        limits.append(tcs.limit)
    assert max(limits) <= 24
    assert min(limits) >= 8
    assert tcs.control.changes["halved_latency"] > 0


def test_it_halves_when_tcs_gets_slower_and_grows_again_when_that_is_over() -> None:
    tcs = Simulated(initial=64)
    tcs.rounds(10)
    assert tcs.rounds(3, seconds=1.0) == [32, 16, 8]
    assert tcs.rounds(400)[-1] == 64


def test_a_tcs_that_stays_slower_is_believed_in_the_end() -> None:
    tcs = Simulated(initial=64)
    tcs.rounds(10)
    tcs.rounds(600, seconds=1.0)
    assert tcs.limit > 16


def test_kinds_of_calls_that_take_differently_long_are_judged_apart() -> None:
    control = LoadControl(64, 16)
    now = 0.0
    for number in range(200):
        began = now
        for _ in range(control.limit):
            control.entered()
        for _ in range(control.limit):
            control.left()
            seconds, kind = ((0.02, KIND), (1.0, "GET /api/placements/filter"))[number // 20 % 2]
            control.answered(kind, began, began + seconds, failed=False)
        now += 1.0
    assert control.changes["halved_latency"] == 0
    assert control.limit == 64


def test_a_few_milliseconds_more_are_nothing_to_do_about() -> None:
    tcs = Simulated()
    tcs.rounds(10, seconds=0.002)
    tcs.rounds(10, seconds=0.04)
    assert tcs.control.changes["halved_latency"] == 0


def test_a_limit_that_is_not_used_does_not_grow() -> None:
    tcs = Simulated()
    for _ in range(100):
        tcs.round(calls=7)
    assert tcs.limit == 8


def test_it_never_leaves_its_bounds_whatever_comes() -> None:
    random = Random(7)
    tcs = Simulated(bound=32)
    for number in range(500):
        tcs.round(
            seconds=random.choice((0.01, 0.5, 3.0)), failed=random.choice((0.0, 0.1, 0.6, 1.0)), seed=number
        )
        assert 1 <= tcs.limit <= 32


def test_a_share_bounds_it_until_it_has_run_out() -> None:
    control = LoadControl(64, 16)
    control.share(6, until=10.0)
    assert [control.allowed(now) for now in (0.0, 9.9, 10.0, 11.0)] == [6, 6, 0, 0]
    control.share(0, until=20.0)
    assert control.allowed(12.0) == 0
    control.share(64, until=30.0)
    assert control.allowed(21.0) == 6
    assert control.changes["share"] == 3
