"""What ESR makes of one applicant row: loaded, loaded with a warning, or rejected with a code and a text."""

import pytest
from tests.esr.written_files import APP, DAY, POST, app, esr, only, taken

from tis_esr.simulation.esr.esr_state import load

REJECTED = {
    "a mandatory column is empty": ({4: '""'}, "DIT-01: column lastName is mandatory"),
    "no day of birth": ({8: ""}, "DIT-01: column dob is mandatory"),
    "no position number": ({32: ""}, "DIT-01: column positionNumber is mandatory"),
    "a text is too long": ({15: f'"{"A" * 31}"'}, "DIT-01: column postcode is longer than 30 characters"),
    "a control character": ({4: '"Speci\tmen"'}, "DIT-01: column lastName holds a character that can't be shown"),
    "a foreign postcode": ({15: '"Doha, Qatar"'}, 'DIT-07: Postcode "Doha, Qatar" is invalid or badly formatted'),
    "a postcode with a comma": ({15: '"YO12 5EX,"'}, 'DIT-07: Postcode "YO12 5EX," is invalid or badly formatted'),
    "a postcode in small letters": ({15: '"yo12 5ex"'}, 'DIT-07: Postcode "yo12 5ex" is invalid or badly formatted'),
    "a postcode without its blank": ({15: '"YO125EX"'}, 'DIT-07: Postcode "YO125EX" is invalid or badly formatted'),
    "a position that ESR has not": ({31: "404"}, "DIT-02: Position 404 does not exist in ESR"),
    "a deleted position": ({31: "3", 32: "1003"}, "DIT-03: Position 3 is end dated"),
    "another position's number": ({32: "1002"}, "DIT-04: Position number 1002 does not belong to position 1"),
    "another post": ({44: '"EOE/RX1/800/STR/002"'}, "DIT-05: Deanery number does not match that of position 1"),
    "another effective date": ({2: "20261123"}, "DIT-08: The effective date is not the date of the file"),
    "a start that is past": ({34: "20261123"}, "DIT-08: The hire date is past"),
    "an end before the start": ({35: "20261223"}, "DIT-08: The end date is before the hire date"),
    "a child": ({8: "20200101"}, "DIT-08: The date of birth can not be that of an employee"),
}  # fmt: skip
WARNED = {
    "no registration": ({20: '""', 21: '""'}, "DIT-52"),
    "a gender that ESR has no code for": ({9: '"X"'}, "DIT-51"),
    "a country by its name": ({16: '"United Kingdom"'}, "DIT-51"),
    "an NI number with blanks": ({30: '"QQ 12 34C"'}, "DIT-51"),
}
POSTCODES = [
    "M1 1AA",
    "M60 1NW",
    "CR2 6XH",
    "DN55 1PT",
    "W1A 1HQ",
    "EC1A 1BB",
    "GIR 0AA",
    "ZZ99 3WZ",
    "JE2 3AB",
]


def test_a_good_row_is_loaded_under_a_number_of_its_own() -> None:
    here = esr()
    outcome = only(taken(app(), by=here))
    assert (outcome.accepted, outcome.kind, outcome.text, outcome.applicant) == (
        True,
        "INFO",
        "",
        "A30000001",
    )
    [held] = here.holdings.applicants[1]
    assert (held.person, str(held.start), str(held.end)) == ("7200001", "2026-12-24", "2027-06-12")


@pytest.mark.parametrize(("changes", "text"), REJECTED.values(), ids=REJECTED.keys())
def test_a_row_is_rejected_with_its_reason_and_its_neighbours_are_not(
    changes: dict[int, str], text: str
) -> None:
    here = esr()
    rejected, good = taken(app(changes), app({21: '"7200002"'}), by=here).outcomes
    assert (rejected.accepted, rejected.kind, rejected.text, rejected.applicant) == (False, "ERROR", text, "")
    assert good.accepted
    assert [held.person for of in here.holdings.applicants.values() for held in of] == ["7200002"]


@pytest.mark.parametrize(("changes", "code"), WARNED.values(), ids=WARNED.keys())
def test_what_is_odd_is_loaded_with_a_warning(changes: dict[int, str], code: str) -> None:
    outcome = only(taken(app(changes)))
    assert (outcome.accepted, outcome.kind, outcome.text[:6]) == (True, "WARNING", code)


@pytest.mark.parametrize("postcode", POSTCODES)
def test_postcodes_of_every_form_are_taken(postcode: str) -> None:
    assert only(taken(app({15: f'"{postcode}"'}))).accepted


def test_a_position_of_another_local_office_is_rejected() -> None:
    name = APP.replace("EOE", "LDN")
    assert only(taken(app(), name=name)).text == "DIT-06: Position 1 belongs to another local office"


def test_an_applicant_whom_an_earlier_file_brought_is_rejected_and_other_dates_are_warned_of() -> None:
    here = esr()
    taken(app(), by=here)
    later = taken(app(), app({34: "20270101"}), by=here, name=APP.replace("08.DAT", "21.DAT"))
    assert [(o.accepted, o.text[:6]) for o in later.outcomes] == [(False, "DIT-09"), (True, "DIT-53")]


def test_a_person_who_is_held_under_another_name_or_birth_date_is_warned_of() -> None:
    here = esr()
    elsewhere = {31: "2", 32: "1002"}
    first, other = taken(app(), app({**elsewhere, 4: '"Otherwise"'}), by=here).outcomes
    assert (first.text, other.accepted, other.text[:6]) == ("", True, "DIT-58")
    assert here.holdings.people["7200001"].last_name == "Otherwise"


def test_what_esr_holds_can_be_saved_and_read_again(tmp_path) -> None:
    here = esr()
    taken(app(), by=here)
    here.holdings.save(tmp_path / "esr.json")
    assert load(tmp_path / "esr.json") == here.holdings
    assert load(tmp_path / "none.json").positions == {}


def test_the_post_of_a_row_is_that_of_the_position_letter_by_letter() -> None:
    """A blank before the number is part of it: ESR sent it so, and gets it so."""
    here = esr()
    here.holdings.positions[1].post = f" {POST}"
    assert only(taken(app({44: f'" {POST}"'}), by=here)).accepted
    assert here.holdings.files[APP].on == DAY
