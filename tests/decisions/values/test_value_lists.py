import pytest

from tis_esr.decisions.values.value_lists import TABLES, ValueList, to_esr, to_tis


@pytest.mark.parametrize(
    ("values", "tis", "esr"),
    [
        (ValueList.GENDER, "Male", "M"),
        (ValueList.GENDER, "Female", "F"),
        (ValueList.TITLE, "Dr", "DR"),
        (ValueList.TITLE, "Professor", "PROFESSOR"),
        (ValueList.MARITAL_STATUS, "Divorced", "D"),
        (ValueList.ETHNIC_ORIGIN, "White - British", "A"),
        (ValueList.ETHNIC_ORIGIN, "Any other mixed background", "G"),
        (ValueList.ETHNIC_ORIGIN, "Chinese", "R"),
        (ValueList.ETHNIC_ORIGIN, "Not stated", "Z"),
        (ValueList.RELIGIOUS_BELIEF, "Atheism", "Atheism"),
        (ValueList.SEXUAL_ORIENTATION, "Bisexual", "Bisexual"),
        (ValueList.DISABILITY, "NO", "No"),
        (ValueList.COUNTRY, "United Kingdom", "GB"),
        (ValueList.COUNTRY, "Tanzania, United Republic Of", "TZ"),
        (ValueList.COUNTRY, "Cote D'Ivoire", "CI"),
        (ValueList.COUNTRY, "Guernsey", "GG"),
        (ValueList.NATIONALITY, "British", "GB"),
        (ValueList.NATIONALITY, "Afghan", "AF"),
        (ValueList.NATIONALITY, "Philippine", "PH"),
        (ValueList.NATIONALITY, "Basotho", "LS"),
    ],
)
def test_a_value_of_tis_has_a_code_and_the_code_becomes_that_value_again(values, tis, esr):
    assert to_esr(values, tis) == esr
    assert to_tis(values, esr) == tis


def test_letter_case_and_blanks_around_a_value_do_not_matter():
    assert to_esr(ValueList.GENDER, " FEMALE ") == "F"
    assert to_esr(ValueList.NATIONALITY, "North Korean ") == "KP"
    assert to_tis(ValueList.TITLE, "dr") == "Dr"


@pytest.mark.parametrize(
    ("values", "tis", "esr"),
    [
        (ValueList.COUNTRY, "England", "GB"),
        (ValueList.COUNTRY, "Iran", "IR"),
        (ValueList.COUNTRY, "Eswatini", "SZ"),
        (ValueList.NATIONALITY, "Welsh", "GB"),
        (ValueList.NATIONALITY, "Filipino", "PH"),
    ],
)
def test_other_words_for_a_country_and_its_people_are_taken_outward(values, tis, esr):
    assert to_esr(values, tis) == esr


@pytest.mark.parametrize(
    ("values", "esr", "tis"),
    [
        (ValueList.COUNTRY, "IR", "Iran, Islamic Republic Of"),
        (ValueList.COUNTRY, "GB", "United Kingdom"),
        (ValueList.COUNTRY, "VN", "Vietnam"),
        (ValueList.NATIONALITY, "GB", "British"),
    ],
)
def test_inward_a_code_becomes_the_word_that_tis_offers(values, esr, tis):
    assert to_tis(values, esr) == tis


@pytest.mark.parametrize(
    ("values", "tis"),
    [
        (ValueList.TITLE, "Baron"),
        (ValueList.GENDER, "I prefer not to specify"),
        (ValueList.RELIGIOUS_BELIEF, "Protestant Community"),
        (ValueList.NATIONALITY, "Congolese"),
        (ValueList.NATIONALITY, "Yugoslavian"),
        (ValueList.COUNTRY, ""),
    ],
)
def test_a_value_without_a_code_has_none_rather_than_a_guess(values, tis):
    assert to_esr(values, tis) is None


def test_a_code_that_tis_has_no_value_for_has_none():
    assert to_tis(ValueList.ETHNIC_ORIGIN, "Q") is None
    assert to_tis(ValueList.COUNTRY, "XX") is None


def test_there_are_all_249_countries_and_the_17_ethnic_categories():
    assert len({esr for _, esr in TABLES[ValueList.COUNTRY]}) == 249
    assert "".join(esr for _, esr in TABLES[ValueList.ETHNIC_ORIGIN]) == "ABCDEFGHJKLMNPRSZ"


@pytest.mark.parametrize("values", list(ValueList))
def test_no_word_stands_for_two_codes(values):
    words = [tis.casefold() for tis, _ in TABLES[values]]
    assert len(words) == len(set(words))
