"""TCS's PlacementResourceIntTest and PlacementServiceImplTest, as far as they are about notifications.

The id is the vector's name there; ids that begin with "ours" are edges that those tests leave open. What
they check of the REST interface itself (hours over 1, filters, closing, overlaps) is no rule of ours.
"""

from datetime import date

import pytest
from tests.decisions.invented import NPN, TODAY, incumbent, placement

from tis_esr.decisions.notifications.placement_events import ApprovedVersion, created, deleted, updated

DRAFT = {"lifecycle_state": "DRAFT"}
OUT_OF_PROGRAMME = {"placement_type": "OOPC"}
FEB_2, APR_2, APR_12 = date(2026, 2, 2), date(2026, 4, 2), date(2026, 4, 12)
MAY_2, JUNE_1, JUNE_2 = date(2026, 5, 2), date(2026, 6, 1), date(2026, 6, 2)
AUG_2, OCT_2 = date(2026, 8, 2), date(2026, 10, 2)
"""Today is 2 March 2026; the first day past 13 weeks is 1 June."""

NOW = placement(1, FEB_2, MAY_2)
COMING = placement(1, APR_2, OCT_2)
FAR = placement(1, AUG_2, OCT_2)


def codes(notifications):
    return [notification.notification_title_code for notification in notifications]


def log(of):
    """Return what TCS's placement log holds once a placement was approved."""
    return ApprovedVersion(date_from=of.date_from, date_to=of.date_to)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        pytest.param(COMING, ["1"], id="createPlacement"),
        pytest.param(placement(1, APR_2, OCT_2, **DRAFT), [], id="createDraftPlacement"),
        pytest.param(FAR, [], id="createPlacementStartingAfter3Months"),
        pytest.param(placement(1, date(2026, 5, 31), OCT_2), ["1"], id="ours: the last day under 13 weeks"),
        pytest.param(placement(1, JUNE_1, OCT_2), [], id="ours: 13 weeks to the day"),
        pytest.param(NOW, ["1"], id="ours: a start in the past counts too"),
        pytest.param(placement(1, APR_2, OCT_2, **OUT_OF_PROGRAMME), [], id="ours: out of programme"),
        pytest.param(placement(1, None, OCT_2), [], id="ours: without a start"),
    ],
)
def test_a_created_placement(new, expected):
    assert codes(created(NPN, new, [new], TODAY, incumbent)) == expected


def test_a_created_placement_is_told_as_the_next_one():
    (told,) = created(NPN, COMING, [COMING], TODAY, incumbent)
    assert told.next_appointment_trainee_last_name == "Example1"
    assert told.next_appointment_projected_start_date == date(2026, 4, 2)
    assert told.current_trainee_last_name is None
    assert told.post_vacant_at_next_rotation == "N"


@pytest.mark.parametrize(
    ("before", "after", "approved", "hire", "end"),
    [
        pytest.param(
            NOW,
            placement(1, FEB_2, JUNE_2),
            log(NOW),
            None,
            JUNE_2,
            id="updateCurrentPlacementWithDateChange",
        ),
        pytest.param(
            COMING,
            placement(1, APR_12, AUG_2),
            log(COMING),
            APR_12,
            AUG_2,
            id="updateFuturePlacementWithDateChange",
        ),
        pytest.param(
            NOW,
            placement(1, FEB_2, JUNE_2, whole_time_equivalent=0.5),
            log(NOW),
            None,
            JUNE_2,
            id="WTE change and date change",
        ),
        pytest.param(
            placement(1, date(2025, 10, 2), MAY_2),
            NOW,
            ApprovedVersion(date_from=date(2025, 10, 2), date_to=MAY_2),
            None,
            MAY_2,
            id="isEligibleForChangedDatesNotification true: log -5 months, new -1 month",
        ),
        pytest.param(FAR, COMING, log(FAR), APR_2, OCT_2, id="ours: moved into the 13 weeks"),
        pytest.param(COMING, FAR, log(COMING), AUG_2, OCT_2, id="ours: moved beyond the 13 weeks"),
        pytest.param(
            COMING,
            placement(1, APR_12, OCT_2),
            None,
            APR_12,
            OCT_2,
            id="ours: approved before TCS kept a log",
        ),
    ],
)
def test_other_dates_make_a_type_1_and_a_type_4(before, after, approved, hire, end):
    said = updated(NPN, before, after, approved, [after], TODAY, incumbent)
    assert codes(said) == ["1", "4"]
    assert (said[1].change_of_projected_hire_date, said[1].change_of_projected_end_date) == (hire, end)
    assert said[1].current_trainee_projected_end_date is None
    assert said[0].change_of_projected_end_date is None


