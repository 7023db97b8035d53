"""A day can be run from the first file on and not in the future; a dry run may look ahead."""

from datetime import date

import pytest

from tis_esr.errors import UsageError
from tis_esr.operations.as_of import KnownDays, check_day

KNOWN = KnownDays(first=date(2026, 11, 20), last=date(2026, 11, 24), exported=date(2026, 11, 24))
TODAY = date(2026, 11, 24)


def said(day: date, *, is_live: bool, dry_run: bool = False, today: date = TODAY) -> str:
    try:
        return check_day(KNOWN, day, today, is_live=is_live, dry_run=dry_run)
    except UsageError as error:
        return str(error)


@pytest.mark.parametrize("is_live", [True, False])
@pytest.mark.parametrize("dry_run", [True, False])
def test_a_day_before_the_first_file_is_refused(is_live: bool, dry_run: bool) -> None:
    text = said(date(2026, 11, 19), is_live=is_live, dry_run=dry_run)
    assert text.startswith(
        "--as-of: 2026-11-19 is before 20 Nov 2026, the first day of which a file is known"
    )


def test_while_services_run_a_day_after_tomorrow_is_in_the_future_except_for_a_dry_run() -> None:
    assert said(date(2026, 11, 25), is_live=True) == ""
    assert said(date(2026, 11, 26), is_live=True) == (
        "--as-of: 2026-11-26 is in the future: the last day possible is 25 Nov 2026; look ahead with --dry-run"
    )
    assert said(date(2026, 11, 26), is_live=True, dry_run=True) == ""


def test_today_is_possible_however_long_ago_the_last_file_was() -> None:
    assert said(date(2027, 6, 1), is_live=True, today=date(2027, 6, 1)) == ""
    assert said(date(2027, 6, 1), is_live=False, today=date(2027, 6, 1)) == ""


def test_days_may_be_run_by_hand_at_any_time_but_not_26_weeks_after_the_last_one() -> None:
    assert said(date(2027, 5, 25), is_live=False) == ""
    assert "is more than 26 weeks after 24 Nov 2026" in said(date(2027, 5, 26), is_live=False)
    assert said(date(2027, 5, 26), is_live=False, dry_run=True) == ""


def test_a_day_before_the_last_export_is_possible_with_a_note() -> None:
    assert said(date(2026, 11, 23), is_live=False) == (
        "files of 24 Nov 2026 were already exported; what they contain is not sent again as of 23 Nov 2026"
    )
    assert said(date(2026, 11, 24), is_live=False) == ""


def test_where_nothing_is_known_every_day_is_possible() -> None:
    assert check_day(None, date(2099, 1, 1), TODAY, is_live=True, dry_run=False) == ""
