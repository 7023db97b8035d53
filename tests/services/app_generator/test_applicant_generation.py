"""Which applicants the DataExporter is told of: those of the newest revision, in whatever order revisions come."""

from datetime import timedelta
from random import Random
from typing import Any

from tests.services.bench import Bench, Benches, message, orders, splits
from tests.services.positions import reconciled, view_of
from tests.services.tcs_on_bench import PASSING, TODAY, Trouble

from tis_esr.engine.envelope import Message
from tis_esr.services.app_generator.applicant_generation import DECISIONS, GENERATED
from tis_esr.services.contracts.bodies import UNMATCHED, ApplicantsGenerated, PlacementChanged, PositionDue
from tis_esr.simulation.days.generated_world import World

GENERATOR = "AppGenerator"
TOLD = "esr.queue.apprecord.generated"
FIRST, SECOND = 1_900_001, 1_900_002


def arrivals() -> World:
    """One comes to each of two posts."""
    world = World(TODAY, Random(1))
    for _ in range(2):
        world.placement(world.post("EOE"), world.person(), 25, 200)
    return world


def event(world: World, position: int, post: int, revision: int, **how: Any) -> Message:
    return reconciled("appgenerator", view_of(world, position, post), revision, **how)


async def told(bench: Bench) -> dict[int, tuple[int, list[int]]]:
    """Return the newest revision that was told of each position, with its placements."""
    newest: dict[int, tuple[int, list[int]]] = {}
    for body in await bench.told(TOLD, ApplicantsGenerated):
        position, placements = body.position.position_id, [one.placement_id for one in body.applicants]
        newest[position] = max(newest.get(position, (0, [])), (body.revision, placements))
    return newest


async def test_whichever_revision_comes_first_the_newest_decides(benches: Benches) -> None:
    world = arrivals()
    events = [
        event(world, 1, 0, 1),
        event(world, 1, 1, 2),
        event(world, 1, 0, 3, deleted=True),
        event(world, 1, 1, 4),
    ]
    for order in benches.some(orders(events), most=6):
        async with benches.open(GENERATOR, world) as bench:
            await bench.deliver(*([one] for one in order))
            assert await told(bench) == {1: (4, [SECOND])}, order
            assert (await bench.all(GENERATED))["1"].handled.version == 4


async def test_the_newest_is_known_also_where_it_gave_no_record(benches: Benches) -> None:
    """A position that is deleted, or no longer matched, and its older revision comes after that: nobody is revived."""
    world = arrivals()
    for ending in ({"deleted": True}, {"status": UNMATCHED}):
        async with benches.open(GENERATOR, world) as bench:
            await bench.deliver([event(world, 1, 0, 2, **ending)], [event(world, 1, 0, 1)])
            assert (await told(bench), bench.tcs.calls) == ({}, [])


async def test_of_a_position_that_never_had_a_record_the_data_exporter_is_told_nothing(
    benches: Benches,
) -> None:
    world = World(TODAY, Random(1))
    world.placement(world.post("EOE"), world.person(), -25, 200)
    async with benches.open(GENERATOR, world) as bench:
        await bench.deliver([event(world, 1, 0, 1)], [event(world, 1, 0, 2, deleted=True)])
        assert await told(bench) == {}


async def test_of_one_that_had_records_it_is_told_that_there_are_none(benches: Benches) -> None:
    world = arrivals()
    async with benches.open(GENERATOR, world) as bench:
        await bench.deliver([event(world, 1, 0, 1)])
        await bench.deliver([event(world, 1, 0, 2, deleted=True)])
        assert await told(bench) == {1: (2, [])}
        await bench.deliver([event(world, 1, 0, 3, status=UNMATCHED)])
        assert await told(bench) == {1: (3, [])}


async def test_wherever_a_batch_is_split_the_end_is_the_same(benches: Benches) -> None:
    world = arrivals()
    events = [
        event(world, 1, 0, 2),
        event(world, 2, 1, 1),
        event(world, 1, 1, 1),
        event(world, 2, 1, 2, deleted=True),
    ]
    for parts in splits(events):
        async with benches.open(GENERATOR, world) as bench:
            await bench.deliver(*parts)
            found = await told(bench)
            assert (found[1], found.get(2, (2, []))) == ((2, [FIRST]), (2, [])), parts


