"""Around a change of trainees ESR is sent what changes, on the day on which it does, and nothing that holds for a day only."""

from datetime import timedelta
from random import Random
from typing import Any

from tests.services.bench import Bench, Benches
from tests.services.notification_generator.test_notification_generation import (
    GENERATOR,
    NEXT_VPD,
    PRESENT_VPD,
    event,
    told,
)
from tests.services.tcs_on_bench import TODAY

from tis_esr.simulation.days.generated_world import World

NOW, NEXT = "currentTraineeGmcNumber", "nextAppointmentTraineeGmcNumber"
LAST_DAY = 10


def exchange_of_posts() -> World:
    """Two trainees exchange their posts: both are in the old one up to day 10, and in the new one from day 11."""
    world = World(TODAY, Random(1))
    posts, people = [world.post("EOE"), world.post("EOE")], [world.person(), world.person()]
    for post, before, after in zip(posts, people, people[::-1], strict=True):
        world.placement(post, before, -100, LAST_DAY)
        world.placement(post, after, LAST_DAY + 1, 200)
    return world


async def reconciled_on(bench: Bench, world: World, day: int) -> list[tuple[Any, ...]]:
    """Reconcile both positions on a day; return what ESR is told of the first: who, next, and the VPDs beside them."""
    bench.today[0] = TODAY + timedelta(days=day)
    await bench.deliver([event(world, 1, 0, day + 1, "095"), event(world, 2, 1, day + 1, "098")])
    rows = (await told(bench))[1]
    return [(row.get(NOW), row.get(NEXT), row.get(NEXT_VPD), row.get(PRESENT_VPD)) for row in rows]


async def test_up_to_the_last_day_before_it_a_change_of_trainees_is_told_in_the_same_words(
    benches: Benches,
) -> None:
    world = exchange_of_posts()
    async with benches.open(GENERATOR, world) as bench:
        before = [("7200001", "7200002", "098", "098")]
        assert await reconciled_on(bench, world, 0) == before
        assert await reconciled_on(bench, world, LAST_DAY - 1) == before
        assert await reconciled_on(bench, world, LAST_DAY) == before
        assert await reconciled_on(bench, world, LAST_DAY + 1) == [("7200002", None, "NOT KNOWN", None)]


async def test_who_is_entered_on_the_last_day_before_the_start_is_next(benches: Benches) -> None:
    world = World(TODAY, Random(1))
    world.placement(world.post("EOE"), world.person(), 1, 200)
    async with benches.open(GENERATOR, world) as bench:
        await bench.deliver([event(world, 1, 0, 1)])
        [row] = (await told(bench))[1]
        assert (row[NEXT], row["postVacantAtNextRotation"]) == ("7200001", "N")
