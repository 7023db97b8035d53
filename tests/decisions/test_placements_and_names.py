from datetime import date

import pytest
from tests.decisions.invented import person, placement

from tis_esr.decisions.placements import is_reportable, same_site, unreportable_reason
from tis_esr.decisions.values.person_names import first_name, last_name, registration
from tis_esr.tcs.models import Person

START, END = date(2026, 4, 1), date(2026, 8, 1)


@pytest.mark.parametrize(
    "kind",
    [
        "In post",
        "In Post - Acting Up",
        "In post - Extension",
        "Parental Leave",
        "Long-term sick",
        "Suspended",
        "Phased Return",
        "IN POST",
        "phased return",
    ],
)
def test_the_seven_types_count_in_any_letter_case(kind):
    assert is_reportable(placement(1, START, END, placement_type=kind))


@pytest.mark.parametrize("kind", ["OOPC", "OOPE", "OOPR", "OOPT", "Something new"])
def test_other_types_do_not_count_and_are_named_in_the_reason(kind):
    reason = unreportable_reason(placement(1, START, END, placement_type=kind))
    assert reason == f"its type is {kind}, which is not reported to ESR"


def test_a_placement_without_a_type_does_not_count():
    reason = unreportable_reason(placement(1, START, END, placement_type=None))
    assert reason == "its type is missing, which is not reported to ESR"


def test_a_draft_does_not_count_and_the_reason_says_so():
    reason = unreportable_reason(placement(1, START, END, lifecycle_state="DRAFT"))
    assert reason == "it is DRAFT in TIS, not APPROVED"


def test_a_placement_in_no_known_state_does_not_count():
    assert unreportable_reason(placement(1, START, END, lifecycle_state=None)) is not None


def test_sites_are_the_same_by_code_in_any_letter_case():
    assert same_site(
        placement(1, START, END, site_code="rx101"), placement(2, START, END, site_code="RX101 ")
    )
    assert not same_site(placement(1, START, END), placement(2, START, END, site_code="RX102"))


@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_blank_site_matches_nothing_not_even_another_blank(blank):
    assert not same_site(placement(1, START, END, site_code=blank), placement(2, START, END, site_code=blank))


def test_a_legal_name_comes_before_the_ordinary_one():
    someone = person(legal_surname="Legal-Example", legal_forenames="Specimena")
    assert (last_name(someone), first_name(someone)) == ("Legal-Example", "Specimena")


@pytest.mark.parametrize("blank", [None, "", " "])
def test_a_person_without_a_legal_name_has_the_ordinary_one(blank):
    someone = person(1, legal_surname=blank, legal_forenames=blank)
    assert (last_name(someone), first_name(someone)) == ("Example1", "Testa1")


def test_a_person_without_contact_details_has_no_name():
    assert (last_name(Person(id=1)), first_name(Person(id=1))) == (None, None)


@pytest.mark.parametrize("words", ["UNKNOWN", "unknown", "N/A", "n/a", "", "  ", None])
def test_words_in_place_of_a_registration_number_are_none(words):
    assert registration(words) is None


def test_a_registration_number_is_kept_as_text_with_its_zeros():
    assert registration(" 0123456 ") == "0123456"
