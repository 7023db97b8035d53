"""A schedule asks for what is due once, for the day that was meant, whatever the clocks and processes do."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.faults import ConflictError, TransientError
from tis_esr.engine.protocol import Commit
from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work
from tis_esr.services.command_schedule import Schedule
from tis_esr.services.contracts.bodies import GenerateFile
from tis_esr.services.contracts.commands import APPLICANT_COMMAND, NOTIFICATION_COMMAND
from tis_esr.services.cron import BadCronError, next_after
from tis_esr.services.flow import COLLECTIONS, bindings_only

AT_14 = {APPLICANT_COMMAND: "0 14 * * *"}
DEANERIES = ["EMD", "KSS", "NTH", "WMD", "PEN", "NWN", "YHD", "EOE", "OXF", "WES", "LDN", "MER", "SEV"]


def at(text: str) -> datetime:
    """Return a moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "fires"),
    [
        ("2026-01-10T13:59:59", "2026-01-10T14:00"),
        ("2026-01-10T14:00", "2026-01-11T14:00"),
        ("2026-03-28T13:00", "2026-03-28T14:00"),
        ("2026-03-28T14:00", "2026-03-29T13:00"),
        ("2026-03-29T13:00", "2026-03-30T13:00"),
        ("2026-07-01T00:00", "2026-07-01T13:00"),
        ("2026-10-24T12:00", "2026-10-24T13:00"),
        ("2026-10-24T13:00", "2026-10-25T14:00"),
        ("2026-10-25T13:30", "2026-10-25T14:00"),
        ("2026-10-25T14:00", "2026-10-26T14:00"),
    ],
)
def test_two_in_the_afternoon_is_londons_on_both_sides_of_the_clock_changes(moment: str, fires: str) -> None:
    assert next_after("0 14 * * *", at(moment)) == at(fires)


def test_a_second_entry_is_due_as_well_as_the_first() -> None:
    both = "0 14 * * *; 30 15 * * *"
    assert next_after(both, at("2026-11-24T09:00")) == at("2026-11-24T14:00")
    assert next_after(both, at("2026-11-24T14:00")) == at("2026-11-24T15:30")
    assert next_after(both, at("2026-11-24T15:30")) == at("2026-11-25T14:00")
    with pytest.raises(BadCronError, match="'30 15' is not a valid cron expression"):
        next_after("0 14 * * *; 30 15", at("2026-11-24T09:00"))


def test_a_time_that_does_not_exist_in_spring_is_made_up_for_as_soon_as_the_clocks_have_changed() -> None:
    assert next_after("30 1 * * *", at("2026-03-28T12:00")) == at("2026-03-29T01:00")
    for later in ("01:00", "01:29", "01:30", "02:00"):
        assert next_after("30 1 * * *", at(f"2026-03-29T{later}")) == at("2026-03-30T00:30")


def test_a_time_that_comes_twice_in_autumn_counts_the_first_time_only() -> None:
    assert next_after("30 1 * * *", at("2026-10-24T12:00")) == at("2026-10-25T00:30")
    for later in ("00:30", "00:59", "01:00", "01:15", "01:30", "01:59", "02:00"):
        assert next_after("30 1 * * *", at(f"2026-10-25T{later}")) == at("2026-10-26T01:30")


@pytest.mark.parametrize("cron", ["0 14 * * *", "30 1 * * *", "0 0 * * *", "0 1 * * *", "0 2 * * *"])
def test_once_a_day_is_once_a_day_all_the_year(cron: str) -> None:
    moment, fired = at("2026-01-01T00:00") - timedelta(minutes=1), []
    for _ in range(365):
        moment = next_after(cron, moment)
        fired.append(moment.date() if cron == "0 14 * * *" else (moment + timedelta(hours=2)).date())
    assert fired == [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-06-01", 24), ("2026-10-25", 25)])
def test_every_hour_is_every_hour_of_the_day(day: str, hours: int) -> None:
    midnight = "00:00" if day < "2026-06" else "23:00"
    moment = at(f"{day}T{midnight}") - timedelta(days=0 if day < "2026-06" else 1, minutes=1)
    first = moment
    for _ in range(hours):
        moment = next_after("0 * * * *", moment)
    assert moment - first == timedelta(hours=hours - 1, minutes=1)


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("", "5 fields, not 0"),
        ("daily", "5 fields, not 1"),
        ("0 14 * *", "5 fields, not 4"),
        ("0 0 14 * * *", "5 fields, not 6"),
        ("0 25 * * *", "Bad hour"),
        ("0 14 30 2 *", "Bad day-of-month"),
        ("0 14 * * MOON", "Bad day-of-week"),
    ],
)
def test_a_bad_expression_is_named_with_what_to_write(expression: str, problem: str) -> None:
    with pytest.raises(BadCronError) as caught:
        next_after(expression, at("2026-01-01T00:00"))
    said = str(caught.value)
    assert said.startswith(f"{expression!r} is not a valid cron expression")
    assert problem in said
    assert said.endswith("14:00 every day is '0 14 * * *'")
    assert "\n" not in said


