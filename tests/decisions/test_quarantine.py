import pytest

from tis_esr.decisions.postcodes import postcode
from tis_esr.decisions.quarantine import (
    applicant_for_esr,
    applicant_misfit_reason,
    notification_misfit_reason,
)

GOOD = {
    "lastName": "Specimen",
    "firstName": "Testa",
    "dob": "1990-01-15",
    "address.postcode": "ZZ99 3WZ",
    "positionId": 1,
    "positionNumber": 1001,
    "projectedHireDate": "2026-12-24",
    "projectedEndDate": "2027-06-12",
    "deaneryNumber": "EOE/RX1/800/STR/001",
}


def without(name):
    return {column: value for column, value in GOOD.items() if column != name}


def test_a_row_that_breaks_nothing_may_go():
    assert applicant_misfit_reason(GOOD) == ""


@pytest.mark.parametrize(
    "name", ["lastName", "firstName", "dob", "positionId", "positionNumber", "deaneryNumber"]
)
def test_a_row_without_a_mandatory_column_is_held_back(name):
    assert applicant_misfit_reason(without(name)) == f"column {name}: it is mandatory and missing"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"lastName": "A" * 151}, "column lastName: it must have at most 150 characters, not 151"),
        ({"firstName": "Tes\nta"}, "column firstName: it contains a control character or a line end"),
        ({"dob": "15/01/1990"}, "column dob: it is not a valid D"),
        ({"positionNumber": "twelve"}, "column positionNumber: it is not a valid N(10)"),
        ({"positionNumber": 12345678901}, "column positionNumber: it must have at most 10 digits"),
        ({"positionId": -1}, "column positionId: it must be zero or more"),
        ({"address.postcode": "Doha, Qatar"}, "column address.postcode is not a valid British postcode"),
        ({"address.postcode": "YO12 5EX,"}, "column address.postcode is not a valid British postcode"),
        ({"shoeSize": "7"}, "no such column: 'shoeSize'"),
    ],
)
def test_a_row_that_breaks_a_column_is_held_back_without_its_value_being_told(changes, why):
    assert applicant_misfit_reason({**GOOD, **changes}) == why


def test_everything_that_is_wrong_is_told():
    assert applicant_misfit_reason({**without("dob"), "address.postcode": "N/A"}).count("column") == 2


def test_without_a_postcode_a_row_may_go():
    assert applicant_misfit_reason(without("address.postcode")) == ""


def test_a_person_is_a_registration_number_whatever_else_differs():
    registered = {**GOOD, "professionalBodies.0.regNumber": "7200001"}
    other_name = {**registered, "lastName": "Otherwise", "dob": "1991-01-15"}
    assert applicant_for_esr(registered, 1) == applicant_for_esr(other_name, 1)
    other_number = {**registered, "professionalBodies.0.regNumber": "7200002"}
    assert applicant_for_esr(registered, 1) != applicant_for_esr(other_number, 1)


def test_without_a_registration_number_a_person_is_names_and_day_of_birth():
    assert applicant_for_esr(GOOD, 1) == applicant_for_esr({**GOOD, "lastName": "SPECIMEN"}, 1)
    assert applicant_for_esr(GOOD, 1) != applicant_for_esr({**GOOD, "dob": "1990-01-16"}, 1)
    dentist = {**GOOD, "professionalBodies.1.regNumber": "300001"}
    assert applicant_for_esr(dentist, 1) == applicant_for_esr({**dentist, "lastName": "Otherwise"}, 1)


def test_another_position_or_start_is_another_applicant():
    assert applicant_for_esr(GOOD, 1) != applicant_for_esr(GOOD, 2)
    assert applicant_for_esr(GOOD, 1) != applicant_for_esr({**GOOD, "projectedHireDate": "2026-12-25"}, 1)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("YO12 5EX", "YO12 5EX"),
        ("yo125ex", "YO12 5EX"),
        ("m1 1ae", "M1 1AE"),
        ("EC1A1BB", "EC1A 1BB"),
        ("W1A 1AA", "W1A 1AA"),
        ("GIR 0AA", "GIR 0AA"),
        ("ZZ99 3WZ", "ZZ99 3WZ"),
        ("zz993vz", "ZZ99 3VZ"),
        ("QQ1 1AA", None),
        ("AB1C 1AI", None),
        ("YO12 5E", None),
        ("BFPO 12", None),
    ],
)
def test_postcodes_are_sent_in_one_form(written, sent):
    assert postcode(written) == sent


def test_a_notification_is_held_back_for_its_columns_alone():
    said = {
        "notificationTitleCode": "1",
        "deaneryPostNumber": "EOE/RX1/800/STR/001",
        "workingHourIndicator": "0.8",
    }
    assert notification_misfit_reason(said) == ""
    assert notification_misfit_reason({**said, "employingOrgVPDCode": "09612"}) == (
        "column employingOrgVPDCode: it must have at most 4 characters, not 5"
    )
    assert notification_misfit_reason({"positionId": 1}) == (
        "column notificationTitleCode: it is mandatory and missing"
    )
