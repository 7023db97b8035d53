"""Messages that come twice, in any order, or are done twice: the day ends the same (guarantee 2)."""

import pytest
from tests.drawn import LONG
from tests.faults.days import Days

SEEDS = range(20 if LONG else 1)
KINDS = ("day", "parts")


@pytest.mark.parametrize("do", KINDS)
@pytest.mark.parametrize("seed", SEEDS)
def test_messages_in_any_order_and_delivered_twice_change_nothing(days: Days, seed: int, do: str) -> None:
    with days.ground(f"shuffled {seed} {do}") as ground:
        assert ground.run(do=do, shuffled=seed) == 0
        assert ground.found() == days.undisturbed


@pytest.mark.parametrize("do", KINDS)
def test_everything_done_twice_because_its_first_commit_failed_changes_nothing(days: Days, do: str) -> None:
    with days.ground(f"redone {do}") as ground:
        assert ground.run(do=do, redone=True) == 0
        assert ground.found() == days.undisturbed


@pytest.mark.parametrize("do", KINDS if LONG else KINDS[:1])
def test_in_any_order_and_done_twice_and_run_again_it_changes_nothing(days: Days, do: str) -> None:
    with days.ground(f"all of it {do}") as ground:
        for _ in range(2):
            assert ground.run(do=do, shuffled=7, redone=True) == 0
        assert ground.found() == days.undisturbed
