from dataclasses import dataclass, field
from typing import Any

from tis_esr.decisions.file_packing import MOST_A_POST, Packing

SHARED, OTHER = "EOE/RGT00/021/FY1/013", "EOE/RGT00/021/FY1/014"


@dataclass(frozen=True)
class Applicant:
    deanery_number: str
    same_as: str
    person_id: int = 1
    placement_id: int = 1
    fields: dict[str, Any] = field(default_factory=dict)


def nothing_wrong(_fields) -> str:
    return ""


def packing(most=MOST_A_POST):
    return Packing(nothing_wrong, most=most)


def sort_out(packing, records, sent=()):
    """Sort out pairs of a post and what makes two the same; return those that go and the duplicates as pairs."""
    known = {same: Applicant(SHARED, same) for same in sent}
    found = packing.sort_out([Applicant(*record) for record in records], known)
    assert found.held_back == []
    going, duplicates = (
        [(r.deanery_number, r.same_as) for r in some] for some in (found.going, found.duplicates)
    )
    return going, duplicates


def test_esr_takes_40_records_of_a_post_in_one_file():
    """Incident A7: with one more the whole file is quarantined."""
    assert MOST_A_POST == 40
    going, duplicates = sort_out(packing(), [(SHARED, f"applicant {number}") for number in range(41)])
    assert len(going) == 40
    assert (SHARED, "applicant 40") not in going
    assert duplicates == []


def test_those_that_come_first_go_and_the_rest_waits():
    records = [(SHARED, "first"), (SHARED, "second"), (SHARED, "third")]
    assert sort_out(packing(2), records) == ([(SHARED, "first"), (SHARED, "second")], [])


def test_the_limit_is_of_each_post_by_itself():
    records = [(SHARED, "one"), (OTHER, "two"), (SHARED, "three")]
    assert sort_out(packing(1), records) == ([(SHARED, "one"), (OTHER, "two")], [])


def test_a_post_number_with_blanks_around_it_or_in_other_letters_is_the_same_post():
    records = [(SHARED, "one"), (f" {SHARED.lower()}", "two")]
    assert sort_out(packing(1), records) == ([(SHARED, "one")], [])


def test_host_and_lead_positions_of_a_post_share_its_limit():
    records = [(SHARED, "placement 1, host position"), (SHARED, "placement 1, lead position")]
    going, _ = sort_out(packing(1), records)
    assert going == [(SHARED, "placement 1, host position")]


def test_the_limit_holds_over_all_chunks_of_a_file():
    own = packing(2)
    assert sort_out(own, [(SHARED, "one")])[0] == [(SHARED, "one")]
    assert sort_out(own, [(SHARED, "two"), (SHARED, "three")])[0] == [(SHARED, "two")]


def test_rows_that_were_fixed_before_a_crash_count():
    own = packing(2)
    own.count(Applicant(SHARED, "one"))
    assert sort_out(own, [(SHARED, "one"), (SHARED, "two"), (SHARED, "three")]) == (
        [(SHARED, "two")],
        [(SHARED, "one")],
    )


def test_a_record_that_esr_has_from_an_earlier_file_is_a_duplicate():
    assert sort_out(packing(), [(SHARED, "one"), (SHARED, "two")], sent=["one"]) == (
        [(SHARED, "two")],
        [(SHARED, "one")],
    )


def test_of_two_records_that_are_the_same_the_first_goes():
    assert sort_out(packing(), [(SHARED, "one"), (SHARED, "one")]) == ([(SHARED, "one")], [(SHARED, "one")])


def test_a_duplicate_takes_no_room():
    records = [(SHARED, "one"), (SHARED, "one"), (SHARED, "two")]
    assert sort_out(packing(2), records) == ([(SHARED, "one"), (SHARED, "two")], [(SHARED, "one")])


def test_a_duplicate_is_one_even_where_its_post_is_full():
    records = [(SHARED, "one"), (SHARED, "one")]
    assert sort_out(packing(1), records) == ([(SHARED, "one")], [(SHARED, "one")])


def test_no_records_fill_no_file():
    assert sort_out(packing(), []) == ([], [])


def test_what_esr_would_not_load_is_held_back_with_its_reason_and_takes_no_room():
    own = Packing(lambda fields: fields.get("wrong", ""), most=1)
    wrong, good = Applicant(SHARED, "one", fields={"wrong": "no name"}), Applicant(SHARED, "two")
    found = own.sort_out([wrong, good], {})
    assert (found.going, found.duplicates, found.held_back) == ([good], [], [(wrong, "no name")])


def test_one_person_whom_tis_has_twice_is_held_back_and_not_dropped():
    """Which of the two is right only the local office can say."""
    first, second = Applicant(SHARED, "one", 7, 70), Applicant(SHARED, "one", 8, 80)
    reason = "TIS has the same person twice, as 8 and 7: placement 70 brings them to the same position on the same day"
    found = packing().sort_out([first, second], {})
    assert (found.going, found.held_back) == ([first], [(second, reason)])
    assert packing().sort_out([second], {"one": first}).held_back == [(second, reason)]
