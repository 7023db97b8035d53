"""What ESR is told of who is in a post: the newest of all that it is built from, in whatever order that comes."""

from datetime import timedelta
from random import Random
from typing import Any

import msgspec
from tests.services.bench import Bench, Benches, orders, splits
from tests.services.positions import reconciled, sent, view_of
from tests.services.tcs_on_bench import PASSING, TODAY, Trouble
from tests.services.watched import Watched

from tis_esr.engine.envelope import Message
from tis_esr.services.contracts.bodies import UNMATCHED, NotificationsGenerated
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS
from tis_esr.simulation.days.generated_world import World

GENERATOR = "NotificationGenerator"
GENERATED = "esr.queue.notification.generated"
NEXT_VPD, PRESENT_VPD = "currentTraineeVpdForNextPlacement", "nextAppointmentCurrentPlacementVpd"


def rotation() -> World:
    """Somebody is in the first post and goes to the second in 25 days."""
    world = World(TODAY, Random(1))
    posts = [world.post("EOE"), world.post("EOE")]
    person = world.person()
    world.placement(posts[0], person, -100, 20)
    world.placement(posts[1], person, 25, 200)
    return world


def event(world: World, position: int, post: int, revision: int, vpd: str = "096", **how: Any) -> Message:
    view = view_of(world, position, post, employing_vpd=vpd)
    return reconciled("notificationgenerator", view, revision, **how)


async def told(bench: Bench) -> dict[int, list[dict[str, Any]]]:
    """Return the columns of what the DataExporter was told last of each position, by position."""
    last: dict[int, NotificationsGenerated] = {}
    for body in await bench.told(GENERATED, NotificationsGenerated):
        known = last.get(body.position.position_id)
        if known is None or body.version > known.version:
            last[body.position.position_id] = body
    return {key: [draft.columns for draft in body.notifications] for key, body in last.items()}


def titles(said: list[dict[str, Any]]) -> list[str]:
    return sorted(columns["notificationTitleCode"] for columns in said)


async def vpds(bench: Bench) -> tuple[str, str]:
    """Return the VPD of the next post that position 1 was told, and that of the present one that position 2 was."""
    said = await told(bench)
    return said[1][0][NEXT_VPD], said[2][0][PRESENT_VPD]


async def test_a_change_of_another_posts_vpd_makes_the_notification_anew_in_whatever_order(
    benches: Benches,
) -> None:
    world = rotation()
    events = [
        event(world, 1, 0, 1),
        event(world, 1, 0, 2, "095"),
        event(world, 2, 1, 1),
        event(world, 2, 1, 2, "098"),
    ]
    for order in benches.some(orders(events), most=6):
        async with benches.open(GENERATOR, world) as bench:
            await bench.deliver(*([one] for one in order))
            assert await vpds(bench) == ("098", "095"), order


async def test_wherever_a_batch_is_split_the_end_is_the_same(benches: Benches) -> None:
    world = rotation()
    events = [
        event(world, 1, 0, 1),
        event(world, 2, 1, 2, "098"),
        event(world, 2, 1, 1),
        event(world, 1, 0, 2, "095"),
    ]
    for parts in splits(events):
        async with benches.open(GENERATOR, world) as bench:
            await bench.deliver(*parts)
            assert await vpds(bench) == ("098", "095"), parts


async def test_a_position_that_is_no_longer_matched_gives_no_vpd_to_others(benches: Benches) -> None:
    world = rotation()
    gone = event(world, 2, 1, 2, "098", status=UNMATCHED)
    for order in benches.some(orders([event(world, 1, 0, 1), event(world, 2, 1, 1, "097"), gone])):
        async with benches.open(GENERATOR, world) as bench:
            await bench.deliver(*([one] for one in order))
            said = await told(bench)
            assert (said[1][0][NEXT_VPD], said.get(2, [])) == ("NOT KNOWN", []), order


