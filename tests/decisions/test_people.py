from datetime import date

import pytest

from tis_esr.decisions.people import (
    ADD_FIELDS,
    PER_FIELDS,
    FieldChange,
    absence_changes,
    detail_changes,
    is_host,
    is_primary,
    registration_numbers,
)
from tis_esr.decisions.person_refusals import Refusal
from tis_esr.tcs.models import Absence, ContactDetails, PersonalDetails

TODAY = date(2026, 11, 24)


def changes(values, fields=PER_FIELDS, *, contact=None, personal=None):
    """Return what an ESR row changes, as {section.field: new}, and which columns are refused, and why."""
    found, refused = detail_changes(
        values,
        fields,
        ContactDetails(id=1, **(contact or {})),
        PersonalDetails(id=1, **(personal or {})),
        TODAY,
    )
    new = {f"{change.section}.{change.field}": change.new for change in found}
    return new, {value.column: value.why for value in refused}


@pytest.mark.parametrize(
    ("column", "value", "field", "new"),
    [
        ("ukNino", "ZZ123456Z", "personal.nationalInsuranceNumber", "ZZ123456Z"),
        ("lastName", "Example", "contact.legalSurname", "Example"),
        ("firstName", "Testa", "contact.legalForenames", "Testa"),
        ("title", "DR", "contact.title", "Dr"),
        ("gender", "F", "personal.gender", "Female"),
        ("dob", "1990-05-11", "personal.dateOfBirth", "1990-05-11"),
        ("homeTel", "01632 960001", "contact.telephoneNumber", "01632 960001"),
        ("mobileTel", "07700 900123", "contact.mobileNumber", "07700 900123"),
        ("emailAddress", "testa@example.org", "contact.workEmail", "testa@example.org"),
        ("ethnicOriginCode", "R", "personal.ethnicOrigin", "Chinese"),
        ("religiousBelief", "Islam", "personal.religiousBelief", "Islam"),
        ("sexualOrientation", "Gay", "personal.sexualOrientation", "Gay"),
        ("disability", "Yes", "personal.disabilityDetails", "YES"),
    ],
)
def test_every_column_of_a_person_row_goes_to_its_field_in_tis(column, value, field, new):
    assert changes({column: value}) == ({field: new}, {})


@pytest.mark.parametrize(
    ("column", "value", "field", "new"),
    [
        ("address1", "1 Invented Street", "contact.address1", "1 Invented Street"),
        ("address2", "Invented Park", "contact.address2", "Invented Park"),
        ("address3", "Invented Green", "contact.address3", "Invented Green"),
        ("town", "Exampleton", "contact.address4", "Exampleton"),
        ("postcode", "ZZ99 3VZ", "contact.postCode", "ZZ99 3VZ"),
        ("country", "GB", "contact.country", "United Kingdom"),
    ],
)
def test_every_column_of_a_primary_address_goes_to_its_field_in_tis(column, value, field, new):
    assert changes({column: value}, ADD_FIELDS) == ({field: new}, {})


def test_columns_that_tis_takes_nothing_from_change_nothing():
    assert changes({"middleNames": "Specimena", "previousLastName": "Sample"}) == ({}, {})
    assert changes({"county": "Invented County"}, ADD_FIELDS) == ({}, {})


def test_only_what_differs_is_changed_and_the_old_value_is_kept_for_the_journal():
    found, _ = detail_changes(
        {"lastName": "Example-New", "firstName": "Testa"},
        PER_FIELDS,
        ContactDetails(id=1, legal_surname="Example", legal_forenames="Testa"),
        PersonalDetails(id=1),
        TODAY,
    )
    assert found == [
        FieldChange(
            section="contact", field="legalSurname", column="lastName", old="Example", new="Example-New"
        )
    ]


@pytest.mark.parametrize("empty", [None, "", "   "])
def test_an_empty_value_of_esr_never_blanks_one_of_tis(empty):
    assert changes({"homeTel": empty, "title": empty}, contact={"telephone_number": "01632 960001"}) == (
        {},
        {},
    )


