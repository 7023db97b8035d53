from datetime import date
from decimal import Decimal

import msgspec
import pytest
from tests.decisions.invented import NPN, TODAY, incumbent, person, placement, position

from tis_esr.decisions.notifications.content import (
    Incumbent,
    Notification,
    Withdrawn,
    body_code,
    for_position,
    hours,
    type_1,
    type_2,
    type_4,
    type_5,
)
from tis_esr.records.outbound_layouts import NOT

NOW = placement(1, date(2025, 8, 6), date(2026, 4, 7), whole_time_equivalent=0.5)
THEN = placement(2, date(2026, 4, 8), date(2026, 8, 4), grade_abbreviation="STR")


def test_a_notification_has_the_columns_of_the_file_in_their_order():
    fields = [field.encode_name for field in msgspec.structs.fields(Notification)]
    assert fields == [column.name for column in NOT.columns]


def test_type_1_says_who_is_now_and_who_is_next():
    assert type_1(NPN, incumbent(NOW, vpd="096"), incumbent(THEN)) == Notification(
        notification_title_code="1",
        deanery_post_number="EOE/RGT00/021/FY1/013",
        managing_deanery_body_code="EOE",
        current_trainee_last_name="Example1",
        current_trainee_first_name="Testa1",
        current_trainee_gmc_number="7000001",
        current_trainee_projected_end_date=date(2026, 4, 7),
        current_trainee_vpd_for_next_placement="096",
        current_trainee_working_hours_indicator=Decimal("0.5"),
        next_appointment_trainee_last_name="Example2",
        next_appointment_trainee_first_name="Testa2",
        next_appointment_trainee_gmc_number="7000002",
        next_appointment_current_placement_vpd="NOT KNOWN",
        next_appointment_projected_start_date=date(2026, 4, 8),
        next_appointment_trainee_email_address="testa@example.org",
        next_appointment_trainee_grade="STR",
        post_speciality="",
        working_hour_indicator=Decimal("1.0"),
        post_vacant_at_next_rotation="N",
    )


def test_a_post_with_nobody_next_falls_vacant():
    notification = type_1(NPN, incumbent(NOW), None)
    assert notification.post_vacant_at_next_rotation == "Y"
    assert notification.next_appointment_trainee_last_name is None
    assert notification.current_trainee_vpd_for_next_placement == "NOT KNOWN"


def test_a_type_1_of_a_newcomer_alone_has_no_current_trainee():
    notification = type_1(NPN, None, incumbent(THEN))
    assert notification.current_trainee_last_name is None
    assert notification.current_trainee_vpd_for_next_placement is None
    assert notification.post_vacant_at_next_rotation == "N"


def test_a_trainee_whom_tis_no_longer_has_leaves_the_names_empty():
    notification = type_1(NPN, Incumbent(placement=NOW, person=None), None)
    assert notification.current_trainee_last_name is None
    assert notification.current_trainee_projected_end_date == date(2026, 4, 7)


def test_a_gmc_number_that_is_none_is_not_told():
    someone = Incumbent(placement=NOW, person=person(1, gmc="UNKNOWN"))
    assert type_1(NPN, someone, None).current_trainee_gmc_number is None


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (0.6, "0.6"),
        (0.75, "0.8"),
        (0.25, "0.2"),
        (0.85, "0.8"),
        (0.35, "0.4"),
        (1, "1.0"),
        (0.05, "0.0"),
        (0.0, "0.0"),
    ],
)
def test_hours_have_one_decimal_and_halves_go_to_the_even_one(share, told):
    assert str(hours(share)) == told


def test_hours_that_tis_does_not_have_are_not_told():
    assert hours(None) is None


def test_type_4_tells_both_dates_where_the_start_is_yet_to_come():
    moved = placement(2, date(2026, 5, 6), date(2026, 9, 1))
    notification = type_4(type_1(NPN, incumbent(NOW), incumbent(moved)), moved, TODAY)
    assert notification.notification_title_code == "4"
    assert notification.change_of_projected_hire_date == date(2026, 5, 6)
    assert notification.change_of_projected_end_date == date(2026, 9, 1)
    assert notification.current_trainee_projected_end_date is None
    assert notification.current_trainee_last_name == "Example1"
    assert notification.next_appointment_projected_start_date == date(2026, 5, 6)