async def test_whichever_process_dies_where_and_is_overtaken_by_the_next_revision_others_learn_the_vpd(
    benches: Benches,
) -> None:
    """A process dies in the middle of revision 1; revision 2, which says the same, is handled before 1 comes again."""
    at, came_to_that = 0, True
    while came_to_that:
        at += 1
        world = rotation()
        async with benches.open(GENERATOR, world) as bench:
            await bench.deliver([event(world, 1, 0, 1)])
            first, second = event(world, 2, 1, 1, "098"), event(world, 2, 1, 2, "098")
            await bench.send(first)
            came_to_that = await died(bench, first, at)
            await bench.send(second)
            await bench.handle(second)
            await bench.finish()
            assert await vpds(bench) == ("098", "096"), at
    assert at > 4


class Died(BaseException):
    """A process that is killed."""


async def died(bench: Bench, first: Message, at: int) -> bool:
    async def die() -> None:
        raise Died

    watched = Watched(bench.engine, at, die)
    try:
        await bench.handle(first, engine=watched)
    except Died:
        return True
    return False


async def test_a_revision_that_comes_while_an_older_one_is_generated_is_not_lost(benches: Benches) -> None:
    """Both positions are generated in one batch, so each is read as another's VPD too."""
    at, came_to_that = 0, True
    while came_to_that:
        at += 1
        world = rotation()
        async with benches.open(GENERATOR, world) as bench:
            await bench.deliver([event(world, 1, 0, 1), event(world, 2, 1, 1, "097")])
            news = [event(world, 1, 0, 2), event(world, 2, 1, 2, "097")]
            await bench.send(*news)
            await bench.handle(*news)
            came_to_that = await overtaken_in_generate(bench, world, at)
            await bench.finish()
            assert await vpds(bench) == ("099", "095"), at
    assert at > 4


async def overtaken_in_generate(bench: Bench, world: World, at: int) -> bool:
    newer = [event(world, 1, 0, 3, "095"), event(world, 2, 1, 3, "099")]

    async def overtake() -> None:
        await bench.send(*newer)
        await bench.handle(*newer)

    watched = Watched(bench.engine, at, overtake)
    due = await bench.waiting("esr.queue.notification.due", 2)
    await bench.handle(*due, engine=watched)
    if watched.steps < at:
        await overtake()
    return watched.steps >= at


async def test_a_call_that_fails_at_any_place_costs_no_notification(benches: Benches) -> None:
    world = rotation()
    async with benches.open(GENERATOR, world) as bench:
        await bench.deliver([event(world, 1, 0, 1), event(world, 2, 1, 1, "097")])
        expected, calls = await told(bench), len(bench.tcs.calls)
    assert [titles(said) for said in expected.values()] == [["1"], ["1"]]
    every = [(call, trouble) for call in range(calls) for trouble in PASSING]
    for call, trouble in benches.some(every[::4], most=5):
        async with benches.open(GENERATOR, world, {call: trouble}) as bench:
            await bench.deliver([event(world, 1, 0, 1), event(world, 2, 1, 1, "097")])
            assert await told(bench) == expected, (call, trouble)
            assert await bench.parked() == []


def arrival() -> World:
    """Somebody comes to the first post in 25 days."""
    world = World(TODAY, Random(1))
    world.placement(world.post("EOE"), world.person(), 25, 200)
    return world


def day(number: int) -> str:
    return (TODAY + timedelta(days=number)).isoformat()


async def test_an_applicant_sent_with_old_dates_is_followed_by_a_type_4(benches: Benches) -> None:
    """Whether the dates had changed in TIS before it was known that the applicant went, or after."""
    for first in ("the position", "the export"):
        world = arrival()
        view = view_of(world, 1, 0)
        gone = sent(world, view, world.placements[0], date_from=day(20))
        known = event(world, 1, 0, 1)
        async with benches.open(GENERATOR, world) as bench:
            await bench.deliver(*([known], [gone]) if first == "the position" else ([gone], [known]))
            [said] = (await told(bench)).values()
            assert titles(said) == ["1", "4"], first
            change = next(columns for columns in said if columns["notificationTitleCode"] == "4")
            assert change["changeOfProjectedHireDate"] == day(25)