@pytest.mark.parametrize(
    ("before", "after", "approved"),
    [
        pytest.param(
            FAR, placement(1, AUG_2, OCT_2.replace(day=9)), log(FAR), id="updateFuturePlacementBeyond3Months"
        ),
        pytest.param(NOW, NOW, log(NOW), id="isEligibleForChangedDatesNotification false: the same dates"),
        pytest.param(
            NOW,
            placement(1, FEB_2, JUNE_2, **DRAFT),
            log(NOW),
            id="isEligibleForChangedDatesNotification false: draft",
        ),
        pytest.param(
            NOW, placement(1, FEB_2, JUNE_2, **OUT_OF_PROGRAMME), log(NOW), id="ours: out of programme"
        ),
        pytest.param(
            NOW,
            placement(1, FEB_2, MAY_2, site_code="RX102", grade_abbreviation="ST1", trainee_id=9),
            log(NOW),
            id="ours: site, grade and trainee say nothing",
        ),
        pytest.param(
            NOW,
            NOW,
            ApprovedVersion(date_from=None, date_to=None),
            id="ours: dates that the log never had are no change",
        ),
    ],
)
def test_a_change_that_says_nothing(before, after, approved):
    assert updated(NPN, before, after, approved, [after], TODAY, incumbent) == []


@pytest.mark.parametrize(
    ("again", "rows"),
    [
        pytest.param(
            placement(1, APR_12, OCT_2), ["1", "1", "4"], id="approved-draft(date)-approved: 3 rows"
        ),
        pytest.param(COMING, ["1"], id="approved-draft(date)-approved, changed back: 1 row"),
    ],
)
def test_dates_are_compared_with_the_last_approved_version_not_with_the_draft(again, rows):
    draft = placement(1, APR_12, OCT_2, **DRAFT)
    said = created(NPN, COMING, [COMING], TODAY, incumbent)
    said += updated(NPN, COMING, draft, log(COMING), [draft], TODAY, incumbent)
    said += updated(NPN, draft, again, log(COMING), [again], TODAY, incumbent)
    assert codes(said) == rows


def test_a_draft_approved_for_the_first_time_is_told_as_a_new_placement():
    draft = placement(1, APR_2, OCT_2, **DRAFT)
    assert codes(updated(NPN, draft, COMING, None, [COMING], TODAY, incumbent)) == ["1"]


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param(1.0, id="WTE change alone"),
        pytest.param(None, id="isEligibleForChangedWholeTimeEquivalent: stored null"),
    ],
)
def test_other_hours_of_the_current_trainee_make_a_type_1_with_the_new_hours(stored):
    before = placement(1, FEB_2, MAY_2, whole_time_equivalent=stored)
    after = placement(1, FEB_2, MAY_2, whole_time_equivalent=0.6)
    (told,) = updated(NPN, before, after, log(NOW), [after], TODAY, incumbent)
    assert told.notification_title_code == "1"
    assert str(told.current_trainee_working_hours_indicator) == "0.6"


def test_hours_that_are_taken_away_say_nothing():
    after = placement(1, FEB_2, MAY_2, whole_time_equivalent=None)
    assert updated(NPN, NOW, after, log(NOW), [after], TODAY, incumbent) == []


