"""Values go to ESR in one form, in APP and in NOT alike: without invisible marks, hard blanks and typographic quotes."""

from datetime import date

import pytest

from tis_esr.decisions.applicants import applicant_record
from tis_esr.decisions.notifications.content import Incumbent, for_position, type_1
from tis_esr.decisions.position_view import PositionView
from tis_esr.tcs.models import ContactDetails, GmcDetails, Person, PersonalDetails, Placement

POSITION = PositionView(
    position_id=1, position_number=2, deanery_number="EOE/1", deanery="EOE", employing_vpd="\ufeff096\u00a0"
)
PLACEMENT = Placement(
    id=5, date_from=date(2026, 12, 1), date_to=date(2027, 8, 1), grade_abbreviation="ST1\u200b"
)


def person(**contact: str) -> Person:
    details = {"surname": "Sample", "forenames": "Testa", **contact}
    return Person(
        id=7,
        contact_details=ContactDetails(id=7, **details),  # type: ignore[arg-type]  # a test names only fields that there are
        personal_details=PersonalDetails(
            id=7, date_of_birth=date(1990, 5, 11), national_insurance_number="zz 12\u00a034 56 z"
        ),
        gmc_details=GmcDetails(id=7, gmc_number="\u200e7000001\u00a0"),
    )


@pytest.mark.parametrize(
    ("field", "value", "column", "sent"),
    [
        ("legal_surname", "\u202eSample\u202c\u200b", "lastName", "Sample"),
        ("legal_surname", "O\u2019Sample", "lastName", "O'Sample"),
        ("legal_forenames", "Zoe\u0308", "firstName", "Zo\u00eb"),
        ("email", "\u00a0testa@example.org\ufeff", "applicantEmailAddress", "testa@example.org"),
        ("telephone_number", "01632\u00a0960001", "homeTel", "01632 960001"),
        ("address1", "=1+1", "address.address1", "=1+1"),
        ("address2", "1 Old\r\nMill", "address.address2", "1 Old Mill"),
    ],
)
def test_a_column_of_an_applicant_is_clean(field: str, value: str, column: str, sent: str) -> None:
    assert applicant_record(POSITION, PLACEMENT, person(**{field: value}), None).fields[column] == sent


def test_numbers_that_are_names_are_clean() -> None:
    fields = applicant_record(POSITION, PLACEMENT, person(), "\u200bEOE/1/C").fields
    assert (fields["ukNino"], fields["professionalBodies.0.regNumber"], fields["nationalTrainingNumber"]) == (
        "ZZ123456Z",
        "7000001",
        "EOE/1/C",
    )


def test_a_notification_says_it_as_an_applicant_record_does() -> None:
    who = person(
        email="\u00a0testa@example.org\u200b", legal_surname="O\u2019Sample", legal_forenames="Tes\u00adta"
    )
    row = for_position(type_1("EOE/1", None, Incumbent(placement=PLACEMENT, person=who)), POSITION)
    sent = applicant_record(POSITION, PLACEMENT, who, None).fields
    assert row.next_appointment_trainee_last_name == sent["lastName"] == "O'Sample"
    assert row.next_appointment_trainee_first_name == sent["firstName"] == "Testa"
    assert row.next_appointment_trainee_email_address == sent["applicantEmailAddress"] == "testa@example.org"
    assert row.next_appointment_trainee_gmc_number == sent["professionalBodies.0.regNumber"] == "7000001"
    assert (row.employing_org_vpd_code, row.next_appointment_trainee_grade) == ("096", "ST1")
