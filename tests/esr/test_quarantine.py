"""A file that ESR quarantines is not loaded at all, whatever else it holds, and is never answered."""

from datetime import timedelta

import pytest
from tests.esr.written_files import APP, DAY, DNC, POST, app, esr, file, note, taken

GOOD = file(APP, app()).decode()
ANOTHER_PERSON = {21: '"7200002"', 31: "2", 32: "1002"}
BROKEN = {
    "no HDR": (GOOD.partition("\n")[2].replace("TRL,3", "TRL,2"), "no HDR"),
    "HDR of another file": (GOOD.replace("00000008.DAT", "00000009.DAT", 1), "HDR does not fit"),
    "HDR of another deanery": (GOOD.replace('"EOE","APP"', '"LDN","APP"', 1), "HDR does not fit"),
    "no TRL": (GOOD[: GOOD.index("TRL")], "no TRL"),
    "TRL that counts data rows only": (GOOD.replace("TRL,3", "TRL,1"), "counts 1 rows"),
    "cut within a row": (GOOD[:200], "no line end"),
    "carriage returns": (GOOD.replace("\n", "\r\n"), "carriage return"),
    "a byte order mark": ("\ufeff" + GOOD, "byte order mark"),
    "a blank line": (GOOD.replace("TRL,3", "\nTRL,4"), "no APP"),
    "a record of another type": (GOOD.replace("APP,2", "NOT,2"), "no APP"),
    "a quote that is not doubled": (GOOD.replace("Specimen", 'Speci"men'), "malformed"),
    "a column too many": (GOOD.replace(f'"{POST}"', f'"{POST}",""'), "45 columns"),
    "a column too few": (GOOD.replace(f',"{POST}"', ""), "43 columns"),
    "text without quotes": (GOOD.replace('"Specimen"', "Specimen"), "lastName is not in quotes"),
    "a number in quotes": (GOOD.replace(",1001,", ',"1001",'), "positionNumber is in quotes"),
    "a day that is none": (GOOD.replace("19900115", "19900230"), "dob is no yyyyMMdd date"),
    "a day in ISO form": (GOOD.replace("19900115", "1990-01-15"), "dob is no yyyyMMdd date"),
    "a number with a point": (GOOD.replace(",1001,", ",1001.0,"), "positionNumber is no number"),
}


@pytest.mark.parametrize(("content", "why"), BROKEN.values(), ids=BROKEN.keys())
def test_a_file_that_is_not_of_the_interface_is_quarantined_and_never_answered(
    content: str, why: str
) -> None:
    here = esr()
    received = here.take(APP, content.encode(), DAY)
    assert why in received.quarantined[0]
    assert received.outcomes == []
    assert here.holdings.applicants == {}
    assert [here.answers(DAY + timedelta(days=n)) for n in range(5)] == [{}] * 5


@pytest.mark.parametrize("name", ["APP.DAT", "DE_EOE_APP_20261324_00000008.DAT", "DE_EOE_APP_20261124_8.DAT"])
def test_a_name_that_is_not_of_the_interface_is_quarantined(name: str) -> None:
    assert esr().take(name, GOOD.encode(), DAY).quarantined == ["the name is not one of the interface"]


def test_windows_1252_is_not_what_esr_expects() -> None:
    assert esr().take(APP, GOOD.replace("Testa", "Tésta").encode("cp1252"), DAY).quarantined == [
        "the file is not UTF-8 text"
    ]


def applicants(number: int, post: str = POST) -> list[str]:
    return [app({21: f'"72{n:05d}"', 44: f'"{post}"'}) for n in range(number)]


def test_forty_applicants_of_a_post_are_loaded() -> None:
    received = taken(*applicants(40))
    assert (received.quarantined, [o.accepted for o in received.outcomes]) == ([], [True] * 40)


def test_the_forty_first_applicant_of_a_post_quarantines_the_file() -> None:
    assert taken(*applicants(41)).quarantined == [f"41 applicants for post {POST.casefold()}, 40 at most"]


def test_the_limit_counts_all_positions_of_a_post_the_deleted_too() -> None:
    rows = [app({21: f'"72{n:05d}"', 31: f"{n % 3 + 1}", 32: f"{n % 3 + 1001}"}) for n in range(41)]
    assert taken(*rows).quarantined != []


def test_an_applicant_twice_for_a_position_and_start_quarantines_the_file() -> None:
    assert taken(app(), app({4: '"Otherwise"'})).quarantined == [
        "2 rows repeat an applicant, position and start date"
    ]


def test_without_a_registration_number_people_are_the_same_by_name_and_day_of_birth() -> None:
    unregistered = {20: '""', 21: '""'}
    assert taken(app(unregistered), app({**unregistered, 4: '"SPECIMEN"'})).quarantined != []
    assert taken(app(unregistered), app({**unregistered, 8: "19900116"})).quarantined == []


def test_the_same_person_for_another_position_or_start_is_no_duplicate() -> None:
    received = taken(app(), app({31: "2", 32: "1002"}), app({34: "20270101"}))
    assert received.quarantined == []


def test_a_name_that_came_before_with_other_content_is_quarantined_and_the_first_stands() -> None:
    here = esr()
    first = taken(app(), by=here)
    again = taken(app(ANOTHER_PERSON), by=here)
    assert again.quarantined == ["a file of this name with other content was received before"]
    assert here.holdings.files[APP] is first


def test_a_file_that_comes_again_changes_nothing() -> None:
    here = esr()
    first = taken(app(), by=here)
    assert taken(app(), by=here) is first
    assert [len(held) for held in here.holdings.applicants.values()] == [1]


def test_a_notification_file_is_opened_as_strictly() -> None:
    assert taken(note({34: "1.25"})).quarantined == ["row 1: hours is no number of 3 digits"]
    assert esr().take(DNC, file(DNC, note()).replace(b"TRL,3", b"TRL,9"), DAY).quarantined != []
