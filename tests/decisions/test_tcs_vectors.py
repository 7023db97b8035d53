"""TCS's own published tests of its notification rules, re-expressed: the id is the vector's name there."""

from datetime import date
from decimal import Decimal

import pytest
from tests.decisions.people import NPN, TODAY, known, placement

from tis_esr.decisions.incumbents import NowAndNext, earliest_eligible, full_load, next_to_current, vacated
from tis_esr.decisions.notifications import Incumbent, Notification, type_1, type_5
from tis_esr.decisions.periods import notification_period_end
from tis_esr.decisions.placement_events import ApprovedVersion, created, deleted, updated
from tis_esr.tcs.models import Placement

DRAFT = {"lifecycle_state": "DRAFT"}


def codes(notifications: list[Notification]) -> list[str]:
    return [notification.notification_title_code for notification in notifications]


def version(of: Placement) -> ApprovedVersion:
    return ApprovedVersion(date_from=of.date_from, date_to=of.date_to)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        pytest.param(placement(1, 30, 200), ["1"], id="PlacementResourceIntTest.createPlacement"),
        pytest.param(placement(1, 30, 200, **DRAFT), [], id="PlacementResourceIntTest.createDraftPlacement"),
        pytest.param(
            placement(1, 150, 300), [], id="PlacementResourceIntTest.createPlacementStartingAfter3Months"
        ),
    ],
)
def test_a_new_placement(new: Placement, expected: list[str]) -> None:
    assert codes(created(NPN, new, [new], TODAY, known)) == expected


@pytest.mark.parametrize(
    ("before", "after", "approved", "expected", "hire", "end"),
    [
        pytest.param(
            placement(1, -30, 60), placement(1, -30, 90), version(placement(1, -30, 60)),
            ["1", "4"], None, date(2027, 2, 22),
            id="PlacementResourceIntTest.updateCurrentPlacementWithDateChange",
        ),
        pytest.param(
            placement(1, 30, 60), placement(1, 40, 90), version(placement(1, 30, 60)),
            ["1", "4"], date(2027, 1, 3), date(2027, 2, 22),
            id="PlacementResourceIntTest.updateFuturePlacementWithDateChange",
        ),
        pytest.param(
            placement(1, 120, 200), placement(1, 130, 210), version(placement(1, 120, 200)),
            [], None, None,
            id="PlacementResourceIntTest.updateFuturePlacementBeyond3Months",
        ),
        pytest.param(
            placement(1, 30, 60, **DRAFT), placement(1, 40, 60), version(placement(1, 30, 60)),
            ["1", "4"], date(2027, 1, 3), date(2027, 1, 23),
            id="PlacementResourceIntTest.approvedToDraftWithDateChangeToApproved",
        ),
        pytest.param(
            placement(1, 40, 60, **DRAFT), placement(1, 30, 60), version(placement(1, 30, 60)),
            [], None, None,
            id="PlacementResourceIntTest.approvedToDraftChangedBackToApproved",
        ),
        pytest.param(
            placement(1, 30, 60, **DRAFT), placement(1, 30, 60), None,
            ["1"], None, None,
            id="PlacementResourceIntTest.draftApprovedForTheFirstTime",
        ),
        pytest.param(
            placement(1, -30, 60), placement(1, -30, 90, whole_time_equivalent=0.5), version(placement(1, -30, 60)),
            ["1", "4"], None, date(2027, 2, 22),
            id="PlacementResourceIntTest.updateWholeTimeEquivalentAndDates",
        ),
        pytest.param(
            placement(1, -30, 60), placement(1, -30, 60, whole_time_equivalent=0.5), version(placement(1, -30, 60)),
            ["1"], None, None,
            id="PlacementResourceIntTest.updateWholeTimeEquivalentOfCurrent",
        ),
        pytest.param(
            placement(1, -30, 60, whole_time_equivalent=None), placement(1, -30, 60), version(placement(1, -30, 60)),
            ["1"], None, None,
            id="PlacementServiceImplTest.isEligibleForChangedWholeTimeEquivalentStoredNull",
        ),
        pytest.param(
            placement(1, 30, 60), placement(1, 30, 60, whole_time_equivalent=0.5), version(placement(1, 30, 60)),
            [], None, None,
            id="EsrNotificationServiceImplTest.wholeTimeEquivalentOfFutureSavesNothing",
        ),
        pytest.param(
            placement(1, -30, 60), placement(1, -30, 90, **DRAFT), version(placement(1, -30, 60)),
            [], None, None,
            id="PlacementServiceImplTest.isEligibleForChangedDatesDraft",
        ),
    ],
)  # fmt: skip
def test_a_changed_placement(
    before: Placement,
    after: Placement,
    approved: ApprovedVersion | None,
    expected: list[str],
    hire: date | None,
    end: date | None,
) -> None:
    said = updated(NPN, before, after, approved, [after], TODAY, known)
    assert codes(said) == expected
    changes = [n for n in said if n.notification_title_code == "4"]
    assert [(n.change_of_projected_hire_date, n.change_of_projected_end_date) for n in changes] == (
        [(hire, end)] if changes else []
    )
    assert all(n.current_trainee_projected_end_date is None for n in changes)


