"""What TCS's own tests say of notifications, held against our rules; the ids are the names of its tests.

Re-expressed as facts: months are counted from 2 March 2026, and placements are of type "In Post" where TCS's
tests leave their type open, because ours must count.
"""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from tests.decisions.invented import NPN, TODAY, incumbent, person, placement, position

from tis_esr.decisions.incumbents import earliest_eligible, full_load, next_to_current, vacated
from tis_esr.decisions.notifications import Incumbent, for_position, type_1, type_5
from tis_esr.decisions.periods import notification_period_end
from tis_esr.decisions.placement_events import ApprovedVersion, created, deleted, updated

YESTERDAY, TOMORROW = date(2026, 3, 1), date(2026, 3, 3)
AGO_3, AGO_2, AGO_1 = date(2025, 12, 2), date(2026, 1, 2), date(2026, 2, 2)
IN_1, IN_2, IN_3 = date(2026, 4, 2), date(2026, 5, 2), date(2026, 6, 2)
IN_4, IN_5, IN_6, IN_8 = date(2026, 7, 2), date(2026, 8, 2), date(2026, 9, 2), date(2026, 11, 2)
IN_13_WEEKS = date(2026, 6, 1)


def codes(notifications):
    return [notification.notification_title_code for notification in notifications]


def version(of):
    return ApprovedVersion(date_from=of.date_from, date_to=of.date_to)


def change(before, after, approved=None):
    return updated(NPN, before, after, approved, [after], TODAY, incumbent)


@pytest.mark.parametrize(
    ("start", "state", "told"),
    [
        pytest.param(IN_1, "APPROVED", ["1"], id="createPlacement"),
        pytest.param(IN_1, "DRAFT", [], id="createDraftPlacementShouldNotSendEsrNotification"),
        pytest.param(IN_5, "APPROVED", [], id="createPlacementStartingAfter3Months"),
        pytest.param(IN_1, "APPROVED", ["1"], id="createApprovedPlacementWithApprovalPerm"),
        pytest.param(IN_1, "DRAFT", [], id="createApprovedPlacementWithoutApprovalPerm"),
        pytest.param(IN_1, "APPROVED", ["1"], id="createPlacementByBulkUploadShouldBeApproved"),
    ],
)
def test_placement_resource_int_test_create(start, state, told):
    new = placement(1, start, IN_8, lifecycle_state=state)
    assert codes(created(NPN, new, [new], TODAY, incumbent)) == told


@pytest.mark.parametrize(
    ("before", "after", "hire", "end"),
    [
        pytest.param((AGO_2, IN_2), (AGO_2, TODAY), None, TODAY, id="updateCurrentPlacementWithDateChange"),
        pytest.param((IN_1, IN_2), (IN_3, IN_4), IN_3, IN_4, id="updateFuturePlacementWithDateChange"),
        pytest.param(
            (IN_1, IN_3),
            (date(2026, 4, 3), IN_3),
            date(2026, 4, 3),
            IN_3,
            id="updatePlacementByBulkUploadShouldBeApproved",
        ),
    ],
)
def test_placement_resource_int_test_dates_changed(before, after, hire, end):
    stored = placement(1, *before)
    edited = placement(1, *after, site_code="RX999", grade_abbreviation="STR", whole_time_equivalent=0.5)
    told = change(stored, edited, version(stored))
    assert codes(told) == ["1", "4"]
    assert (told[0].change_of_projected_hire_date, told[0].change_of_projected_end_date) == (None, None)
    assert (told[1].change_of_projected_hire_date, told[1].change_of_projected_end_date) == (hire, end)


def test_placement_resource_int_test_updateFuturePlacementBeyond3MonthsShouldNotTriggerNotification():  # noqa: N802
    stored = placement(1, IN_4, IN_6)
    assert change(stored, placement(1, IN_5, IN_8), version(stored)) == []


DRAFT, APPROVED = "DRAFT", "APPROVED"