@pytest.mark.parametrize("start", [date(2026, 3, 1), TODAY])
def test_type_4_tells_no_hire_date_from_the_day_it_has_come(start):
    moved = placement(1, start, date(2026, 9, 1))
    notification = type_4(type_1(NPN, incumbent(moved), None), moved, TODAY)
    assert notification.change_of_projected_hire_date is None
    assert notification.change_of_projected_end_date == date(2026, 9, 1)


def test_type_2_names_the_withdrawn_and_the_current_trainee_and_gives_reason_3():
    gone = Withdrawn(last_name="Specimen", first_name="Former", gmc_number="7999999")
    assert type_2(NPN, incumbent(NOW), None, gone) == Notification(
        notification_title_code="2",
        deanery_post_number="EOE/RGT00/021/FY1/013",
        managing_deanery_body_code="EOE",
        current_trainee_last_name="Example1",
        current_trainee_first_name="Testa1",
        current_trainee_gmc_number="7000001",
        current_trainee_projected_end_date=date(2026, 4, 7),
        withdrawn_trainee_last_name="Specimen",
        withdrawn_trainee_first_name="Former",
        withdrawn_trainee_gmc_number="7999999",
        withdrawal_reason="3",
        post_vacant_at_next_rotation="Y",
    )


def test_type_2_says_that_the_post_is_taken_where_another_trainee_comes():
    gone = Withdrawn(last_name="Specimen", first_name="Former", gmc_number=None)
    notification = type_2(NPN, None, incumbent(THEN), gone)
    assert notification.post_vacant_at_next_rotation == "N"
    assert notification.next_appointment_trainee_last_name is None


def test_type_5_tells_of_a_new_post_which_is_vacant():
    assert type_5(NPN) == Notification(
        notification_title_code="5",
        deanery_post_number="EOE/RGT00/021/FY1/013",
        managing_deanery_body_code="EOE",
        post_vacant_at_next_rotation="Y",
    )


def test_a_position_adds_what_only_esr_knows():
    notification = for_position(type_1(NPN, incumbent(NOW), None), position())
    assert notification.occupation_code == "800"
    assert notification.host_lead_employer_status == "Lead Employer"
    assert notification.employing_org_vpd_code == "096"
    assert notification.ods_code == "RGT"
    assert notification.position_id == 7607373
    assert notification.position_number == 34611829
    assert notification.new_training_position_location is None


def test_only_a_new_post_is_told_where_it_is():
    assert for_position(type_5(NPN), position()).new_training_position_location == "Invented Hospital"


def test_the_managing_body_is_the_deanery_of_the_file_not_the_prefix_of_the_post():
    """KSS posts may be numbered LDN/..., and the South West's SW/..., which is no code of ESR's."""
    notification = for_position(type_5("LDN/RV308/CPT/CTP/001"), position(deanery="KSS"))
    assert notification.managing_deanery_body_code == "KSS"


def test_the_body_of_a_post_is_what_stands_before_its_first_slash():
    assert body_code("EOE/RGT00/021/FY1/013") == "EOE"
    assert body_code(" KSS/RJZ01/030/STR(H)/001") == "KSS"
    assert body_code("free text") is None


def test_what_is_on_the_wire_is_camel_case_and_leaves_out_what_is_empty():
    assert msgspec.to_builtins(for_position(type_5(NPN), position(esr_location=None))) == {
        "notificationTitleCode": "5",
        "deaneryPostNumber": "EOE/RGT00/021/FY1/013",
        "managingDeaneryBodyCode": "EOE",
        "occupationCode": "800",
        "hostLeadEmployerStatus": "Lead Employer",
        "postVacantAtNextRotation": "Y",
        "employingOrgVPDCode": "096",
        "odsCode": "RGT",
        "positionId": 7607373,
        "positionNumber": 34611829,
    }