class Failing(EmbeddedEngine):
    """Can't store anything while it is full."""

    full = False

    async def commit(self, commit: Commit) -> None:
        if self.full:
            raise TransientError("the disk is full")
        await super().commit(commit)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Failing]:
    engine = Failing(tmp_path / "state", COLLECTIONS)
    yield engine
    engine.close()


@pytest.fixture
def begin(engine: Failing) -> Callable[[], Work]:
    return Runner(engine, bindings_only(), today=lambda: date(2000, 1, 1)).work


async def commands(engine: Failing, command: str = APPLICANT_COMMAND) -> list[tuple[str, str]]:
    """Return what has been asked for since the last look: deanery and day."""
    found = [message.decode(GenerateFile) for message in await engine.claim(f"esr.queue.{command}", 1000)]
    return [(each.deanery, str(each.day)) for each in found]


def one_a_deanery(day: str) -> list[tuple[str, str]]:
    return [(deanery, day) for deanery in DEANERIES]


async def test_nothing_is_due_at_the_first_look(engine: Failing, begin: Callable[[], Work]) -> None:
    assert await Schedule(AT_14).tick(begin, at("2026-01-10T14:00:01")) == []
    assert await commands(engine) == []


async def test_at_two_all_thirteen_are_asked_for_once_with_the_day(
    engine: Failing, begin: Callable[[], Work]
) -> None:
    schedule = Schedule(AT_14)
    await schedule.tick(begin, at("2026-01-10T09:00"))
    assert await schedule.tick(begin, at("2026-01-10T13:59:59")) == []
    assert await commands(engine) == []
    assert await schedule.tick(begin, at("2026-01-10T14:00")) == [APPLICANT_COMMAND]
    assert await commands(engine) == one_a_deanery("2026-01-10")
    for later in ("14:00", "14:00:05", "23:59:59"):
        assert await schedule.tick(begin, at(f"2026-01-10T{later}")) == []
    assert await commands(engine) == []
    assert await schedule.tick(begin, at("2026-01-11T14:00:04")) == [APPLICANT_COMMAND]
    assert await commands(engine) == one_a_deanery("2026-01-11")


async def test_each_command_has_its_own_time(engine: Failing, begin: Callable[[], Work]) -> None:
    schedule = Schedule(AT_14 | {NOTIFICATION_COMMAND: "0 15 * * *"})
    await schedule.tick(begin, at("2026-07-10T09:00"))
    assert await schedule.tick(begin, at("2026-07-10T13:00")) == [APPLICANT_COMMAND]
    assert await schedule.tick(begin, at("2026-07-10T14:00")) == [NOTIFICATION_COMMAND]
    assert await commands(engine) == one_a_deanery("2026-07-10")
    assert await commands(engine, NOTIFICATION_COMMAND) == one_a_deanery("2026-07-10")


@pytest.mark.parametrize(
    ("stopped", "up_again", "meant"),
    [
        ("2026-01-10T13:00", "2026-01-10T16:00", "2026-01-10"),
        ("2026-01-10T13:00", "2026-01-11T09:00", "2026-01-10"),
        ("2026-01-10T13:00", "2026-01-12T09:00", "2026-01-11"),
        ("2026-01-10T13:00", "2026-01-12T14:00", "2026-01-12"),
        ("2026-03-28T13:00", "2026-03-29T13:30", "2026-03-29"),
        ("2026-10-24T12:00", "2026-10-25T13:30", "2026-10-24"),
    ],
)
async def test_what_was_missed_is_asked_for_once_for_the_last_day_that_was_meant(
    engine: Failing, begin: Callable[[], Work], stopped: str, up_again: str, meant: str
) -> None:
    await Schedule(AT_14).tick(begin, at(stopped))
    assert await Schedule(AT_14).tick(begin, at(up_again)) == [APPLICANT_COMMAND]
    assert await commands(engine) == one_a_deanery(meant)
    assert await Schedule(AT_14).tick(begin, at(up_again) + timedelta(seconds=5)) == []
    assert await commands(engine) == []


