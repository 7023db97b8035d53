"""A placement that another trainee has, or that is gone and comes back: ESR has who TIS has, on both engines."""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.journeys.conversation import Conversation, conversation, position
from tests.journeys.program import ENGINES
from tests.journeys.small_world import TODAY

from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.esr.trusts import Change, change

HERE, ELSEWHERE = "EOE/RX1/800/STR/001", "EOE/RX1/800/STR/002"
FIRST, SECOND = "7200001", "7200002"
PLACEMENT = 1_900_001


def build(world: World) -> None:
    """The first trainee is to come to post 1; the second is in TIS, without a placement; post 2 is empty."""
    post = world.post("EOE", npn=HERE)
    world.post("EOE", npn=ELSEWHERE)
    world.placement(post, world.person(gmcNumber=FIRST), 30, 200)
    world.person(gmcNumber=SECOND)


def swap(talk: Conversation, person_id: int) -> None:
    store = talk.small.tcs.simulator.store
    store.put_placement({**store.placements[PLACEMENT], "traineeId": person_id})


def move_position(talk: Conversation, number: int, post: str) -> None:
    change(talk.esr.holdings, [Change(1, post=post)], TODAY + timedelta(days=number))


def to_come(talk: Conversation) -> list[str]:
    return [one.person for one in talk.esr.holdings.applicants[1] if not one.withdrawn]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_swapped_trainee_is_withdrawn_and_the_other_one_is_an_applicant(
    engine: str, tmp_path: Path
) -> None:
    with conversation(engine, tmp_path, build, [position(1, HERE)]) as talk:
        talk.day(0)
        assert to_come(talk) == [FIRST]
        swap(talk, 200_002)
        talk.day(1)
        assert to_come(talk) == [SECOND]
        talk.day(2)
        states = {r.person_id: (r.state.value, r.withdrawn, r.replaced) for r in talk.applicants.values()}
        assert states == {200_001: ("CONFIRMED", True, True), 200_002: ("CONFIRMED", False, False)}
        swap(talk, 200_001)
        talk.day(3)
        assert to_come(talk) == [FIRST]
        talk.day(4)
        received = talk.esr.holdings.files.values()
        assert all(outcome.accepted for file in received for outcome in file.outcomes)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_trainee_whose_position_comes_back_to_their_post_is_an_applicant_again(
    engine: str, tmp_path: Path
) -> None:
    with conversation(engine, tmp_path, build, [position(1, HERE)]) as talk:
        talk.day(0)
        move_position(talk, 1, ELSEWHERE)
        talk.day(1)
        assert to_come(talk) == []
        move_position(talk, 2, HERE)
        talk.day(2)
        assert to_come(talk) == [FIRST]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_placement_that_replaces_a_withdrawn_one_of_the_same_trainee_and_start_is_no_duplicate(
    engine: str, tmp_path: Path
) -> None:
    with conversation(engine, tmp_path, build, [position(1, HERE)]) as talk:
        talk.day(0)
        store = talk.small.tcs.simulator.store
        placement = store.placements[PLACEMENT]
        store.remove_placement(PLACEMENT)
        talk.day(1)
        assert to_come(talk) == []
        store.put_placement({**placement, "id": PLACEMENT + 1})
        talk.day(2)
        assert to_come(talk) == [FIRST]
