"""What the store counts of parked messages: the same groups as the messages themselves give, on both engines."""

import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.operations.parked_desk import FAILED, Desk, desk
from tests.services.bench import Benches
from tests.services.conftest import benches, embedded

from tis_esr.engine.embedded.reader import StateReader
from tis_esr.engine.reader_protocol import ParkedTally
from tis_esr.operations.parked.ages import starts_of_bands
from tis_esr.operations.parked.grouping import CountedGroup, counted_by, grouped_by
from tis_esr.operations.parked.kinds import AgeBand, Grouping
from tis_esr.operations.parked.listing import Choice, parked_messages
from tis_esr.parking_causes import ParkingCause

__all__ = ["benches", "embedded"]
EMD = "DE_EMD_RMC_20261124_00000102.DAT"
EOE = "DE_EOE_RMC_20261124_00000101.DAT"


async def three_kinds(here: Desk) -> None:
    await here.park(1, 2, 3)
    await here.park(4, fault=FAILED)
    await here.park(11, 12, file=EMD)


def tallies(here: Desk, *starts: float) -> list[ParkedTally]:
    with closing(here.bench.reader()) as reader:
        return reader.parked_tallies(starts)


async def test_messages_are_counted_by_office_file_and_cause(benches: Benches) -> None:
    async with desk(benches) as here:
        assert tallies(here) == []
        await three_kinds(here)
        found = tallies(here)
        first = min(one.oldest for one in found)
        assert first == min(trace.parked_since for trace in here.bench.reader().parked())
    assert sorted((one.deanery, one.source_file, one.cause, one.number) for one in found) == [
        ("EMD", EMD, "tcs-rejected", 2),
        ("EOE", EOE, "tcs-failed", 1),
        ("EOE", EOE, "tcs-rejected", 3),
    ]


async def test_they_are_counted_apart_between_the_moments_that_are_asked_for(benches: Benches) -> None:
    async with desk(benches) as here:
        await here.park(1, 2)
        between = time.time()
        await here.park(3)
        assert sorted(one.number for one in tallies(here, between, between + 3600)) == [1, 2]
        assert [one.number for one in tallies(here, 0.0)] == [3]


@pytest.mark.parametrize("by", Grouping)
@pytest.mark.parametrize(
    "choice",
    [
        Choice(),
        Choice(cause=ParkingCause.TCS_REJECTED),
        Choice(deanery="EMD"),
        Choice(file=EOE),
        Choice(age=AgeBand.TODAY),
        Choice(age=AgeBand.OLDER),
    ],
)
async def test_their_groups_are_those_of_the_messages(by: Grouping, choice: Choice, benches: Benches) -> None:
    async with desk(benches) as here:
        await three_kinds(here)
        now = time.time()
        with closing(here.bench.reader()) as reader:
            counted = counted_by(by, reader.parked_tallies(starts_of_bands(now)), choice, now)
            listed = grouped_by(by, parked_messages(reader, choice, now), choice, now)
    assert counted == [_without_messages(one) for one in listed]


def _without_messages(group: CountedGroup) -> CountedGroup:
    return CountedGroup(**{name: getattr(group, name) for name in CountedGroup.__struct_fields__})


def test_messages_parked_between_two_starts_are_of_one_age() -> None:
    """Days begin at midnight in London, also of days before the end of summer time."""
    now = datetime(2026, 10, 27, 9, tzinfo=UTC).timestamp()
    assert [datetime.fromtimestamp(start, UTC).isoformat() for start in starts_of_bands(now)] == [
        "2026-10-27T00:00:00+00:00",
        "2026-10-19T23:00:00+00:00",
        "2026-09-26T23:00:00+00:00",
    ]


async def test_a_message_whose_time_is_not_stored_does_not_hide_since_when_others_are_parked(
    benches: Benches,
) -> None:
    now = time.time()
    async with desk(benches) as here:
        await here.park(1, 2)
        with closing(here.bench.reader()) as reader:
            if not isinstance(reader, StateReader):
                pytest.skip("MongoDB always stores it")
            file = Path(reader._connection.execute("PRAGMA database_list").fetchone()[2])
        with sqlite3.connect(file) as store:
            old = {1: (0.0, 0.0), 2: (now - 90 * 86400, 1.0)}
            for id_, number in here.sent.items():
                store.execute(
                    "UPDATE messages SET parked_at = ?, created = ? WHERE id = ?", (*old[number], id_)
                )
        found = counted_by(Grouping.AGE, tallies(here, *starts_of_bands(now)), Choice(), now)
    assert [(one.key, one.number) for one in found] == [("over-30d", 1), ("unknown", 1)]