@pytest.mark.parametrize(
    ("states", "told"),
    [
        pytest.param((DRAFT, DRAFT), [], id="updateDraftPlacementToDraftWithoutApprovalPerm"),
        pytest.param((DRAFT, APPROVED), ["1"], id="updateDraftPlacementToApprovedWithApprovalPerm"),
        pytest.param((APPROVED, DRAFT), [], id="updateApprovedPlacementToDraftWithApprovalPerm"),
        pytest.param(
            (APPROVED, APPROVED), ["1", "4"], id="updateApprovedPlacementToApprovedWithApprovalPerm"
        ),
    ],
)
def test_placement_resource_int_test_states(states, told):
    stored = placement(1, IN_1, IN_3, lifecycle_state=states[0])
    edited = placement(1, date(2026, 4, 3), IN_3, lifecycle_state=states[1])
    approved = version(stored) if states[0] == APPROVED else None
    assert codes(change(stored, edited, approved)) == told


@pytest.mark.parametrize(
    ("approved_again", "rows"),
    [
        pytest.param(date(2026, 4, 3), 3, id="...ThenUpdateToApprovedShouldSendNotification"),
        pytest.param(IN_1, 1, id="...ThenUpdateToApprovedAndDateChangedBackShouldNotSendNotification"),
    ],
)
def test_placement_resource_int_test_approvedPlacementUpdateToDraftWithDateChange(approved_again, rows):  # noqa: N802
    first = placement(1, IN_1, IN_3)
    draft = placement(1, date(2026, 4, 3), IN_3, lifecycle_state=DRAFT)
    again = placement(1, approved_again, IN_3)
    told = created(NPN, first, [first], TODAY, incumbent)
    told += change(first, draft, version(first))
    told += change(draft, again, version(first))
    assert len(told) == rows


@pytest.mark.parametrize(
    ("end", "told"),
    [
        pytest.param(TODAY, ["1", "4"], id="...ToTriggerType1And4Notifications"),
        pytest.param(IN_2, ["1"], id="...WithoutAnyChangeInDateToTriggerType1NotificationOnly"),
    ],
)
def test_placement_resource_int_test_updateCurrentPlacementWithWholeTimeEquivalentChange(end, told):  # noqa: N802
    stored, edited = placement(1, AGO_2, IN_2), placement(1, AGO_2, end, whole_time_equivalent=0.5)
    notifications = change(stored, edited, version(stored))
    assert codes(notifications) == told
    assert notifications[0].current_trainee_working_hours_indicator == Decimal("0.5")


@pytest.mark.parametrize(
    ("start", "state"),
    [
        pytest.param(IN_1, "DRAFT", id="deleteDraftPlacementShouldNotSendEsrNotification"),
        pytest.param(IN_5, "APPROVED", id="deleteFuturePlacementStartingAfter3MonthsShouldNotSave"),
    ],
)
def test_placement_resource_int_test_deleted_without_a_word(start, state):
    gone = placement(1, start, IN_8, lifecycle_state=state)
    assert deleted(NPN, gone, [gone], TODAY, incumbent) == []


def test_placement_resource_int_test_deleteFuturePlacementHavingNoCurrentPlacement():  # noqa: N802
    gone, other = placement(1, TOMORROW, IN_2), placement(2, date(2026, 4, 3), IN_3)
    first, withdrawal = deleted(NPN, gone, [gone, other], TODAY, incumbent)
    assert codes([first, withdrawal]) == ["1", "2"]
    assert (first.deanery_post_number, withdrawal.deanery_post_number) == (NPN, NPN)
    assert first.next_appointment_trainee_last_name == "Example2"
    assert first.next_appointment_trainee_first_name == "Testa2"
    assert first.next_appointment_trainee_gmc_number == "7000002"
    assert withdrawal.withdrawal_reason == "3"
    assert withdrawal.withdrawn_trainee_last_name == "Example1"
    assert withdrawal.withdrawn_trainee_first_name == "Testa1"
    assert withdrawal.withdrawn_trainee_gmc_number == "7000001"


def test_placement_resource_int_test_deleteFuturePlacementHavingCurrentPlacement():  # noqa: N802
    gone, now = placement(1, date(2026, 3, 12), IN_2), placement(2, date(2026, 2, 20), date(2026, 5, 20))
    first, withdrawal = deleted(NPN, gone, [gone, now], TODAY, incumbent)
    assert codes([first, withdrawal]) == ["1", "2"]
    assert first.next_appointment_trainee_last_name is None
    assert first.next_appointment_trainee_gmc_number is None
    assert withdrawal.next_appointment_trainee_first_name is None
    assert withdrawal.withdrawal_reason == "3"
    assert withdrawal.withdrawn_trainee_gmc_number == "7000001"