@pytest.mark.parametrize(
    ("gone", "others", "expected", "following"),
    [
        pytest.param(placement(1, 30, 60, **DRAFT), [], [], None, id="PlacementResourceIntTest.deleteDraftPlacement"),
        pytest.param(
            placement(1, 30, 60), [placement(2, 35, 90)], ["1", "2"], "Specimen-2",
            id="PlacementResourceIntTest.deleteFuturePlacementHavingNoCurrentPlacement",
        ),
        pytest.param(
            placement(1, 30, 60), [placement(2, -35, 20)], ["1", "2"], None,
            id="PlacementResourceIntTest.deleteFuturePlacementHavingCurrentPlacement",
        ),
        pytest.param(
            placement(1, 100, 160), [], [], None, id="PlacementResourceIntTest.deletePlacementStartingAfter3Months"
        ),
        pytest.param(
            placement(1, 30, 60), [placement(1, 30, 60)], ["1", "2"], None, id="ours: the deleted one is never the next"
        ),
    ],
)  # fmt: skip
def test_a_deleted_placement(
    gone: Placement, others: list[Placement], expected: list[str], following: str | None
) -> None:
    said = deleted(NPN, gone, others, TODAY, known)
    assert codes(said) == expected
    if said:
        assert said[0].next_appointment_trainee_last_name == following
        assert said[1].withdrawal_reason == "3"
        assert said[1].withdrawn_trainee_last_name == "Specimen-1"
        assert said[1].withdrawn_trainee_gmc_number == "7000001"


def ids(pairs: list[NowAndNext]) -> list[tuple[int | None, int | None]]:
    return [
        (pair.current.id if pair.current else None, pair.next.id if pair.next else None) for pair in pairs
    ]