@pytest.mark.parametrize("from_esr", ["EXAMPLE-SPECIMEN", " Example-Specimen ", "example-specimen"])
def test_capitals_and_blanks_alone_are_no_difference(from_esr):
    assert changes({"lastName": from_esr}, contact={"legal_surname": "Example-Specimen"}) == ({}, {})


def test_a_new_value_is_written_without_blanks_around_it():
    assert changes({"lastName": " Example "})[0] == {"contact.legalSurname": "Example"}


@pytest.mark.parametrize("from_esr", ["1990-05-11", date(1990, 5, 11)])
def test_a_birth_date_is_compared_as_a_day(from_esr):
    assert changes({"dob": from_esr}, personal={"date_of_birth": date(1990, 5, 11)}) == ({}, {})


def test_a_code_without_a_value_in_tis_changes_nothing_and_its_column_is_reported():
    assert changes({"title": "BARON", "ethnicOriginCode": "Q"}, contact={"title": "Dr"}) == (
        {},
        {"title": Refusal.NO_CODE, "ethnicOriginCode": Refusal.NO_CODE},
    )


def test_a_value_that_means_the_same_is_no_change():
    assert changes(
        {"title": "DR", "gender": "F"}, contact={"title": "Dr"}, personal={"gender": "Female"}
    ) == (
        {},
        {},
    )


def test_only_the_primary_address_counts():
    assert is_primary({"primaryFlag": "Y"})
    assert is_primary({"primaryFlag": "y"})
    assert not is_primary({"primaryFlag": "N"})
    assert not is_primary({})


@pytest.mark.parametrize(
    ("indicator", "host"),
    [
        ("Host Employer", True),
        (" HOST EMPLOYER", True),
        ("Lead Employer", False),
        ("", False),
        (None, False),
    ],
)
def test_a_host_employers_record_is_told_by_its_indicator(indicator, host):
    assert is_host(indicator) is host


def test_registration_numbers_come_by_body_and_words_in_their_place_are_left_out():
    rows = [
        {"body": "General Medical Council", "regNumber": "7000001"},
        {"body": "GENERAL DENTAL COUNCIL", "regNumber": "100002"},
        {"body": "General Medical Council", "regNumber": "UNKNOWN"},
        {"body": "General Dental Council", "regNumber": "N/A"},
        {"body": "General Medical Council", "regNumber": None},
        {"body": "Nursing and Midwifery Council", "regNumber": "98A1234E"},
    ]
    assert registration_numbers(rows) == (["7000001"], ["100002"])


def test_a_deleted_registration_counts_only_where_there_is_no_other():
    gone = {"body": "General Medical Council", "regNumber": "7000009", "changeDeleteIndicator": "D"}
    kept = {"body": "General Medical Council", "regNumber": "7000001", "changeDeleteIndicator": "C"}
    assert registration_numbers([gone, kept]) == (["7000001"], [])
    assert registration_numbers([gone]) == (["7000009"], [])


ABSENCE = {"absenceStart": "2026-03-02", "absenceEnd": "2026-03-06", "absenceDuration": 5, "absenceID": "A1"}


def test_a_new_absence_has_its_days_and_its_duration():
    assert absence_changes(ABSENCE, None) == {
        "startDate": "2026-03-02",
        "endDate": "2026-03-06",
        "durationInDays": 5,
    }


def test_of_a_known_absence_only_what_differs_changes():
    known = Absence(id=1, start_date=date(2026, 3, 2), end_date=date(2026, 3, 4), duration_in_days=3)
    assert absence_changes(ABSENCE, known) == {"endDate": "2026-03-06", "durationInDays": 5}


def test_the_same_absence_changes_nothing_and_an_open_end_blanks_none():
    known = Absence(id=1, start_date=date(2026, 3, 2), end_date=date(2026, 3, 6), duration_in_days=5)
    assert absence_changes(ABSENCE, known) == {}
    assert absence_changes({**ABSENCE, "absenceEnd": None}, known) == {}