@pytest.mark.parametrize(
    ("start", "said"),
    [
        pytest.param(TODAY, "current", id="ours: who starts today is current"),
        pytest.param(date(2026, 3, 3), "next", id="ours: who starts tomorrow is next"),
    ],
)
def test_whether_a_changed_placement_is_current_is_by_its_stored_start(start, said):
    before, after = placement(1, start, MAY_2), placement(1, start, JUNE_2)
    first, _ = updated(NPN, before, after, log(before), [after], TODAY, incumbent)
    names = (first.current_trainee_last_name, first.next_appointment_trainee_last_name)
    assert names == (("Example1", None) if said == "current" else (None, "Example1"))


@pytest.mark.parametrize(
    ("gone", "others", "now", "following"),
    [
        pytest.param(
            COMING,
            [placement(2, APR_12, OCT_2)],
            None,
            "Example2",
            id="deleteFuturePlacementHavingNoCurrentPlacement",
        ),
        pytest.param(
            COMING,
            [placement(2, FEB_2, date(2026, 4, 1))],
            "Example2",
            None,
            id="deleteFuturePlacementHavingCurrentPlacement",
        ),
        pytest.param(COMING, [COMING], None, None, id="ours: the deleted one is never taken for the next"),
        pytest.param(
            COMING,
            [placement(2, APR_2, OCT_2, site_code="RX102"), placement(3, APR_12, OCT_2)],
            None,
            "Example3",
            id="ours: the same site before the earlier start",
        ),
        pytest.param(
            COMING,
            [placement(2, JUNE_1, OCT_2)],
            None,
            "Example2",
            id="ours: next is within 3 calendar months, past 13 weeks",
        ),
        pytest.param(
            COMING, [placement(2, JUNE_2, OCT_2)], None, None, id="ours: 3 months to the day are too far"
        ),
        pytest.param(
            COMING, [placement(2, APR_12, OCT_2, **DRAFT)], None, None, id="ours: a draft is not next"
        ),
    ],
)
def test_a_deleted_placement_makes_a_type_1_and_a_type_2(gone, others, now, following):
    first, second = deleted(NPN, gone, others, TODAY, incumbent)
    assert (first.notification_title_code, second.notification_title_code) == ("1", "2")
    assert (first.current_trainee_last_name, first.next_appointment_trainee_last_name) == (now, following)
    assert second.withdrawal_reason == "3"
    assert (second.withdrawn_trainee_last_name, second.withdrawn_trainee_first_name) == ("Example1", "Testa1")
    assert second.withdrawn_trainee_gmc_number == "7000001"
    assert second.post_vacant_at_next_rotation == ("N" if following else "Y")


@pytest.mark.parametrize(
    "gone",
    [
        pytest.param(placement(1, APR_2, OCT_2, **DRAFT), id="deleteDraftPlacement"),
        pytest.param(FAR, id="deleteFuturePlacementStartingAfter3Months"),
        pytest.param(placement(1, APR_2, OCT_2, **OUT_OF_PROGRAMME), id="ours: out of programme"),
    ],
)
def test_a_deleted_placement_that_esr_was_not_told_of_says_nothing(gone):
    assert deleted(NPN, gone, [], TODAY, incumbent) == []


def test_a_draft_that_was_approved_once_is_withdrawn():
    gone = placement(1, APR_2, OCT_2, **DRAFT)
    assert codes(deleted(NPN, gone, [], TODAY, incumbent, ever_approved=True)) == ["1", "2"]


@pytest.mark.parametrize(
    ("day", "last", "too_far"),
    [
        (date(2026, 11, 30), date(2027, 2, 27), date(2027, 2, 28)),
        (date(2026, 12, 15), date(2027, 3, 14), date(2027, 3, 15)),
    ],
)
def test_three_calendar_months_end_with_a_shorter_month_and_pass_the_new_year(day, last, too_far):
    gone = placement(1, day, date(2027, 9, 1))
    within, _ = deleted(NPN, gone, [placement(2, last, date(2027, 9, 1))], day, incumbent)
    beyond, _ = deleted(NPN, gone, [placement(2, too_far, date(2027, 9, 1))], day, incumbent)
    assert within.next_appointment_trainee_last_name == "Example2"
    assert beyond.next_appointment_trainee_last_name is None