def test_esr_notification_resource_int_test_shouldLoadNextToCurrentTrainee():  # noqa: N802
    starts = placement(1, TODAY, date(2026, 3, 12), whole_time_equivalent=1.0)
    left = placement(2, date(2026, 2, 20), YESTERDAY, whole_time_equivalent=0.5)
    (pair,) = next_to_current([starts, left], TODAY)
    assert (pair.current, pair.next) == (left, starts)
    row = type_1(NPN, incumbent(left), incumbent(starts))
    assert (row.notification_title_code, row.managing_deanery_body_code) == ("1", "EOE")
    assert (row.current_trainee_first_name, row.current_trainee_last_name) == ("Testa2", "Example2")
    assert (row.current_trainee_gmc_number, row.next_appointment_trainee_gmc_number) == ("7000002", "7000001")
    assert row.current_trainee_working_hours_indicator == Decimal("0.5")
    assert row.working_hour_indicator == Decimal("1.0")


@pytest.mark.parametrize(
    ("starts", "told"),
    [
        pytest.param([IN_13_WEEKS], 1, id="shouldLoadEarliestEligibleTraineePlacements"),
        pytest.param(
            [IN_13_WEEKS, IN_13_WEEKS, date(2026, 6, 2), date(2028, 3, 2)],
            2,
            id="shouldLoadAllRelatedEarliestEligibleTraineePlacements",
        ),
        pytest.param([TODAY + timedelta(days=95)], 0, id="shouldNotFindAnyEarliestEligibleTraineePlacements"),
    ],
)
def test_esr_notification_resource_int_test_earliest_eligible(starts, told):
    now = placement(9, AGO_1, IN_2)
    coming = [placement(number, start, date(2028, 9, 7)) for number, start in enumerate(starts, 1)]
    pairs = earliest_eligible([*coming, now], TODAY)
    assert len(pairs) == told
    assert all(pair.current == now for pair in pairs)


def test_esr_notification_resource_int_test_names_fall_back_to_the_ordinary_ones():
    someone = person(2, legal_surname=None, legal_forenames=None, surname="Ordinary", forenames="Specimen")
    row = type_1(NPN, Incumbent(placement=placement(2, AGO_1, IN_2), person=someone), None)
    assert (row.current_trainee_first_name, row.current_trainee_last_name) == ("Specimen", "Ordinary")


def test_esr_notification_resource_int_test_shouldLoadVacantPosts():  # noqa: N802
    one, other = placement(1, AGO_3, YESTERDAY), placement(3, date(2025, 12, 3), YESTERDAY)
    assert vacated([placement(2, AGO_2, IN_1)], TODAY) == []
    pairs = vacated([one, other], TODAY)
    assert [pair.current for pair in pairs] == [one, other]
    rows = [type_1(NPN, incumbent(pair.current), None) for pair in pairs if pair.current]
    assert [row.post_vacant_at_next_rotation for row in rows] == ["Y", "Y"]
    assert [row.current_trainee_gmc_number for row in rows] == ["7000001", "7000003"]
    assert [row.next_appointment_trainee_last_name for row in rows] == [None, None]


def test_service_impl_test_testGetNotificationPeriodEndDate_20200228_20200529():  # noqa: N802
    assert notification_period_end(date(2020, 2, 28)) == date(2020, 5, 29)


def test_service_impl_test_testLoadFullNotificationDoesNotFindAnyRecords():  # noqa: N802
    assert full_load([], TODAY) == []


def test_service_impl_test_testLoadFullNotificationMapsMatchingSiteCode():  # noqa: N802
    now = placement(1, AGO_1, IN_2)
    later, sooner = placement(2, IN_2, IN_5), placement(3, IN_1, IN_4)
    pairs = full_load([now, later, sooner], TODAY)
    assert [(pair.current, pair.next) for pair in pairs] == [(now, sooner), (None, later)]


def test_service_impl_test_testLoadFullNotificationMapsNonMatchingSiteCode():  # noqa: N802
    now_1, now_2 = placement(1, AGO_1, IN_2), placement(2, AGO_1, IN_2)
    here, elsewhere = placement(3, IN_2, IN_5), placement(4, IN_1, IN_4, site_code="RX102")
    pairs = full_load([now_1, now_2, here, elsewhere], TODAY)
    assert [(pair.current, pair.next) for pair in pairs] == [(now_1, here), (now_2, None), (None, elsewhere)]


