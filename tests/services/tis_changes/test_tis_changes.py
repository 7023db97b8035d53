"""A change in TIS leads to the positions that it concerns, once, in whatever order the records of it come."""

from random import Random
from typing import Any

import msgspec
from tests.services.bench import Bench, Benches, message, orders
from tests.services.tcs_on_bench import PASSING, TODAY

from tis_esr.engine.envelope import Message
from tis_esr.services.contracts.bodies import PlacementChanged, PostChanged
from tis_esr.services.tis_changes.tis_changes import CHANGED_THINGS
from tis_esr.simulation.days.generated_world import World

SERVICE = "TisChanges"
CHANGE, POSTS, PLACEMENTS = (
    f"esr.queue.{name}" for name in ("tis.change", "post.changed", "placement.changed")
)


def one_placed() -> World:
    world = World(TODAY, Random(1))
    post = world.post("EOE", npn="EOE/RX1/800/STR/001")
    world.placement(post, world.person(), 25, 200)
    return world


def change(table: str, id_: int, at: int = 0, operation: str = "update", **data: Any) -> Message:
    """Return a record; ``at`` counts minutes."""
    metadata = {
        "timestamp": f"2026-11-24T09:{at:02}:00Z",
        "record-type": "data",
        "operation": operation,
        "schema-name": "tcs",
        "table-name": table,
    }
    body = {"data": {"id": str(id_), **data}, "metadata": metadata}
    return message(CHANGE, (table, id_, at, operation), body, "", 0)


async def told(bench: Bench) -> tuple[set[int], set[str], set[int]]:
    """Return the posts, numbers and placements that were said to have changed."""
    posts = await bench.told(POSTS, PostChanged)
    placements = await bench.told(PLACEMENTS, PlacementChanged)
    return (
        {post for body in posts for post in body.post_ids},
        {number for body in posts for number in body.numbers},
        {body.placement_id for body in placements},
    )


async def test_a_post_is_told_by_id_and_number(benches: Benches) -> None:
    async with benches.open(SERVICE, one_placed()) as bench:
        await bench.deliver([change("Post", 5, nationalPostNumber="EOE/RX1/800/STR/009")])
        assert await told(bench) == ({5}, {"EOE/RX1/800/STR/009"}, set())


async def test_a_placement_that_moved_is_told_in_both_posts(benches: Benches) -> None:
    async with benches.open(SERVICE, one_placed()) as bench:
        await bench.deliver([change("Placement", 7, 1, postId="5")], [change("Placement", 7, 2, postId="6")])
        assert await told(bench) == ({5, 6}, set(), {7})


async def test_a_placement_is_told_in_the_other_posts_of_its_trainee_before_and_now(benches: Benches) -> None:
    """What ESR is told of a post names the VPD of its trainees' other posts; those that they left are not concerned."""
    world = one_placed()
    first, second = world.people[0], world.person()
    here, there, left = world.posts[0], world.post("EOE"), world.post("EOE")
    world.placement(there, second, 25, 200)
    world.placement(left, first, -200, -1)
    for trainees in ([first, second], [second, first]):
        async with benches.open(SERVICE, world) as bench:
            records = [
                change("Placement", 7, at, postId="5", traineeId=str(trainee["id"]))
                for at, trainee in enumerate(trainees)
            ]
            await bench.deliver(*([record] for record in records))
            assert (await told(bench))[0] == {5, here["id"], there["id"]}


async def test_a_deleted_placement_is_told_in_the_other_posts_of_its_trainee(benches: Benches) -> None:
    world = one_placed()
    known = change("Placement", 7, 1, postId="5", traineeId=str(world.people[0]["id"]))
    async with benches.open(SERVICE, world) as bench:
        await bench.deliver([known])
        before = len(await bench.told(POSTS, PostChanged))
        await bench.deliver([change("Placement", 7, 2, "delete")])
        [last] = (await bench.told(POSTS, PostChanged))[before:]
        assert last.post_ids == [5, world.posts[0]["id"]]


async def test_details_of_a_person_lead_to_the_posts_of_their_placements(benches: Benches) -> None:
    world = one_placed()
    person, post = world.people[0]["id"], world.posts[0]["id"]
    for table in ("Person", "ContactDetails", "PersonalDetails", "GmcDetails", "GdcDetails"):
        async with benches.open(SERVICE, world) as bench:
            await bench.deliver([change(table, person)])
            assert await told(bench) == ({post}, set(), set()), table


async def test_a_person_without_placements_leads_nowhere(benches: Benches) -> None:
    async with benches.open(SERVICE, one_placed()) as bench:
        await bench.deliver([change("Person", 999, operation="delete")])
        assert await told(bench) == (set(), set(), set())


async def test_older_records_say_nothing_after_newer_ones_in_whatever_order(benches: Benches) -> None:
    records = [change("Placement", 7, at, postId=str(at)) for at in (1, 2, 3)]
    for order in benches.some(orders(records)):
        async with benches.open(SERVICE, one_placed()) as bench:
            await bench.deliver(*([record] for record in order))
            assert 3 in (await told(bench))[0]
            known = await bench.all(CHANGED_THINGS)
            assert [(thing.key, thing.post_id, thing.at.minute) for thing in known.values()] == [
                ("Placement:7", 3, 3)
            ]


async def test_a_record_that_can_not_be_read_is_parked_alone(benches: Benches) -> None:
    bad = message(CHANGE, "bad", {"data": {"id": "Specimen"}, "metadata": {}}, "", 0)
    async with benches.open(SERVICE, one_placed()) as bench:
        await bench.deliver([change("Post", 5), bad, change("Post", 6), change("Absence", 8)])
        assert await bench.parked() == ["not a change of TIS: metadata.table-name is missing, or not a text"]
        assert (await told(bench))[0] == {5, 6}


async def test_a_record_dated_far_ahead_is_parked_and_supersedes_none(benches: Benches) -> None:
    async with benches.open(SERVICE, one_placed()) as bench:
        ahead = change("Post", 5)
        body = ahead.body.replace(b"2026-11-24", b"2062-11-24")
        await bench.deliver([msgspec.structs.replace(ahead, id="ahead", body=body)], [change("Post", 5, 1)])
        assert await bench.parked() == ["not a change of TIS: metadata.timestamp is more than a day ahead"]
        assert await told(bench) == ({5}, set(), set())


async def test_a_call_that_fails_at_any_place_loses_no_change(benches: Benches) -> None:
    world = one_placed()
    person, post = world.people[0]["id"], world.posts[0]["id"]
    for trouble in benches.some(PASSING):
        async with benches.open(SERVICE, world, {0: trouble}) as bench:
            await bench.deliver([change("Person", person), change("Post", 77)])
            assert (await told(bench))[0] == {post, 77}, trouble
            assert await bench.parked() == []
