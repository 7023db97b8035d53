"""What ESR makes of a notification, and how it changes what ESR holds of positions and applicants."""

import pytest
from tests.esr.written_files import DNC, app, esr, note, only, taken

from tis_esr.simulation.esr.esr import Esr

NOBODY = {15: '""', 16: '""', 17: '""', 19: ""}
WITHDRAWN = {**NOBODY, 2: '"2"', 22: '"Specimen"', 23: '"Testa"', 24: '"7200001"', 25: '"3"'}
MOVED = {2: '"4"', 31: "20270104", 32: "20270630"}
REJECTED = {
    "VPD of two digits": ({37: '"96"'}, "DIT-11"),
    "no VPD where the position has one": ({37: '""'}, "DIT-11"),
    "unknown type": ({2: '"9"'}, "DIT-12"),
    "no type": ({2: '""'}, "DIT-01"),
    "deleted position": ({39: "3", 40: "1003"}, "DIT-03"),
    "no position": ({39: "", 40: ""}, "DIT-02"),
    "another post": ({4: '"EOE/RX1/800/STR/009"'}, "DIT-05"),
    "a withdrawal of nobody": ({**WITHDRAWN, 22: '""'}, "DIT-13"),
    "a withdrawal without a reason": ({**WITHDRAWN, 25: '""'}, "DIT-13"),
    "new dates without an end": ({**MOVED, 32: ""}, "DIT-13"),
    "new dates of nobody": ({**MOVED, **NOBODY}, "DIT-13"),
    "a new post without a place": ({**NOBODY, 2: '"5"', 35: '"Y"'}, "DIT-13"),
}


def with_an_applicant() -> Esr:
    here = esr()
    taken(app(), by=here)
    return here


def test_type_1_says_who_is_there_and_who_is_next() -> None:
    here = esr()
    outcome = only(taken(note(), by=here))
    assert (outcome.accepted, outcome.kind, outcome.text) == (True, "INFO", "")
    assert here.holdings.incumbents[1].pairs == [("", "7200001")]


def test_a_later_file_replaces_who_is_there() -> None:
    here = esr()
    taken(note(), by=here)
    taken(note({**NOBODY, 35: '"Y"'}), by=here, name=DNC.replace("09.DAT", "22.DAT"))
    assert here.holdings.incumbents[1].pairs == [("", "")]


@pytest.mark.parametrize(("changes", "code"), REJECTED.values(), ids=REJECTED.keys())
def test_a_notification_is_rejected_and_changes_nothing(changes: dict[int, str], code: str) -> None:
    here = with_an_applicant()
    outcome = only(taken(note(changes), by=here))
    assert (outcome.accepted, outcome.kind, outcome.text[:6]) == (False, "ERROR", code)
    assert here.holdings.incumbents == {}
    assert [held.withdrawn for held in here.holdings.applicants[1]] == [False]


def test_type_2_withdraws_the_applicant() -> None:
    here = with_an_applicant()
    assert only(taken(note(WITHDRAWN), by=here)).kind == "INFO"
    assert [held.withdrawn for held in here.holdings.applicants[1]] == [True]


def test_type_4_changes_the_dates_of_the_applicant() -> None:
    here = with_an_applicant()
    assert only(taken(note(MOVED), by=here)).kind == "INFO"
    [held] = here.holdings.applicants[1]
    assert (str(held.start), str(held.end)) == ("2027-01-04", "2027-06-30")


@pytest.mark.parametrize("changes", [WITHDRAWN, MOVED])
def test_news_of_an_applicant_whom_esr_does_not_hold_is_taken_with_a_warning(changes: dict[int, str]) -> None:
    outcome = only(taken(note(changes)))
    assert (outcome.accepted, outcome.text[:6]) == (True, "DIT-54")


def test_a_vacancy_that_does_not_fit_and_a_trainee_without_a_name_are_warned_of() -> None:
    assert only(taken(note({35: '"Y"'}))).text[:6] == "DIT-55"
    assert only(taken(note({15: '""'}))).text == "DIT-57: The next trainee has no last name"


def test_a_withdrawal_from_a_position_that_moved_to_another_post_names_the_post_of_then() -> None:
    here = with_an_applicant()
    here.holdings.positions[1].post = "EOE/RX1/800/STR/009"
    assert only(taken(note(WITHDRAWN), by=here)).accepted
    assert only(taken(note(), by=here, name=DNC.replace("09.DAT", "22.DAT"))).text[:6] == "DIT-05"


def test_the_same_notification_twice_is_rejected_the_second_time() -> None:
    assert [o.text[:6] for o in taken(note(), note()).outcomes] == ["", "DIT-14"]


def test_a_full_notification_file_is_taken_as_one_of_changes() -> None:
    assert only(taken(note(), name=DNC.replace("DNC", "DNF"))).accepted


def test_what_became_of_our_rows_is_taken_from_an_rtc() -> None:
    here = esr()
    name = "DE_EOE_RTC_20261124_00000101.DAT"
    row = 'RTC,"DE_EOE_RMC_20261124_00000101.DAT",2,"POR",1,"EOE/RX1/800/STR/001","SUCCESS","INFO",""'
    assert taken(row, by=here, name=name).quarantined == []
    assert here.holdings.acknowledged == {"DE_EOE_RMC_20261124_00000101.DAT": 1}
