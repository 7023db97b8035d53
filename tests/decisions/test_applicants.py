from datetime import date

import pytest
from tests.decisions.invented import NPN, person, placement, position

from tis_esr.decisions.applicants import applicant_record
from tis_esr.tcs.models import GmcDetails, Person, PersonalDetails

COMING = placement(1, date(2026, 4, 1), date(2026, 9, 30))


def test_a_full_record_has_every_column_that_tis_has_a_source_for():
    someone = person(
        1,
        gmc="7000001",
        gdc="100002",
        legal_surname="Legal-Example",
        legal_forenames="Testa Specimena",
        maiden_name="Sample",
        title="Dr",
        address1="1 Invented Street",
        address2="Invented Park",
        address3="Invented Green",
        address4="Exampleton",
        post_code="ZZ99 3VZ",
        country="United Kingdom",
        telephone_number="01632 960001",
        mobile_number="07700 900123",
        ethnic_origin="Chinese",
        sexual_orientation="Heterosexual",
        religious_belief="Other",
        nationality="British",
        national_insurance_number="ZZ 12 34 56 Z",
        disability="NO",
        marital_status="Single",
    )
    draft = applicant_record(position(), COMING, someone, "EAN/021/7000001/C")
    assert draft.fields == {
        "applicantEmailAddress": "testa@example.org",
        "lastName": "Legal-Example",
        "firstName": "Testa Specimena",
        "title": "DR",
        "dob": date(1990, 5, 11),
        "gender": "F",
        "address.address1": "1 Invented Street",
        "address.address2": "Invented Park",
        "address.address3": "Invented Green",
        "address.town": "Exampleton",
        "address.postcode": "ZZ99 3VZ",
        "address.country": "GB",
        "homeTel": "01632 960001",
        "mobileTel": "07700 900123",
        "ethnicOriginCode": "R",
        "professionalBodies.0.body": "General Medical Council",
        "professionalBodies.0.regNumber": "7000001",
        "professionalBodies.1.body": "General Dental Council",
        "professionalBodies.1.regNumber": "100002",
        "sexualOrientation": "Heterosexual",
        "religiousBelief": "Other",
        "nationality": "GB",
        "nationalTrainingNumber": "EAN/021/7000001/C",
        "ukNino": "ZZ123456Z",
        "positionId": 7607373,
        "positionNumber": 34611829,
        "disability": "No",
        "projectedHireDate": date(2026, 4, 1),
        "projectedEndDate": date(2026, 9, 30),
        "maritalStatus": "S",
        "previousLastName": "Sample",
        "deaneryNumber": NPN,
    }
    assert (draft.missing, draft.unmapped) == ((), ())


def test_the_effective_date_is_left_to_the_export():
    draft = applicant_record(position(), COMING, person(), None)
    assert "effectiveDate" not in draft.fields
    assert "effectiveDate" not in draft.missing


def test_mandatory_columns_without_a_value_are_named():
    nobody = Person(id=1, personal_details=PersonalDetails(id=1))
    draft = applicant_record(position(position_number=None), COMING, nobody, None)
    assert draft.missing == ("lastName", "firstName", "dob", "positionNumber")


@pytest.mark.parametrize("words", ["UNKNOWN", "N/A", " "])
def test_a_gmc_number_that_is_none_is_written_empty_with_no_body(words):
    draft = applicant_record(position(), COMING, person(gmc=words), None)
    assert not [name for name in draft.fields if name.startswith("professionalBodies")]


def test_a_dentists_registration_stands_in_the_second_place():
    draft = applicant_record(position(), COMING, person(gmc="UNKNOWN", gdc="100002"), None)
    assert draft.fields["professionalBodies.1.body"] == "General Dental Council"
    assert "professionalBodies.0.body" not in draft.fields


def test_a_registration_carries_the_day_it_ends():
    registered = Person(
        id=1, gmc_details=GmcDetails(id=1, gmc_number="7000001", gmc_end_date=date(2027, 1, 31))
    )
    draft = applicant_record(position(), COMING, registered, None)
    assert draft.fields["professionalBodies.0.expiryDate"] == date(2027, 1, 31)


@pytest.mark.parametrize("postcode", ["Doha, Qatar", "YO12 5EX,", "12345", "N/A"])
def test_a_postcode_that_esr_would_refuse_is_left_empty_and_reported(postcode):
    """Incident A5: such postcodes came back in the confirmation and broke it."""
    draft = applicant_record(position(), COMING, person(post_code=postcode), None)
    assert "address.postcode" not in draft.fields
    assert draft.unmapped == ("address.postcode",)
    assert draft.missing == ()


@pytest.mark.parametrize("postcode", ["YO12 5EX", "yo125ex", "W1A 1AA", "M1 1AE", "EC1A 1BB", "BF1 2AA"])
def test_postcodes_of_every_british_form_are_sent(postcode):
    draft = applicant_record(position(), COMING, person(post_code=postcode), None)
    assert (
        draft.fields["address.postcode"]
        == (written := postcode.upper().replace(" ", ""))[:-3] + " " + written[-3:]
    )


def test_a_value_without_a_code_is_left_empty_and_its_column_reported():
    draft = applicant_record(position(), COMING, person(title="Baron", nationality="Congolese"), None)
    assert draft.unmapped == ("nationality", "title")
    assert "title" not in draft.fields
    assert draft.missing == ()


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"address4": "Exampleton" * 7}, "address.town"),
        ({"address1": "1 Invented\x00Street"}, "address.address1"),
        ({"national_insurance_number": "ZZ123456789"}, "ukNino"),
    ],
)
def test_an_optional_value_that_does_not_fit_is_left_empty_and_reported_not_cut(changes, column):
    draft = applicant_record(position(), COMING, person(**changes), None)
    assert column not in draft.fields
    assert draft.unmapped == (column,)


def test_a_mandatory_value_that_does_not_fit_is_missing_too():
    draft = applicant_record(position(), COMING, person(surname="Example" * 30), None)
    assert draft.missing == ("lastName",)
    assert draft.unmapped == ("lastName",)


def test_line_ends_within_an_address_become_blanks():
    draft = applicant_record(position(), COMING, person(address1="1 Invented Street\r\nFlat 2"), None)
    assert draft.fields["address.address1"] == "1 Invented Street Flat 2"


def test_accents_and_apostrophes_in_names_are_kept():
    draft = applicant_record(position(), COMING, person(surname="O'Éxample", forenames="Zoë"), None)
    assert (draft.fields["lastName"], draft.fields["firstName"]) == ("O'Éxample", "Zoë")


def test_the_report_holds_columns_and_no_values():
    draft = applicant_record(position(), COMING, person(religious_belief="Neither community"), None)
    assert "Neither" not in repr(draft.unmapped + draft.missing)
