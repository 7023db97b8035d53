"""What the calendar alone changes of a post: 13 weeks ahead, the first day, the day after the last."""

from datetime import date, timedelta

import pytest
from tests.decisions.invented import TODAY, placement

from tis_esr.decisions.notifications.date_events import (
    DateEvent,
    Passage,
    date_events,
    next_date_event,
    stale_events,
    vacated,
)
from tis_esr.tcs.models import Placement

START, END = date(2026, 8, 5), date(2027, 2, 2)
A_MONTH_AGO, LONG_AGO = TODAY - timedelta(days=30), TODAY - timedelta(days=500)


def days(number: int) -> timedelta:
    return timedelta(days=number)


def test_a_placement_comes_into_view_begins_and_is_over() -> None:
    assert date_events([placement(7, START, END)]) == [
        DateEvent(date(2026, 5, 7), 7, Passage.COMES_INTO_VIEW),
        DateEvent(date(2026, 8, 5), 7, Passage.BEGINS),
        DateEvent(date(2027, 2, 3), 7, Passage.IS_OVER),
    ]


@pytest.mark.parametrize(
    "changes", [{"lifecycle_state": "DRAFT"}, {"placement_type": "OOPT"}, {"placement_type": None}]
)
def test_a_placement_that_does_not_count_changes_nothing(changes: dict[str, str]) -> None:
    assert date_events([placement(7, START, END, **changes)]) == []


def test_open_ended_and_undated_placements_have_the_days_that_they_have() -> None:
    found = date_events([placement(1, None, None), placement(2, START, None), placement(3, None, END)])
    assert [(event.placement_id, event.passage) for event in found] == [
        (2, Passage.COMES_INTO_VIEW),
        (2, Passage.BEGINS),
        (3, Passage.IS_OVER),
    ]
    assert date_events([placement(4, None, date.max)]) == []


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 5, 6), date(2026, 5, 7)),
        (date(2026, 5, 7), date(2026, 8, 5)),
        (date(2026, 8, 4), date(2026, 8, 5)),
        (date(2026, 8, 5), date(2027, 2, 3)),
        (date(2027, 2, 3), None),
    ],
)
def test_the_next_day_is_after_today(today: date, expected: date | None) -> None:
    assert next_date_event([placement(7, START, END)], today) == expected


def test_after_an_outage_only_what_still_holds_is_told() -> None:
    """A placement came into view and began meanwhile, another began and ended, a third is there still."""
    of_post = [
        placement(1, TODAY - days(1), TODAY + days(90)),
        placement(2, TODAY - days(6), TODAY - days(2)),
        placement(3, TODAY - days(200), TODAY - days(7)),
    ]
    assert stale_events(of_post, TODAY - days(7), TODAY) == [
        DateEvent(TODAY - days(6), 2, Passage.BEGINS),
        DateEvent(TODAY - days(6), 3, Passage.IS_OVER),
        DateEvent(TODAY - days(1), 2, Passage.IS_OVER),
    ]
    assert stale_events(of_post, TODAY, TODAY) == []


def leavers(*of_post: Placement, since: date = A_MONTH_AGO) -> list[int]:
    return [pair.current.id for pair in vacated(of_post, since, TODAY) if pair.current]


def test_who_left_last_is_named_where_nobody_follows() -> None:
    assert leavers(placement(1, TODAY - days(90), TODAY - days(1))) == [1]
    assert leavers(placement(1, TODAY - days(90), TODAY - days(20))) == [1]
    both = [placement(1, TODAY - days(90), TODAY - days(9)), placement(2, TODAY - days(8), TODAY - days(1))]
    assert leavers(*both) == [2]
    together = [placement(n, TODAY - days(90 - n), TODAY - days(1)) for n in (2, 1)]
    assert leavers(*together) == [1, 2]


def test_nobody_is_named_where_somebody_is_there_or_to_come_or_the_end_is_open() -> None:
    left = placement(1, TODAY - days(90), TODAY - days(1))
    assert leavers(left, placement(2, TODAY, TODAY + days(9))) == []
    assert leavers(left, placement(2, TODAY + days(300), TODAY + days(400), lifecycle_state="DRAFT")) == []
    assert leavers(left, placement(2, TODAY - days(9), None)) == []
    assert leavers(left, placement(2, None, None)) == [1]
    assert leavers() == []


def test_nobody_is_named_who_left_before_the_post_was_watched_or_more_than_13_weeks_ago() -> None:
    assert leavers(placement(1, TODAY - days(90), TODAY - days(1)), since=TODAY) == [1]
    assert leavers(placement(1, TODAY - days(90), TODAY - days(2)), since=TODAY) == []
    assert leavers(placement(1, TODAY - days(400), TODAY - days(91)), since=LONG_AGO) == [1]
    assert leavers(placement(1, TODAY - days(400), TODAY - days(92)), since=LONG_AGO) == []
    assert leavers(placement(1, TODAY - days(90), TODAY - days(1), placement_type="OOPT")) == []
