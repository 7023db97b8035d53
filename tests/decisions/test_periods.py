from datetime import date, timedelta

import pytest
from tests.decisions.invented import TODAY, placement

from tis_esr.decisions.periods import (
    ApplicantWindow,
    is_current,
    is_next,
    is_trainees_future,
    notification_period_end,
)

MARCH_1, MARCH_3, MARCH_4 = date(2026, 3, 1), date(2026, 3, 3), date(2026, 3, 4)
MAY_31, JUNE_1, JUNE_2 = date(2026, 5, 31), date(2026, 6, 1), date(2026, 6, 2)
"""Today is 2 March 2026, so the second day on is 4 March and 13 weeks on is 1 June."""


@pytest.mark.parametrize(
    ("start", "sent"),
    [(TODAY, False), (MARCH_3, False), (MARCH_4, True), (MAY_31, True), (JUNE_1, False), (JUNE_2, False)],
)
def test_an_applicant_is_sent_from_the_second_day_ahead_until_13_weeks_are_not_quite_full(start, sent):
    assert ApplicantWindow().holds(start, TODAY) is sent


def test_both_edges_of_the_applicant_window_can_be_set():
    window = ApplicantWindow(opens_days=0, closes_weeks=1)
    assert window.edges(TODAY) == (date(2026, 3, 2), date(2026, 3, 9))
    assert window.holds(TODAY, TODAY)
    assert not window.holds(date(2026, 3, 9), TODAY)


def test_the_window_counts_days_over_the_change_to_summer_time():
    assert ApplicantWindow().edges(date(2026, 3, 28)) == (date(2026, 3, 30), date(2026, 6, 27))


@pytest.mark.parametrize("window", [ApplicantWindow(), ApplicantWindow(opens_days=0, closes_weeks=1)])
def test_the_first_and_the_last_day_in_the_window_are_those_on_which_it_holds_the_start(window):
    start = date(2026, 6, 3)
    first, last, day = window.reached_on(start), window.last_day(start), timedelta(days=1)
    assert [window.holds(start, today) for today in (first - day, first, last, last + day)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_placement_reaches_the_window_on_the_day_after_13_weeks_before_its_start():
    assert ApplicantWindow().reached_on(JUNE_2) == date(2026, 3, 4)
    assert ApplicantWindow().last_day(JUNE_2) == MAY_31


@pytest.mark.parametrize(
    ("day", "end"),
    [
        (date(2026, 5, 6), date(2026, 8, 5)),
        (date(2020, 2, 28), date(2020, 5, 29)),
        (date(2026, 11, 30), date(2027, 3, 1)),
    ],
)
def test_the_notification_period_is_13_weeks_not_3_months(day, end):
    assert notification_period_end(day) == end


@pytest.mark.parametrize(
    ("start", "end", "current"),
    [
        (TODAY, TODAY, True),
        (MARCH_1, TODAY, True),
        (TODAY, JUNE_1, True),
        (date(2025, 1, 1), MARCH_1, False),
        (MARCH_3, JUNE_1, False),
        (None, JUNE_1, False),
        (MARCH_1, None, False),
    ],
)
def test_a_placement_is_current_on_its_first_and_its_last_day(start, end, current):
    assert is_current(placement(1, start, end), TODAY) is current


@pytest.mark.parametrize(
    ("start", "coming"),
    [(TODAY, False), (MARCH_3, True), (MARCH_4, True), (MAY_31, True), (JUNE_1, False), (None, False)],
)
def test_a_placement_is_next_in_its_post_up_to_the_day_before_it_starts(start, coming):
    assert is_next(placement(1, start, date(2026, 12, 1)), TODAY) is coming


@pytest.mark.parametrize(
    ("start", "future"),
    [(TODAY, False), (MARCH_3, True), (JUNE_1, True), (JUNE_2, False), (None, False)],
)
def test_a_trainee_goes_to_a_placement_that_starts_up_to_13_weeks_on_that_day_included(start, future):
    assert is_trainees_future(placement(1, start, date(2026, 12, 1)), TODAY) is future