async def test_a_day_ends_at_midnight_in_london(engine: Failing, begin: Callable[[], Work]) -> None:
    schedule = Schedule({APPLICANT_COMMAND: "15 0 * * *"})
    await schedule.tick(begin, at("2026-07-10T12:00"))
    await schedule.tick(begin, at("2026-07-10T23:15"))
    assert await commands(engine) == one_a_deanery("2026-07-11")


async def test_two_processes_that_look_at_the_same_moment_ask_once(
    engine: Failing, begin: Callable[[], Work]
) -> None:
    for moment, asked in (("09:00", []), ("14:00", [APPLICANT_COMMAND])):
        looks = [Schedule(AT_14).tick(begin, at(f"2026-01-10T{moment}")) for _ in range(2)]
        first, second = await asyncio.gather(*looks, return_exceptions=True)
        assert first == asked
        assert isinstance(second, ConflictError)
    assert await commands(engine) == one_a_deanery("2026-01-10")
    assert await Schedule(AT_14).tick(begin, at("2026-01-10T14:00:05")) == []
    assert await commands(engine) == []


async def test_what_could_not_be_stored_was_not_asked_for_and_stays_due(
    engine: Failing, begin: Callable[[], Work]
) -> None:
    schedule = Schedule(AT_14)
    await schedule.tick(begin, at("2026-01-10T09:00"))
    engine.full = True
    with pytest.raises(TransientError, match="the disk is full"):
        await schedule.tick(begin, at("2026-01-10T14:00"))
    engine.full = False
    assert await commands(engine) == []
    assert await schedule.tick(begin, at("2026-01-10T14:05")) == [APPLICANT_COMMAND]
    assert await commands(engine) == one_a_deanery("2026-01-10")


async def test_a_changed_expression_counts_from_now(engine: Failing, begin: Callable[[], Work]) -> None:
    await Schedule(AT_14).tick(begin, at("2026-01-10T09:00"))
    at_10 = Schedule({APPLICANT_COMMAND: "0 10 * * *"})
    assert await at_10.tick(begin, at("2026-01-10T11:00")) == []
    assert await at_10.tick(begin, at("2026-01-10T14:00")) == []
    assert await commands(engine) == []
    assert await at_10.tick(begin, at("2026-01-11T10:00")) == [APPLICANT_COMMAND]
    assert await commands(engine) == one_a_deanery("2026-01-11")


async def test_a_run_that_was_due_before_the_expression_was_changed_is_made_up_for(
    engine: Failing, begin: Callable[[], Work]
) -> None:
    await Schedule(AT_14).tick(begin, at("2026-01-10T13:00"))
    at_15 = Schedule({APPLICANT_COMMAND: "0 15 * * *"})
    assert await at_15.tick(begin, at("2026-01-10T16:00")) == [APPLICANT_COMMAND]
    assert await at_15.tick(begin, at("2026-01-11T14:30")) == []
    assert await at_15.tick(begin, at("2026-01-11T15:00")) == [APPLICANT_COMMAND]
    assert await commands(engine) == one_a_deanery("2026-01-10") + one_a_deanery("2026-01-11")


async def test_the_hour_that_comes_twice_asks_once_however_often_it_is_looked_at(
    engine: Failing, begin: Callable[[], Work]
) -> None:
    crons = {APPLICANT_COMMAND: "30 1 * * *"}
    asked = []
    for minutes in range(0, 240, 5):
        moment = at("2026-10-24T23:00") + timedelta(minutes=minutes)
        asked += [(command, moment) for command in await Schedule(crons).tick(begin, moment)]
    assert asked == [(APPLICANT_COMMAND, at("2026-10-25T00:30"))]
    assert await commands(engine) == one_a_deanery("2026-10-25")


async def test_a_process_that_starts_within_the_hour_that_comes_twice_has_nothing_to_make_up_for(
    engine: Failing, begin: Callable[[], Work]
) -> None:
    schedule = Schedule({APPLICANT_COMMAND: "30 1 * * *"})
    for moment in ("01:10", "01:15", "01:30", "02:00"):
        assert await schedule.tick(begin, at(f"2026-10-25T{moment}")) == []
    assert await commands(engine) == []
