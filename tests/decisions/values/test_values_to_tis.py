"""What ESR knows of a person goes to TIS only as TIS's own forms would accept it."""

from datetime import date

import pytest

from tis_esr.decisions.people import (
    ADD_FIELDS,
    PER_FIELDS,
    absence_refusals,
    attendance_id,
    detail_changes,
    given,
)
from tis_esr.decisions.person_refusals import Refusal
from tis_esr.tcs.models import ContactDetails, PersonalDetails

TODAY = date(2026, 11, 24)
FIELDS = (*PER_FIELDS, *ADD_FIELDS)


def outcome(column: str, value: object, **contact: str) -> str | Refusal | None:
    """Return the new value of the one column, or why it is refused; None where nothing is to be done."""
    person = ContactDetails(id=1, **contact)  # type: ignore[arg-type]  # a test names only fields that there are
    changes, refused = detail_changes({column: value}, FIELDS, person, PersonalDetails(id=1), TODAY)
    return next((change.new for change in changes), None) or next((value.why for value in refused), None)


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("lastName", "Zoë", Refusal.NOT_PLAIN_LETTERS),
        ("lastName", "Sample (Testa)", Refusal.NOT_PLAIN_LETTERS),
        ("firstName", "Testa Jr.", Refusal.NOT_PLAIN_LETTERS),
        ("firstName", "Testa, Sample", Refusal.NOT_PLAIN_LETTERS),
        ("lastName", "Sampl\ufffd", Refusal.LOST_LETTERS),
        ("lastName", "Sampl¿", Refusal.LOST_LETTERS),
        ("address1", "1 Caf¿ Row", Refusal.LOST_LETTERS),
        ("emailAddress", "test¿@example.org", Refusal.LOST_LETTERS),
        ("address1", "x" * 256, Refusal.TOO_LONG),
        ("lastName", "x" * 256, Refusal.TOO_LONG),
        ("homeTel", "(01632) 960001", Refusal.NOT_A_PHONE_NUMBER),
        ("homeTel", "01632 960001 ext. 4", Refusal.NOT_A_PHONE_NUMBER),
        ("mobileTel", "none", Refusal.NOT_A_PHONE_NUMBER),
        ("emailAddress", "testa at example.org", Refusal.NOT_AN_EMAIL_ADDRESS),
        ("emailAddress", "testa@example", Refusal.NOT_AN_EMAIL_ADDRESS),
        ("emailAddress", "testa..sample@example.org", Refusal.NOT_AN_EMAIL_ADDRESS),
        ("dob", "0001-01-01", Refusal.IMPLAUSIBLE_DATE),
        ("dob", "1899-12-31", Refusal.IMPLAUSIBLE_DATE),
        ("dob", "2026-11-25", Refusal.IMPLAUSIBLE_DATE),
        ("dob", "rubbish", Refusal.UNREADABLE),
        ("gender", "X", Refusal.NO_CODE),
        ("country", "QQ", Refusal.NO_CODE),
    ],
)
def test_what_tis_would_refuse_is_refused_with_its_reason(column: str, value: str, why: Refusal) -> None:
    assert outcome(column, value) is why
    assert given({column: value}, FIELDS, TODAY) == []


@pytest.mark.parametrize(
    ("column", "value", "new"),
    [
        ("lastName", "O\u2019Sample", "O'Sample"),
        ("lastName", "O\u02bcSample", "O'Sample"),
        ("lastName", "Sample\u2013Testa", "Sample-Testa"),
        ("lastName", "Sample\u00a0 Testa", "Sample Testa"),
        ("lastName", "\u202eSample\u200b\ufeff", "Sample"),
        ("ukNino", "zz 12 34 56 z", "ZZ123456Z"),
        ("ukNino", "ZZ\u00a0123456Z", "ZZ123456Z"),
        ("homeTel", "01632\u00a0960001", "01632 960001"),
        ("emailAddress", "\u00a0testa@example.org\u00a0", "testa@example.org"),
        ("address1", "1 Old Mill\nSample Lane", "1 Old Mill Sample Lane"),
        ("address1", "1 Rue de l\u2019Étoile", "1 Rue de l'Étoile"),
        ("dob", "1900-01-01", "1900-01-01"),
        ("dob", "2026-11-24", "2026-11-24"),
        ("country", " gb ", "United Kingdom"),
    ],
)
def test_what_can_be_repaired_without_loss_is_repaired(column: str, value: str, new: str) -> None:
    assert outcome(column, value) == new


def test_a_repair_is_said_in_the_journals_words() -> None:
    changes, _ = detail_changes(
        {"lastName": "O\u2019Sample", "ukNino": "ZZ 12 34 56 Z", "firstName": "Testa"},
        PER_FIELDS,
        ContactDetails(id=1),
        PersonalDetails(id=1),
        TODAY,
    )
    assert {change.column: change.repaired for change in changes} == {
        "lastName": "repaired: typographic apostrophe",
        "ukNino": "repaired: blanks",
        "firstName": "",
    }


@pytest.mark.parametrize(
    ("column", "value", "field", "held"),
    [
        ("lastName", "Zoë", "legal_surname", "Zoe"),
        ("lastName", "ZOE", "legal_surname", "Zoë"),
        ("lastName", "Søren", "legal_surname", "Soren"),
        ("lastName", "O'Sample", "legal_surname", "O\u2019Sample"),
        ("lastName", "Zoe\u0308", "legal_surname", "Zoë"),
        ("homeTel", "01632960001", "telephone_number", "01632 960 001"),
        ("mobileTel", "07700-900123", "mobile_number", "07700 900123"),
        ("emailAddress", "TESTA@example.org", "work_email", "testa@example.org"),
        ("postcode", "ZZ99 3VZ", "post_code", "zz99 3vz"),
    ],
)
def test_letter_case_accents_blanks_and_repairs_alone_are_no_difference(
    column: str, value: str, field: str, held: str
) -> None:
    assert outcome(column, value, **{field: held}) is None


@pytest.mark.parametrize("nothing", ["\u200b", "\u00a0", " \ufeff "])
def test_a_value_of_invisible_marks_alone_is_no_value(nothing: str) -> None:
    assert outcome("lastName", nothing, legal_surname="Sample") is None


def test_a_word_of_the_list_that_tis_would_not_save_is_refused() -> None:
    """TIS's own list of countries has words with commas, which its form does not accept."""
    assert outcome("country", "CD") is Refusal.NOT_PLAIN_LETTERS


@pytest.mark.parametrize(
    ("values", "refused"),
    [
        ({"absenceID": "A1", "absenceStart": date(2026, 3, 2)}, {}),
        ({"absenceID": " A1\u200b ", "absenceStart": "2026-03-02"}, {}),
        ({"absenceID": "A1234567890"}, {"absenceID": Refusal.TOO_LONG}),
        ({"absenceID": "A1", "absenceStart": "0001-01-01"}, {"absenceStart": Refusal.IMPLAUSIBLE_DATE}),
        ({"absenceID": "A1", "absenceEnd": date(1899, 1, 1)}, {"absenceEnd": Refusal.IMPLAUSIBLE_DATE}),
        ({"absenceID": "A1", "absenceDuration": 2**31}, {"absenceDuration": Refusal.TOO_LONG}),
    ],
)
def test_an_absence_is_checked_by_the_rules_of_tis(
    values: dict[str, object], refused: dict[str, Refusal]
) -> None:
    assert {value.column: value.why for value in absence_refusals(values)} == refused


def test_an_absence_is_known_by_its_id_without_blanks_and_marks() -> None:
    assert attendance_id({"absenceID": " A1\u200b\u00a0"}) == "A1"