def test_service_impl_test_testLoadNotificationMapsCurrentAndNextVPDs():  # noqa: N802
    now, then = placement(1, AGO_1, IN_2), placement(2, IN_2, IN_5)
    row = type_1(NPN, incumbent(now, vpd="Site Surgery 01"), incumbent(then, vpd="Site Surgery 02"))
    assert row.current_trainee_vpd_for_next_placement == "Site Surgery 01"
    assert row.next_appointment_current_placement_vpd == "Site Surgery 02"


def test_service_impl_test_loadFullNotificationSetsTheManagingDeaneryCode():  # noqa: N802
    row = type_1("LDN/RV308/CPT/CTP/001", incumbent(placement(1, TODAY, IN_1)), None)
    assert row.managing_deanery_body_code == "LDN"
    assert for_position(row, position(deanery="EOE")).managing_deanery_body_code == "EOE"


def test_service_impl_test_handleNewPostEsrNotification():  # noqa: N802
    row = type_5("EOE/RGT00/021/FY1/010")
    assert row.notification_title_code == "5"
    assert row.deanery_post_number == "EOE/RGT00/021/FY1/010"
    assert row.managing_deanery_body_code == "EOE"


def test_service_impl_test_handleNewPlacementEsrNotification():  # noqa: N802
    new = placement(1, IN_1, IN_6)
    (row,) = created(NPN, new, [new], TODAY, incumbent)
    assert (row.current_trainee_last_name, row.next_appointment_trainee_last_name) == (None, "Example1")


def test_service_impl_test_handleNewPlacementEsrNotificationWithCurrentPlacements():  # noqa: N802
    new = placement(1, IN_1, IN_6, whole_time_equivalent=0.5)
    now = placement(2, AGO_1, IN_2, whole_time_equivalent=1.0)
    (row,) = created(NPN, new, [new, now], TODAY, incumbent)
    assert (row.current_trainee_last_name, row.next_appointment_trainee_last_name) == ("Example2", "Example1")
    assert row.working_hour_indicator == Decimal("0.5")


def test_service_impl_test_handleNewPlacementEsrNotificationWithCurrentPlacementSiteCodeNull():  # noqa: N802
    new, now = placement(1, IN_1, IN_6), placement(2, AGO_1, IN_2, site_code=None)
    (row,) = created(NPN, new, [new, now], TODAY, incumbent)
    assert (row.current_trainee_last_name, row.next_appointment_trainee_last_name) == (None, "Example1")


@pytest.mark.parametrize(
    ("with_current", "end"),
    [
        pytest.param(True, IN_2, id="handleLoadEarliestATraineeIsEligibleAsFuturePlacement"),
        pytest.param(False, None, id="handleLoadEarliestATraineeIsEligibleWhenNoCurrentTrainee"),
    ],
)
def test_service_impl_test_earliest_eligible(with_current, end):
    rows = [placement(2, IN_13_WEEKS, IN_6)] + ([placement(1, AGO_1, IN_2)] if with_current else [])
    (pair,) = earliest_eligible(rows, TODAY)
    now = incumbent(pair.current) if pair.current else None
    row = type_1(NPN, now, incumbent(pair.next) if pair.next else None)
    assert row.next_appointment_projected_start_date == IN_13_WEEKS
    assert row.current_trainee_projected_end_date == end


def test_service_impl_test_handleLoadEarliestATraineeIsEligibleWhenNoRecordsFound():  # noqa: N802
    assert earliest_eligible([], TODAY) == []


def test_service_impl_test_loadChangeOfWholeTimeEquivalentNotificationOfFutureTrainee():  # noqa: N802
    stored = placement(1, IN_1, IN_6)
    assert change(stored, placement(1, IN_1, IN_6, whole_time_equivalent=0.5), version(stored)) == []


def test_service_impl_test_loadChangeOfWholeTimeEquivalentNotificationOfCurrentTrainee():  # noqa: N802
    stored = placement(1, AGO_1, IN_2, whole_time_equivalent=0.5)
    edited, then = placement(1, AGO_1, IN_2), placement(2, date(2026, 3, 5), date(2026, 3, 16))
    (row,) = updated(NPN, stored, edited, version(stored), [edited, then], TODAY, incumbent)
    assert row.current_trainee_working_hours_indicator == Decimal("1.0")
    assert row.next_appointment_trainee_last_name == "Example2"
