"""Days on which no file comes: what the calendar changes goes to ESR all the same, once, late rather than never."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.small_world import NPN, Small, por, small_world

from tis_esr.simulation.days.generated_world import World


def one_after_the_other(world: World) -> None:
    post = world.post("EOE", npn=NPN)
    for start, end in ((-100, 29), (30, 129), (130, 200)):
        world.placement(post, world.person(), start, end)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    with small_world(tmp_path, one_after_the_other) as small:
        small.file(por())
        small.run()
        for file in (small.folder / "in").iterdir():
            file.unlink()
        yield small


def told(small: Small, day_number: int) -> list[tuple[str, ...]]:
    """Return type, present and next trainee of each notification of a day: first, second or third."""
    small.run(day_number)
    trainees = {"": ""} | {
        person["gmcDetails"]["gmcNumber"]: which
        for person, which in zip(small.world.people, ("first", "second", "third"), strict=True)
    }
    rows = [[cell.strip('"') for cell in row.split(",")] for row in small.sent("DNC", day_number)]
    return [(row[1], trainees[row[10]], trainees[row[16]]) for row in rows]


def test_a_placement_that_begins_makes_the_next_one_the_current_one(small: Small) -> None:
    assert told(small, 27) == []
    assert told(small, 30) == [("1", "second", "")]
    assert told(small, 30) == [("1", "second", "")]
    assert told(small, 31) == []


def test_one_that_comes_within_13_weeks_is_named_as_next(small: Small) -> None:
    assert told(small, 30) == [("1", "second", "")]
    assert told(small, 39) == []
    assert told(small, 40) == [("1", "second", "third")]


def test_days_on_which_nothing_ran_are_made_up_for_by_what_is_so_now(small: Small) -> None:
    assert told(small, 131) == [("1", "third", "")]
    assert told(small, 201) == []
    assert told(small, 202) == []


def test_the_days_report_counts_what_the_missed_days_had_brought_and_no_longer_holds(small: Small) -> None:
    """The first one left and the second one was there, both unsaid; the third one had come into view, and is there now."""
    assert small.run(7)[1].stale == {"COMES_INTO_VIEW": 0, "BEGINS": 0, "IS_OVER": 0}
    stale = {"COMES_INTO_VIEW": 1, "BEGINS": 1, "IS_OVER": 2}
    assert small.run(131)[1].stale == stale
    assert small.run(131)[1].stale == stale
    assert set(small.run(132)[1].stale.values()) == {0}


def test_what_changed_in_tis_goes_on_the_next_day_although_no_file_names_the_position(small: Small) -> None:
    second = small.tcs.simulator.store.placements[1_900_002]
    second["dateFrom"] = "2026-12-30"
    assert told(small, 1) == [("1", "first", "second"), ("4", "first", "second")]
    assert told(small, 1) == [("1", "first", "second"), ("4", "first", "second")]
    assert told(small, 2) == []
