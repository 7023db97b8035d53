from datetime import date

import pytest
from tests.decisions.invented import NPN, TODAY, incumbent, placement

from tis_esr.decisions.notifications.placement_events import ApprovedVersion, created, deleted, updated

AUGUST, APRIL, SUMMER = date(2025, 8, 6), date(2026, 4, 7), date(2026, 8, 4)
NEXT = date(2026, 4, 8)


def people(notifications):
    """Return type, current and next of each."""
    return [
        (n.notification_title_code, n.current_trainee_last_name, n.next_appointment_trainee_last_name)
        for n in notifications
    ]


def change(before, after, approved=None, of_post=()):
    return updated(NPN, before, after, approved, of_post, TODAY, incumbent)


def test_a_newcomer_is_told_with_each_trainee_who_is_at_the_site_now():
    share_1, share_2 = placement(1, AUGUST, APRIL), placement(2, AUGUST, APRIL)
    elsewhere = placement(3, AUGUST, APRIL, site_code="RX102")
    new = placement(4, NEXT, SUMMER)
    told = created(NPN, new, [new, share_2, elsewhere, share_1], TODAY, incumbent)
    assert people(told) == [("1", "Example1", "Example4"), ("1", "Example2", "Example4")]


@pytest.mark.parametrize(
    ("start", "told"), [(date(2026, 1, 1), 1), (TODAY, 1), (date(2026, 5, 31), 1), (date(2026, 6, 1), 0)]
)
def test_a_new_placement_is_told_until_13_weeks_ahead_also_when_it_has_started(start, told):
    assert len(created(NPN, placement(1, start, SUMMER), [], TODAY, incumbent)) == told


def test_a_new_placement_that_does_not_count_says_nothing():
    assert created(NPN, placement(1, NEXT, SUMMER, placement_type="OOPE"), [], TODAY, incumbent) == []


def test_a_new_placement_without_a_start_says_nothing():
    assert created(NPN, placement(1, None, None), [], TODAY, incumbent) == []


def test_a_current_placement_with_another_end_is_told_with_the_first_to_come_at_its_site():
    before, after = placement(1, AUGUST, APRIL), placement(1, AUGUST, date(2026, 3, 31))
    sooner, later = placement(2, NEXT, SUMMER), placement(3, date(2026, 5, 1), SUMMER)
    approved = ApprovedVersion(date_from=AUGUST, date_to=APRIL)
    told = change(before, after, approved, [later, before, sooner])
    assert people(told) == [("1", "Example1", "Example2"), ("4", "Example1", "Example2")]
    assert told[1].change_of_projected_end_date == date(2026, 3, 31)


def test_a_future_placement_with_another_start_is_told_with_who_is_there_now():
    now, before = placement(1, AUGUST, APRIL), placement(2, NEXT, SUMMER)
    after = placement(2, date(2026, 4, 15), SUMMER)
    told = change(before, after, ApprovedVersion(date_from=NEXT, date_to=SUMMER), [now, before])
    assert people(told) == [("1", "Example1", "Example2"), ("4", "Example1", "Example2")]
    assert told[1].change_of_projected_hire_date == date(2026, 4, 15)


def test_a_placement_brought_forward_into_the_13_weeks_is_told():
    before = placement(1, date(2026, 9, 1), date(2027, 1, 1))
    after = placement(1, date(2026, 5, 31), date(2027, 1, 1))
    told = change(before, after, ApprovedVersion(date_from=date(2026, 9, 1), date_to=date(2027, 1, 1)))
    assert [n.notification_title_code for n in told] == ["1", "4"]


def test_a_date_that_was_never_logged_is_no_change():
    before = placement(1, NEXT, SUMMER)
    assert change(before, before, ApprovedVersion(date_from=NEXT, date_to=None)) == []


def test_an_approved_placement_that_tcs_has_not_logged_is_compared_with_what_was_stored():
    before, after = placement(1, NEXT, SUMMER), placement(1, date(2026, 4, 9), SUMMER)
    assert [n.notification_title_code for n in change(before, after)] == ["1", "4"]
    assert change(before, before) == []


@pytest.mark.parametrize("field", ["site_code", "grade_abbreviation"])
def test_another_site_or_grade_says_nothing(field):
    before, after = placement(1, NEXT, SUMMER), placement(1, NEXT, SUMMER, **{field: "OTHER"})
    assert change(before, after, ApprovedVersion(date_from=NEXT, date_to=SUMMER)) == []