@pytest.mark.parametrize(
    ("rule", "placements", "expected"),
    [
        pytest.param(
            next_to_current, [placement(1, -90, -1), placement(2, 0, 90)], [(1, 2)],
            id="EsrNotificationResourceIntTest.loadNextTraineeToCurrentNotification",
        ),
        pytest.param(
            earliest_eligible, [placement(1, -90, 90), placement(2, 91, 180)], [(1, 2)],
            id="EsrNotificationResourceIntTest.loadFutureEligibleTrainee",
        ),
        pytest.param(
            earliest_eligible, [placement(1, 91, 180), placement(2, 91, 180), placement(3, 92, 180)],
            [(None, 2), (None, 1)],
            id="EsrNotificationResourceIntTest.loadFutureEligibleTraineeTwoAtTheMark",
        ),
        pytest.param(
            earliest_eligible, [placement(1, 95, 180)], [],
            id="EsrNotificationResourceIntTest.loadFutureEligibleTraineeNoneAtTheMark",
        ),
        pytest.param(
            vacated, [placement(1, -90, -1), placement(2, -80, -1)], [(1, None), (2, None)],
            id="EsrNotificationResourceIntTest.loadVacantPosts",
        ),
        pytest.param(
            vacated, [placement(1, -90, -1), placement(2, -80, 5)], [],
            id="EsrNotificationResourceIntTest.loadVacantPostsNotListedWhileSomebodyIsThere",
        ),
        pytest.param(
            full_load, [placement(1, -90, 10), placement(2, 11, 90), placement(3, 20, 90)], [(1, 2), (None, 3)],
            id="EsrNotificationServiceImplTest.fullLoadOneCurrentTwoFutures",
        ),
        pytest.param(
            full_load,
            [
                placement(1, -90, 10), placement(2, -80, 10), placement(3, 11, 90),
                placement(4, 12, 90, site_code="RGT01"),
            ],
            [(1, 3), (2, None), (None, 4)],
            id="EsrNotificationServiceImplTest.fullLoadTwoCurrentsFuturesAtTwoSites",
        ),
        pytest.param(
            full_load, [placement(1, -9, 9, site_code=" "), placement(2, 10, 90, site_code=" ")], [(1, None), (None, 2)],
            id="ours: a blank site never matches",
        ),
        pytest.param(
            full_load, [placement(1, -9, 9, site_code="rgt00"), placement(2, 10, 90)], [(1, 2)],
            id="ours: letter case does not matter",
        ),
    ],
)  # fmt: skip
def test_the_scheduled_loads(
    rule: object, placements: list[Placement], expected: list[tuple[int | None, int | None]]
) -> None:
    assert ids(rule(placements, TODAY)) == expected  # type: ignore[operator]


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        pytest.param("RGT00", ["Specimen-2"], id="EsrNotificationServiceImplTest.newPlacementWithSiteMatch"),
        pytest.param("RGT09", [None], id="EsrNotificationServiceImplTest.newPlacementWithoutSiteMatch"),
    ],
)
def test_a_new_placement_is_paired_with_who_is_at_its_site(site: str, expected: list[str | None]) -> None:
    new, now = placement(1, 30, 200), placement(2, -30, 29, site_code=site)
    said = created(NPN, new, [new, now], TODAY, known)
    assert [notification.current_trainee_last_name for notification in said] == expected


def test_vector_notification_period_end_is_13_weeks_not_3_months() -> None:
    assert notification_period_end(date(2020, 2, 28)) == date(2020, 5, 29)


def test_vector_type_1_of_the_resource_test() -> None:
    now = known(placement(1, -90, -1, whole_time_equivalent=0.5))
    then = known(placement(2, 0, 90, grade_abbreviation="F1"))
    said = type_1(NPN, now, then)
    assert (said.notification_title_code, said.managing_deanery_body_code, said.deanery_post_number) == (
        "1",
        "EOE",
        NPN,
    )
    assert (said.current_trainee_last_name, said.current_trainee_gmc_number) == ("Specimen-1", "7000001")
    assert (said.next_appointment_trainee_last_name, said.next_appointment_trainee_gmc_number) == (
        "Specimen-2",
        "7000002",
    )
    assert said.current_trainee_working_hours_indicator == Decimal("0.5")
    assert said.working_hour_indicator == Decimal("1.0")
    assert said.next_appointment_trainee_grade == "F1"
    assert said.next_appointment_trainee_email_address == "testa.2@example.org"
    assert said.current_trainee_vpd_for_next_placement == "NOT KNOWN"
    assert said.post_vacant_at_next_rotation == "N"


def test_vector_vacant_post_has_no_next() -> None:
    said = type_1(NPN, known(placement(1, -90, -1)), None)
    assert said.post_vacant_at_next_rotation == "Y"
    assert said.next_appointment_trainee_last_name is None


def test_vector_vpd_is_that_of_the_other_placement() -> None:
    now = Incumbent(placement=placement(1, -9, 9), person=None, vpd="023")
    assert type_1(NPN, now, None).current_trainee_vpd_for_next_placement == "023"


def test_vector_new_post_is_type_5_and_vacant() -> None:
    said = type_5(NPN)
    assert (said.notification_title_code, said.deanery_post_number) == ("5", NPN)
    assert (said.managing_deanery_body_code, said.post_vacant_at_next_rotation) == ("EOE", "Y")
