"""The rules' edges, each with an answer written by hand."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest
from tests.decisions.people import NPN, TODAY, person, placement

from tis_esr.decisions.applicants import applicant_record
from tis_esr.decisions.notifications import hours
from tis_esr.decisions.packing import Packing
from tis_esr.decisions.periods import ApplicantWindow, is_current, is_next
from tis_esr.decisions.person_updates import (
    ADD_FIELDS,
    PER_FIELDS,
    absence_changes,
    detail_changes,
    is_host,
    registration_numbers,
)
from tis_esr.decisions.placements import why_not_counting
from tis_esr.decisions.position import PositionView
from tis_esr.decisions.positions import PositionRow, SourceRow, Stamp, choose_post, is_deleted, view
from tis_esr.decisions.value_lists import TABLES, ValueList, to_esr, to_tis
from tis_esr.tcs.models import Absence, ContactDetails, GmcDetails, PersonalDetails, Post

POSITION = PositionView(position_id=1, position_number=2, deanery_number=NPN, deanery="EOE")


@pytest.mark.parametrize(("start", "sent"), [(1, False), (2, True), (90, True), (91, False)])
def test_the_window_is_from_two_days_to_under_13_weeks(start: int, sent: bool) -> None:
    start_day = placement(1, start, 200).date_from
    assert start_day is not None
    assert ApplicantWindow().holds(start_day, TODAY) is sent


@pytest.mark.parametrize(
    ("first", "last", "now"), [(0, 0, True), (-5, 0, True), (0, 5, True), (1, 5, False), (-5, -1, False)]
)
def test_both_days_of_a_placement_count_as_current(first: int, last: int, now: bool) -> None:
    assert is_current(placement(1, first, last), TODAY) is now


def test_a_placement_without_dates_is_neither_now_nor_next() -> None:
    assert not is_current(placement(1, None, None), TODAY)
    assert not is_next(placement(1, None, None), TODAY)


@pytest.mark.parametrize(
    ("kind", "state", "counts"),
    [
        ("In post", "APPROVED", True),
        ("IN POST - ACTING UP", "APPROVED", True),
        ("In Post - Extension", "APPROVED", True),
        ("Parental Leave", "APPROVED", True),
        ("Long-term sick", "APPROVED", True),
        ("Suspended", "APPROVED", True),
        ("Phased Return", "APPROVED", True),
        ("OOPC", "APPROVED", False),
        ("OOPT", "APPROVED", False),
        (None, "APPROVED", False),
        ("In post", "DRAFT", False),
        ("In post", "PROPOSED", False),
        ("In post", None, False),
    ],
)
def test_seven_types_count_where_they_are_approved(kind: str | None, state: str | None, counts: bool) -> None:
    reason = why_not_counting(placement(1, 0, 9, placement_type=kind, lifecycle_state=state))
    assert (reason is None) is counts


@pytest.mark.parametrize(
    ("share", "written"),
    [(0.75, "0.8"), (0.25, "0.2"), (1.0, "1.0"), (0.6, "0.6"), (0.85, "0.8"), (0.0, "0.0")],
)
def test_hours_have_one_decimal_and_halves_go_to_even(share: float, written: str) -> None:
    assert hours(share) == Decimal(written)


def test_no_hours_stay_none() -> None:
    assert hours(None) is None


def test_an_applicant_has_legal_names_and_the_dates_of_the_placement() -> None:
    draft = applicant_record(POSITION, placement(1, 30, 200), person(), "EOE/800/7000001/C")
    assert draft.missing == ()
    assert draft.unmapped == ()
    assert draft.fields == {
        "lastName": "Specimen-1",
        "firstName": "Testa",
        "applicantEmailAddress": "testa.1@example.org",
        "dob": date(1990, 1, 2),
        "professionalBodies.0.body": "General Medical Council",
        "professionalBodies.0.regNumber": "7000001",
        "nationalTrainingNumber": "EOE/800/7000001/C",
        "positionId": 1,
        "positionNumber": 2,
        "projectedHireDate": date(2026, 12, 24),
        "projectedEndDate": date(2027, 6, 12),
        "deaneryNumber": NPN,
    }


@pytest.mark.parametrize("number", ["UNKNOWN", "N/A", "", " ", None])
def test_what_stands_in_place_of_a_gmc_number_is_not_sent(number: str | None) -> None:
    somebody = msgspec.structs.replace(person(), gmc_details=GmcDetails(id=1, gmc_number=number))
    fields = applicant_record(POSITION, placement(1, 30, 200), somebody, None).fields
    assert not [name for name in fields if name.startswith("professionalBodies")]


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"personal_details": PersonalDetails(id=1)}, ("dob",)),
        ({"contact_details": ContactDetails(id=1, surname="Specimen")}, ("firstName",)),
        ({"contact_details": None, "personal_details": None}, ("lastName", "firstName", "dob")),
    ],
)
def test_what_is_mandatory_and_missing_is_named(change: dict[str, object], missing: tuple[str, ...]) -> None:
    somebody = msgspec.structs.replace(person(), **change)
    assert applicant_record(POSITION, placement(1, 30, 200), somebody, None).missing == missing


@pytest.mark.parametrize(
    ("contact", "column"),
    [
        ({"title": "Baron"}, "title"),
        ({"post_code": "YO12 5EX,"}, "address.postcode"),
        ({"post_code": "Doha, Qatar"}, "address.postcode"),
        ({"country": "Atlantis"}, "address.country"),
        ({"address1": "x" * 241}, "address.address1"),
    ],
)
def test_what_esr_would_refuse_is_left_empty_and_named(contact: dict[str, str], column: str) -> None:
    draft = applicant_record(POSITION, placement(1, 30, 200), person(1, **contact), None)
    assert draft.unmapped == (column,)
    assert column not in draft.fields


@pytest.mark.parametrize("name", list(ValueList))
def test_every_list_maps_both_ways(name: ValueList) -> None:
    for tis, esr in TABLES[name]:
        assert to_esr(name, tis.upper()) == esr
        back = to_tis(name, esr)
        assert back is not None
        assert to_esr(name, back) == esr


@pytest.mark.parametrize(
    ("name", "tis", "esr"),
    [
        (ValueList.GENDER, "Female", "F"),
        (ValueList.TITLE, "Dr", "DR"),
        (ValueList.ETHNIC_ORIGIN, "Chinese", "R"),
        (ValueList.ETHNIC_ORIGIN, "Not stated", "Z"),
        (ValueList.COUNTRY, "United Kingdom", "GB"),
        (ValueList.NATIONALITY, "Afghan", "AF"),
        (ValueList.MARITAL_STATUS, "Divorced", "D"),
    ],
)
def test_known_values_have_the_codes_that_esr_uses(name: ValueList, tis: str, esr: str) -> None:
    assert (to_esr(name, tis), to_tis(name, esr)) == (esr, tis)


def test_at_most_40_of_a_post_go_and_a_duplicate_goes_once() -> None:
    records = [("EOE/1", f"p{number}") for number in range(45)] + [
        ("EOE/2", "q"),
        ("EOE/2", "q"),
        ("EOE/2", "old"),
    ]
    going, duplicates = Packing().sort_out(records, post=lambda r: r[0], same_as=lambda r: r[1], sent={"old"})
    assert going == [*records[:40], ("EOE/2", "q")]
    assert duplicates == [("EOE/2", "q"), ("EOE/2", "old")]


def test_of_several_posts_current_wins_then_the_newest() -> None:
    posts = [
        Post(id=5, status="INACTIVE"),
        Post(id=3, status="CURRENT"),
        Post(id=4, status="CURRENT"),
        Post(id=9),
    ]
    chosen, others = choose_post(posts)
    assert chosen is not None
    assert (chosen.id, others) == (4, [3, 9, 5])
    assert choose_post([]) == (None, [])


def source(npn: str, day: int, row: int, indicator: str = "C", **values: object) -> SourceRow:
    position = PositionRow(position_id=1, deanery_number=npn, change_delete_indicator=indicator, **values)  # type: ignore[arg-type]
    return SourceRow(stamp=Stamp(date(2026, 11, day), day, row), deanery="EOE", file="f", values=position)


def test_within_a_file_the_por_says_where_a_position_belongs_and_the_pos_adds_to_it() -> None:
    seen = view(
        source("POR/1", 1, 2, employing_org_vpd_code="096"), source("POS/1", 1, 3, occupation_code="800"), 7
    )
    assert (seen.deanery_number, seen.employing_vpd, seen.occupation_code, seen.post_id) == (
        "POR/1",
        "096",
        "800",
        7,
    )


def test_the_row_of_a_newer_file_says_where_a_position_belongs() -> None:
    assert view(source("POR/1", 1, 2), source("POS/1", 2, 2), None).deanery_number == "POS/1"


@pytest.mark.parametrize(
    ("por", "pos", "deleted"),
    [
        (source("N", 1, 2, "D"), source("N", 1, 3), True),
        (source("N", 1, 2), source("N", 1, 3, "D"), True),
        (source("N", 2, 2), source("N", 1, 3, "D"), False),
        (source("N", 1, 2, "D"), None, True),
        (source("N", 1, 2), source("N", 1, 3), False),
    ],
)
def test_a_position_is_deleted_by_either_row_of_its_newest_file(
    por: SourceRow, pos: SourceRow | None, deleted: bool
) -> None:
    assert is_deleted(por, pos) is deleted


def test_only_what_differs_changes_and_empty_values_change_nothing() -> None:
    contact = ContactDetails(
        id=1, legal_surname="Specimen", title="Dr", work_email="old@example.org", telephone_number="1"
    )
    personal = PersonalDetails(id=1, date_of_birth=date(1990, 1, 2), gender="Female")
    values = {
        "lastName": "Specimen ",
        "title": "DR",
        "gender": "F",
        "dob": "1990-01-03",
        "emailAddress": "new@example.org",
    }
    changes, unmapped = detail_changes(
        {**values, "homeTel": None, "mobileTel": ""}, PER_FIELDS, contact, personal
    )
    assert [(c.section, c.field, c.old, c.new) for c in changes] == [
        ("personal", "dateOfBirth", "1990-01-02", "1990-01-03"),
        ("contact", "workEmail", "old@example.org", "new@example.org"),
    ]
    assert unmapped == []


def test_a_code_that_tis_has_no_value_for_changes_nothing_and_is_named() -> None:
    changes, unmapped = detail_changes(
        {"title": "BARON", "ethnicOriginCode": "0"}, PER_FIELDS, ContactDetails(id=1), PersonalDetails(id=1)
    )
    assert (changes, unmapped) == ([], ["title", "ethnicOriginCode"])


def test_the_town_goes_to_address4_and_the_county_nowhere() -> None:
    values = {"address1": "1 Invented Road", "town": "Sampleton", "county": "ABE", "country": "GB"}
    changes, _ = detail_changes(values, ADD_FIELDS, ContactDetails(id=1), PersonalDetails(id=1))
    assert {c.field: c.new for c in changes} == {
        "address1": "1 Invented Road",
        "address4": "Sampleton",
        "country": "United Kingdom",
    }


def test_an_absence_changes_where_tis_has_it_otherwise() -> None:
    values = {"absenceStart": "2026-03-02", "absenceEnd": "2026-03-06", "absenceDuration": 5}
    known = Absence(start_date=date(2026, 3, 2), end_date=date(2026, 3, 4), duration_in_days=3)
    assert absence_changes(values, known) == {"endDate": "2026-03-06", "durationInDays": 5}
    assert (
        absence_changes(
            values, Absence(start_date=date(2026, 3, 2), end_date=date(2026, 3, 6), duration_in_days=5)
        )
        == {}
    )
    assert absence_changes(values, None) == {
        "startDate": "2026-03-02",
        "endDate": "2026-03-06",
        "durationInDays": 5,
    }


@pytest.mark.parametrize(
    ("word", "host"),
    [("Host Employer", True), ("host employer ", True), ("Lead Employer", False), (None, False)],
)
def test_a_missing_word_counts_as_lead(word: str | None, host: bool) -> None:
    assert is_host(word) is host


def test_registration_numbers_by_their_body() -> None:
    rows = [
        {"body": "General Medical Council", "regNumber": "7000001"},
        {"body": "General Dental Council", "regNumber": "D1"},
        {"body": "General Medical Council", "regNumber": "UNKNOWN"},
        {"body": "Another Council", "regNumber": "1"},
    ]
    assert registration_numbers(rows) == (["7000001"], ["D1"])