def test_other_hours_of_who_is_there_now_are_told_with_the_next():
    before, after = placement(1, AUGUST, APRIL), placement(1, AUGUST, APRIL, whole_time_equivalent=0.8)
    approved = ApprovedVersion(date_from=AUGUST, date_to=APRIL)
    told = change(before, after, approved, [before, placement(2, NEXT, SUMMER)])
    assert people(told) == [("1", "Example1", "Example2")]
    assert str(told[0].current_trainee_working_hours_indicator) == "0.8"


def test_hours_that_were_unknown_and_are_known_now_are_told():
    before, after = placement(1, AUGUST, APRIL, whole_time_equivalent=None), placement(1, AUGUST, APRIL)
    assert len(change(before, after, ApprovedVersion(date_from=AUGUST, date_to=APRIL))) == 1


def test_hours_that_are_gone_say_nothing():
    before, after = placement(1, AUGUST, APRIL), placement(1, AUGUST, APRIL, whole_time_equivalent=None)
    assert change(before, after, ApprovedVersion(date_from=AUGUST, date_to=APRIL)) == []


def test_a_deleted_placement_is_never_the_next_one():
    """TCS may name it as the next when there is no other."""
    gone, now = placement(2, NEXT, SUMMER), placement(1, AUGUST, APRIL)
    told = deleted(NPN, gone, [gone, now], TODAY, incumbent)
    assert people(told) == [("1", "Example1", None), ("2", "Example1", None)]
    assert [n.post_vacant_at_next_rotation for n in told] == ["Y", "Y"]
    assert told[1].withdrawn_trainee_last_name == "Example2"


def test_a_deleted_placement_is_never_the_current_one():
    gone = placement(1, AUGUST, APRIL)
    assert people(deleted(NPN, gone, [gone], TODAY, incumbent)) == [("1", None, None), ("2", None, None)]


def test_after_a_deletion_the_same_site_is_preferred_and_else_the_first_to_start():
    gone = placement(9, NEXT, SUMMER)
    elsewhere = placement(1, AUGUST, APRIL, site_code="RX102")
    here = placement(2, date(2025, 9, 1), APRIL)
    sooner = placement(3, NEXT, SUMMER, site_code="RX102")
    later = placement(4, date(2026, 5, 1), SUMMER, site_code="RX103")
    told = deleted(NPN, gone, [gone, later, elsewhere, sooner, here], TODAY, incumbent)
    assert people(told)[0] == ("1", "Example2", "Example3")


@pytest.mark.parametrize(
    ("start", "is_next"),
    [(TODAY, True), (date(2026, 6, 1), True), (date(2026, 6, 2), False)],
)
def test_after_a_deletion_next_is_who_starts_within_three_calendar_months(start, is_next):
    gone, other = placement(1, NEXT, SUMMER), placement(2, start, SUMMER)
    told = deleted(NPN, gone, [gone, other], TODAY, incumbent)
    assert told[0].next_appointment_trainee_last_name == ("Example2" if is_next else None)


@pytest.mark.parametrize(
    ("today", "last_day_in"),
    [(date(2026, 11, 30), date(2027, 2, 27)), (date(2026, 12, 31), date(2027, 3, 30))],
)
def test_three_months_on_end_with_the_month_where_it_is_shorter(today, last_day_in):
    gone, end = placement(1, today, date(2028, 1, 1)), date(2028, 1, 1)
    inside = deleted(NPN, gone, [placement(2, last_day_in, end)], today, incumbent)
    outside = deleted(
        NPN, gone, [placement(2, date.fromordinal(last_day_in.toordinal() + 1), end)], today, incumbent
    )
    assert inside[0].next_appointment_trainee_last_name == "Example2"
    assert outside[0].next_appointment_trainee_last_name is None


def test_a_draft_that_was_approved_once_is_withdrawn_when_it_is_deleted():
    gone = placement(1, NEXT, SUMMER, lifecycle_state="DRAFT")
    assert deleted(NPN, gone, [gone], TODAY, incumbent) == []
    told = deleted(NPN, gone, [gone], TODAY, incumbent, ever_approved=True)
    assert [n.notification_title_code for n in told] == ["1", "2"]


def test_an_out_of_programme_placement_that_is_deleted_withdraws_nobody():
    gone = placement(1, NEXT, SUMMER, placement_type="OOPC")
    assert deleted(NPN, gone, [gone], TODAY, incumbent) == []