async def test_a_revision_that_comes_twice_is_told_once(benches: Benches) -> None:
    world = arrivals()
    async with benches.open(GENERATOR, world) as bench:
        one = event(world, 1, 0, 1)
        await bench.deliver([one])
        await bench.send(one)
        await bench.finish()
        assert len(await bench.told(TOLD, ApplicantsGenerated)) == 1


async def test_a_call_that_fails_at_any_place_costs_no_record(benches: Benches) -> None:
    world = arrivals()
    events = [event(world, 1, 0, 1), event(world, 2, 1, 1)]
    async with benches.open(GENERATOR, world) as bench:
        await bench.deliver(events)
        calls = len(bench.tcs.calls)
    every = [(call, trouble) for call in range(calls) for trouble in PASSING]
    for call, trouble in benches.some(every[::3], most=5):
        async with benches.open(GENERATOR, world, {call: trouble}) as bench:
            await bench.deliver(events)
            assert await told(bench) == {1: (1, [FIRST]), 2: (1, [SECOND])}, (call, trouble)
            assert await bench.parked() == []


async def test_what_tcs_refuses_of_one_position_costs_no_other(benches: Benches) -> None:
    world = arrivals()
    failing = dict.fromkeys(range(3), Trouble.REFUSED)  # the batch, then each half of it but the last
    async with benches.open(GENERATOR, world, {0: failing[0], 1: failing[1]}) as bench:
        await bench.deliver([event(world, 1, 0, 1), event(world, 2, 1, 1)])
        assert (await told(bench), len(await bench.parked())) == ({2: (1, [SECOND])}, 1)
        await bench.redrive()
        assert await told(bench) == {1: (1, [FIRST]), 2: (1, [SECOND])}


async def test_a_redriven_old_revision_changes_nothing_newer(benches: Benches) -> None:
    world = arrivals()
    async with benches.open(GENERATOR, world, {0: Trouble.REFUSED}) as bench:
        await bench.deliver([event(world, 1, 0, 1)], [event(world, 1, 1, 2)])
        before = bench.tcs.calls
        await bench.redrive()
        assert (await told(bench), bench.tcs.calls, await bench.parked()) == ({1: (2, [SECOND])}, before, [])


async def test_the_reason_of_a_placement_is_that_of_the_newest_revision(benches: Benches) -> None:
    world = arrivals()
    async with benches.open(GENERATOR, world) as bench:
        await bench.deliver([event(world, 1, 0, 1)])
        bench.tcs.store.put_placement({**world.placements[0], "lifecycleState": "DRAFT"})
        await bench.deliver([event(world, 1, 0, 2)])
        [decision] = (await bench.all(DECISIONS)).values()
        assert (decision.made, decision.reason) == (False, "it is DRAFT in TIS, not APPROVED")


async def test_the_records_say_of_which_day_they_are(benches: Benches) -> None:
    """They may wait in a queue over midnight, and are as old as the look at TIS all the same."""
    world = arrivals()
    async with benches.open(GENERATOR, world) as bench:
        bench.today[0] = TODAY - timedelta(days=1)
        await bench.deliver([event(world, 1, 0, 1)])
        [body] = await bench.told(TOLD, ApplicantsGenerated)
        assert body.built_on == TODAY - timedelta(days=1)


async def test_a_changed_placement_has_the_positions_compared_that_knew_it(benches: Benches) -> None:
    world = arrivals()
    async with benches.open(GENERATOR, world) as bench:
        await bench.deliver([event(world, 1, 0, 1), event(world, 2, 1, 1), event(world, 3, 0, 1)])
        changed = [
            message("esr.queue.placement.changed", id_, PlacementChanged(placement_id=id_), "", 0)
            for id_ in (FIRST, 999)
        ]
        await bench.deliver(changed)
        due = await bench.told("esr.queue.position.due", PositionDue)
        assert sorted(body.position_id for body in due) == [1, 3]
