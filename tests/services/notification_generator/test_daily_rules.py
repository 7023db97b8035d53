"""What the calendar changes goes to ESR on the day on which it comes about, late rather than never, and once."""

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.services.bench import FILE, Bench, Benches, message
from tests.services.notification_generator.test_notification_generation import GENERATOR, event, told
from tests.services.tcs_on_bench import TODAY

from tis_esr.services.contracts.bodies import ApplyDailyRules
from tis_esr.services.notification_generator import daily_rules
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS
from tis_esr.simulation.days.generated_world import World

COMMAND = "esr.queue.dailyrulescommand"
NOW, NEXT = "currentTraineeLastName", "nextAppointmentTraineeLastName"


def succession() -> World:
    """Somebody is in the post for five more days; somebody else comes 100 days from now, the day after a gap."""
    world = World(TODAY, Random(1))
    post = world.post("EOE")
    world.placement(post, world.person(), -100, 5)
    world.placement(post, world.person(), 100, 200)
    return world


async def on_day(bench: Bench, number: int, occasion: str = "") -> None:
    """Let so many days pass and apply the rules of that day."""
    bench.today[0] = TODAY + timedelta(days=number)
    command = ApplyDailyRules(deanery="EOE", day=bench.today[0])
    await bench.deliver([message(COMMAND, (number, occasion), command, FILE, 0)])


async def said(bench: Bench) -> tuple[Any, Any, Any]:
    """Return who was last told to be there now and next, and whether the post falls vacant; "" for nothing told."""
    [drafts] = (await told(bench)).values()
    if not drafts:
        return "", "", ""
    [columns] = drafts
    return columns.get(NOW), columns.get(NEXT), columns["postVacantAtNextRotation"]


async def test_a_post_is_told_of_as_its_placements_come_into_view_begin_and_end(benches: Benches) -> None:
    world = succession()
    first, second = (person["contactDetails"]["surname"] for person in world.people)
    async with benches.open(GENERATOR, world) as bench:
        await bench.deliver([event(world, 1, 0, 1)])
        assert await said(bench) == (first, None, "Y")
        for number, expected in {
            5: (first, None, "Y"),
            6: (None, None, "Y"),
            9: (None, None, "Y"),
            10: (None, second, "N"),
            100: (second, None, "Y"),
            201: (second, None, "Y"),
        }.items():
            await on_day(bench, number)
            assert await said(bench) == expected, number


async def test_a_post_that_nobody_follows_in_is_told_vacant_with_who_left(benches: Benches) -> None:
    world = World(TODAY, Random(1))
    leaver = world.person()
    world.placement(world.post("EOE"), leaver, -100, 5)
    async with benches.open(GENERATOR, world) as bench:
        await bench.deliver([event(world, 1, 0, 1)])
        await on_day(bench, 6)
        assert await said(bench) == (leaver["contactDetails"]["surname"], None, "Y")


@pytest.mark.parametrize("first_day", [6, 8, 99])
async def test_missed_days_are_made_up_for_by_the_next(benches: Benches, first_day: int) -> None:
    world = succession()
    second = world.people[1]["contactDetails"]["surname"]
    async with benches.open(GENERATOR, world) as bench:
        await bench.deliver([event(world, 1, 0, 1)])
        await on_day(bench, first_day)
        await on_day(bench, 100)
        assert await said(bench) == (second, None, "Y")


def outage() -> World:
    """Within a week somebody leaves, a locum comes and goes, and a third one begins."""
    world = World(TODAY, Random(1))
    post = world.post("EOE")
    for first, last in ((-100, 2), (3, 5), (6, 100)):
        world.placement(post, world.person(), first, last)
    return world


STALE = {"BEGINS": 1, "IS_OVER": 2}
LOGGED = {
    "event": "stale_changes_dropped",
    "log_level": "info",
    "deanery": "EOE",
    "day": "2026-12-01",
    "stale": 3,
    "reasons": {"began and is over": 1, "is over, and somebody is in the post": 2},
}


@pytest.mark.parametrize("by", ["the rules", "the nightly comparison"])
async def test_after_an_outage_of_a_week_what_still_holds_is_sent_and_the_rest_is_counted_with_reasons(
    benches: Benches, by: str
) -> None:
    """Incidents A13, A16, A23: the locum is not sent, nor are the two who left."""
    world = outage()
    third = world.people[2]["contactDetails"]["surname"]
    async with benches.open(GENERATOR, world) as bench:
        await bench.deliver([event(world, 1, 0, 1)])
        bench.today[0] = TODAY + timedelta(days=7)
        with capture_logs() as logs:
            if by == "the rules":
                await on_day(bench, 7)
            else:
                await bench.deliver([event(world, 1, 0, 2)])
                await on_day(bench, 7)
            assert (await said(bench))[0] == third
            await on_day(bench, 7, "again")
            await bench.deliver([event(world, 1, 0, 3)])
        [known] = (await bench.all(KNOWN_POSITIONS)).values()
        assert (known.stale_on, known.stale, known.overdue_since) == (bench.today[0], STALE, None)
        assert [log for log in logs if log["event"] == "stale_changes_dropped"] == [LOGGED]


async def test_on_consecutive_days_nothing_is_stale(benches: Benches) -> None:
    world = outage()
    async with benches.open(GENERATOR, world) as bench:
        await bench.deliver([event(world, 1, 0, 1)])
        for number in range(1, 8):
            await on_day(bench, number)
        [known] = (await bench.all(KNOWN_POSITIONS)).values()
        assert (known.stale_on, known.stale) == (None, {})


async def test_a_repeated_day_asks_tis_nothing(benches: Benches) -> None:
    world = succession()
    async with benches.open(GENERATOR, world) as bench:
        await bench.deliver([event(world, 1, 0, 1)])
        await on_day(bench, 10)
        calls = len(bench.tcs.calls)
        await on_day(bench, 10, "again")
        await on_day(bench, 11)
        assert len(bench.tcs.calls) == calls


async def test_only_the_positions_of_the_deanery_are_looked_at(benches: Benches) -> None:
    world = succession()
    async with benches.open(GENERATOR, world) as bench:
        await bench.deliver([event(world, 1, 0, 1)])
        calls = len(bench.tcs.calls)
        bench.today[0] = TODAY + timedelta(days=10)
        command = ApplyDailyRules(deanery="KSS", day=bench.today[0])
        await bench.deliver([message(COMMAND, (1,), command, FILE, 0)])
        assert len(bench.tcs.calls) == calls


async def test_many_positions_are_taken_in_parts(benches: Benches, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daily_rules, "_AT_ONCE", 2)
    world = World(TODAY, Random(1))
    for _ in range(5):
        world.placement(world.post("EOE"), world.person(), 3, 50)
    async with benches.open(GENERATOR, world) as bench:
        await bench.deliver([event(world, number + 1, number, 1) for number in range(5)])
        await on_day(bench, 3)
        known = await bench.all(KNOWN_POSITIONS)
        assert {position.changes_on for position in known.values()} == {TODAY + timedelta(days=51)}
        assert all(columns[0].get(NOW) for columns in (await told(bench)).values())


async def test_a_command_for_no_deanery_is_parked_with_the_names_of_all(benches: Benches) -> None:
    async with benches.open(GENERATOR, succession()) as bench:
        command = ApplyDailyRules(deanery="XXX", day=date(2026, 11, 24))
        await bench.deliver([message(COMMAND, (1,), command, FILE, 0)])
        [reason] = await bench.parked()
        assert reason.startswith("deanery 'XXX' must be one of EMD, KSS,")
