"""Two processes share one day on the production engine, and one of them dies in the middle: the day ends the same."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.drawn import LONG
from tests.faults.days import KILLED, Days, Ground, Zygote

CRASHES = [
    ("commit", 6, "before"),
    ("acknowledge", 8, "before"),
    ("publish", 3, "before"),
    ("take a lease", 5, "after"),
    ("transaction", 10, "after"),
    ("mark sent", 4, "before"),
    ("tell changed", 3, "after"),
]


@pytest.fixture(scope="module")
def other() -> Iterator[Zygote]:
    """Return where a second process is forked from."""
    zygote = Zygote()
    yield zygote
    zygote.close()


def both(ground: Ground, other: Zygote, **job: Any) -> tuple[int, int]:
    """Run one day in two processes at once, the second one disturbed; return what they ended with."""
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(ground.run, do="parts")
        second = threads.submit(ground.run, other, do="parts", **job)
        return first.result(), second.result()


@pytest.mark.parametrize("seed", range(10 if LONG else 1))
def test_two_processes_that_share_a_day_end_it_as_one_does(
    production_days: Days, other: Zygote, seed: int
) -> None:
    with production_days.ground("shared") as ground:
        assert both(ground, other, shuffled=seed) == (0, 0)
        assert ground.found() == production_days.undisturbed


@pytest.mark.parametrize(
    "crash", CRASHES if LONG else CRASHES[1:3], ids=lambda crash: "-".join(map(str, crash))
)
def test_one_of_two_processes_killed_at_a_step_leaves_the_day_to_the_other(
    production_days: Days, other: Zygote, crash: tuple[str, int, str]
) -> None:
    with production_days.ground("one killed") as ground:
        done, killed = both(ground, other, crash=crash)
        assert done == 0
        assert killed in {KILLED, 0}  # 0: the first one left it too little to come to that step
        assert ground.found() == production_days.undisturbed


@pytest.mark.parametrize("seconds", [0.3, 0.9, 1.5, 2.1] if LONG else [1.0])
def test_one_of_two_processes_killed_at_any_moment_leaves_the_day_to_the_other(
    production_days: Days, other: Zygote, seconds: float
) -> None:
    with production_days.ground("killed in time") as ground:
        done, _ = both(ground, other, kill_after=seconds)
        assert done == 0
        assert ground.found() == production_days.undisturbed