async def test_an_applicant_sent_with_the_dates_of_tis_causes_nothing_new(benches: Benches) -> None:
    world = arrival()
    async with benches.open(GENERATOR, world) as bench:
        await bench.deliver([event(world, 1, 0, 1)])
        calls = len(bench.tcs.calls)
        await bench.deliver([sent(world, view_of(world, 1, 0), world.placements[0])])
        assert len(bench.tcs.calls) == calls


async def test_a_placement_that_went_before_its_export_was_known_is_withdrawn(benches: Benches) -> None:
    world = arrival()
    gone = sent(world, view_of(world, 1, 0), world.placements[0])
    world.placements.pop()
    for order in orders([event(world, 1, 0, 1), gone]):
        async with benches.open(GENERATOR, world) as bench:
            await bench.deliver(*([one] for one in order))
            [said] = (await told(bench)).values()
            assert titles(said) == ["1", "2"], order
            [withdrawal] = [columns for columns in said if columns["notificationTitleCode"] == "2"]
            assert withdrawal["withdrawnTraineeGmcNumber"] == "7200001"


async def test_whom_the_previous_interface_sent_is_withdrawn_like_others_and_a_file_of_ours_is_later(
    benches: Benches,
) -> None:
    world = arrival()
    view = view_of(world, 1, 0)
    before = sent(world, view, world.placements[0], filename="", date_to=day(99))
    ours = msgspec.structs.replace(sent(world, view, world.placements[0]), id="ours")
    world.placements.pop()
    for order in orders([event(world, 1, 0, 1), before, ours]):
        async with benches.open(GENERATOR, world) as bench:
            await bench.deliver(*([one] for one in order))
            [said] = (await told(bench)).values()
            assert titles(said) == ["1", "2"], order
            [known] = (await bench.all(KNOWN_POSITIONS)).values()
            assert [bool(applicant.file) for applicant in known.sent] == [True], order


async def test_two_exports_of_one_position_are_both_remembered(benches: Benches) -> None:
    world = arrival()
    world.placement(world.posts[0], world.person(), 30, 300)
    view = view_of(world, 1, 0)
    events = [sent(world, view, placement) for placement in world.placements]
    for order in orders([*events, event(world, 1, 0, 1)]):
        async with benches.open(GENERATOR, world) as bench:
            await bench.deliver(*([one] for one in order[:1]), order[1:2], order[2:])
            [known] = (await bench.all(KNOWN_POSITIONS)).values()
            assert sorted(applicant.placement_id for applicant in known.sent) == [1_900_001, 1_900_002]


async def test_of_a_position_of_which_there_never_was_anything_to_say_nothing_is_told(
    benches: Benches,
) -> None:
    world = World(TODAY, Random(1))
    world.post("EOE")
    async with benches.open(GENERATOR, world) as bench:
        await bench.deliver([event(world, 1, 0, 1)], [event(world, 1, 0, 2, deleted=True)])
        assert await told(bench) == {}


async def test_of_a_position_that_is_deleted_nothing_is_left_to_say_in_whatever_order(
    benches: Benches,
) -> None:
    world = rotation()
    for order in orders([event(world, 1, 0, 1), event(world, 1, 0, 2, deleted=True)]):
        async with benches.open(GENERATOR, world) as bench:
            await bench.deliver(*([one] for one in order))
            assert (await told(bench)).get(1, []) == [], order


async def test_news_that_come_again_are_told_once(benches: Benches) -> None:
    world = rotation()
    async with benches.open(GENERATOR, world) as bench:
        one = event(world, 1, 0, 1)
        await bench.deliver([one])
        await bench.send(one)
        await bench.finish()
        assert len(await bench.told(GENERATED, NotificationsGenerated)) == 1


async def test_trouble_with_one_persons_record_holds_up_no_other(benches: Benches) -> None:
    world = rotation()
    async with benches.open(GENERATOR, world, {0: Trouble.REFUSED}) as bench:
        await bench.deliver([event(world, 1, 0, 1), event(world, 2, 1, 1)])
        assert (sorted(await told(bench)), await bench.parked()) == ([1, 2], [])
