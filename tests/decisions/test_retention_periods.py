"""The days before which things are old, and what of it may go: the edges, by hand."""

from datetime import date, timedelta

import pytest

from tis_esr.decisions.retention_periods import (
    Retention,
    are_stamps_over,
    is_applicant_over,
    is_notification_over,
    is_older_than_ledger,
    placement_of,
)

DAY = date(2026, 11, 24)
KEEP = Retention(rows_days=35, personal_days=90, history_days=400)
CUTOFFS = KEEP.cutoffs(DAY)


def test_the_days_before_which_things_are_old() -> None:
    assert (CUTOFFS.messages, CUTOFFS.personal) == (date(2026, 10, 20), date(2026, 8, 26))
    assert (CUTOFFS.history, CUTOFFS.guards) == (date(2025, 10, 20), date(2025, 6, 17))


def test_a_row_of_the_oldest_file_that_is_taken_comes_before_what_guards_against_it_goes() -> None:
    """It waits as long as rows are kept, is parked as long as personal data are, and is redriven on the last day."""
    taken_on = DAY
    oldest_file = KEEP.cutoffs(taken_on).history
    handled_on = taken_on + timedelta(days=KEEP.rows_days + KEEP.personal_days)
    assert KEEP.cutoffs(handled_on).guards <= oldest_file


@pytest.mark.parametrize(("seconds", "guards"), [(35 * 86400 - 1, date(2025, 6, 17)), (35 * 86400, date.min)])
def test_no_guard_is_old_while_a_message_waits_for_long(seconds: float, guards: date) -> None:
    assert KEEP.cutoffs(DAY, seconds).guards == guards


@pytest.mark.parametrize(("days", "guards"), [(124, date(2025, 6, 17)), (125, date.min)])
def test_no_guard_is_old_while_a_message_is_parked_again_and_again(days: int, guards: date) -> None:
    assert KEEP.cutoffs(DAY, open_longest_seconds=days * 86400).guards == guards


def test_a_file_is_older_than_the_ledger_only_where_something_was_purged() -> None:
    assert is_older_than_ledger(date(2025, 10, 19), CUTOFFS.history)
    assert not is_older_than_ledger(date(2025, 10, 20), CUTOFFS.history)
    assert not is_older_than_ledger(date(2000, 1, 1), None)


def test_an_applicant_is_over_when_the_placement_ended_before_the_history() -> None:
    assert is_applicant_over(date(2025, 10, 19), CUTOFFS)
    assert not is_applicant_over(date(2025, 10, 20), CUTOFFS)


@pytest.mark.parametrize(
    ("about", "placement"),
    [("6:1:now:11", "11"), ("6:1:next:12", "12"), ("6:sent:13:7", "13"), ("6:5", ""), ("6:1:next:", "")],
)
def test_a_notification_names_the_placement_that_it_is_about(about: str, placement: str) -> None:
    assert placement_of(about) == placement


@pytest.mark.parametrize(
    ("about", "is_pending", "is_last_sent", "live", "is_over"),
    [
        ("6:1:now:11", True, False, None, False),
        ("6:1:now:11", False, False, {"11"}, True),
        ("6:1:now:11", False, True, {"11"}, False),
        ("6:1:now:11", False, True, {"12"}, True),
        ("6:1:now:11", False, True, set(), True),
        ("6:1:now:11", False, True, None, True),
        ("6:5", False, True, {"12"}, False),
        ("6:5", False, True, set(), False),
        ("6:5", False, True, None, True),
    ],
)
def test_a_notification_is_over_when_esr_holds_a_later_word_or_its_thing_lives_no_more(
    about: str, *, is_pending: bool, is_last_sent: bool, live: set[str] | None, is_over: bool
) -> None:
    said = is_notification_over(
        about, is_pending=is_pending, is_current=False, is_last_sent=is_last_sent, live=live
    )
    assert said is is_over


def test_stamps_are_over_when_all_of_them_are() -> None:
    assert are_stamps_over([date(2025, 6, 16)], CUTOFFS)
    assert not are_stamps_over([date(2025, 6, 16), date(2025, 6, 17)], CUTOFFS)


@pytest.mark.parametrize(("is_last_sent", "expected"), [(True, False), (False, True)])
def test_what_was_sent_last_stays_while_the_newest_notifications_are_about_it(
    is_last_sent: bool, expected: bool
) -> None:
    """Who left last is named for 13 weeks, though no placement of theirs is to come."""
    said = is_notification_over(
        "1:1:now:9", is_pending=False, is_current=True, is_last_sent=is_last_sent, live=[]
    )
    assert said is expected
