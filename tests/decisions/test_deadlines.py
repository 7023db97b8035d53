from datetime import date, timedelta

import pytest

from tis_esr.decisions.deadlines import FIRST_TO_GO, Deadline, deadline
from tis_esr.decisions.periods import ApplicantWindow

FRIDAY, MONDAY = date(2026, 11, 27), date(2026, 11, 30)


@pytest.mark.parametrize(
    ("start", "with_a_file_each_day", "with_files_on_working_days"),
    [
        (date(2026, 11, 26), Deadline.MISSED, Deadline.MISSED),
        (date(2026, 11, 27), Deadline.MISSED, Deadline.MISSED),
        (date(2026, 11, 28), Deadline.MISSED, Deadline.MISSED),
        (date(2026, 11, 29), Deadline.LEAVING, Deadline.LEAVING),
        (date(2026, 11, 30), None, Deadline.LEAVING),
        (date(2026, 12, 1), None, Deadline.LEAVING),
        (date(2026, 12, 2), None, None),
        (date(2027, 6, 1), None, None),
    ],
)
def test_who_can_not_wait_until_the_next_file_is_leaving(
    start, with_a_file_each_day, with_files_on_working_days
):
    """The window opens 2 days before the start: of Friday's candidates who starts on Sunday is too late on Saturday."""
    working_days = ApplicantWindow(next_file=lambda day: {FRIDAY: MONDAY}[day])
    assert deadline(start, FRIDAY, ApplicantWindow()) is with_a_file_each_day
    assert deadline(start, FRIDAY, working_days) is with_files_on_working_days


@pytest.mark.parametrize("opens_days", [0, 1, 2, 10])
def test_every_day_somebody_is_missed_leaves_or_can_wait_in_the_order_of_their_starts(opens_days):
    window = ApplicantWindow(opens_days=opens_days)
    starts = [FRIDAY + timedelta(days=days) for days in range(-1, 20)]
    standings = [deadline(start, FRIDAY, window) for start in starts]
    missed, leaving = standings.count(Deadline.MISSED), standings.count(Deadline.LEAVING)
    assert (missed, leaving) == (opens_days + 1, 1)
    assert standings == [Deadline.MISSED] * missed + [Deadline.LEAVING] + [None] * (20 - missed)


def test_the_earliest_start_goes_first_so_whoever_leaves_goes_before_whoever_can_wait():
    assert FIRST_TO_GO[0] == "date_from"
