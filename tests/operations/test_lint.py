"""What keeps coming applicants from being sent is listed by office and weeks to go, before they reach the window. On both engines."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from tests.operations.applicant_records import EXPORTER, POST, horizon, record, starting
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.who import Who
from tis_esr.operations import coming_applicants
from tis_esr.operations.lint import Lint, lint
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.outbound import APPLICANTS, ApplicantRecord, RecordState
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position

INVALID, CANCELLED = RecordState.INVALID_DATA, RecordState.DELETED_BEFORE_EXPORT


async def looked_at(bench: Bench, *records: ApplicantRecord, weeks: int = 4) -> Lint:
    await bench.keep(APPLICANTS, *records)
    reader = bench.reader()
    try:
        return lint(reader, DEANERIES, horizon(weeks))
    finally:
        reader.close()


def said(found: Lint) -> list[tuple[str, int, str, str]]:
    return [(f.deanery, f.weeks_to_go, f.record, f.text) for f in found.findings]


async def test_faults_are_listed_by_office_and_weeks_to_go(benches: Benches) -> None:
    """The 13 weeks begin on the day after: with 7 days to go it is week 1, with 8 it is week 2."""
    lacking = {"state": INVALID, "missing": ["dob", "lastName"]}
    async with benches.open(EXPORTER, nowhere()) as bench:
        found = await looked_at(
            bench,
            record(1, starting(8), **lacking),
            record(2, starting(7), **lacking),
            record(3, TODAY + timedelta(days=2), **lacking),
            record(4, starting(1), "LDN", **lacking),
            record(5, starting(3)),
            record(6, starting(28), **lacking),
            record(7, starting(29), **lacking),
            record(8, TODAY + timedelta(days=1), **lacking),
        )
    text = "mandatory field missing: dob, lastName"
    assert said(found) == [
        ("EOE", 0, "3:1", text),
        ("EOE", 1, "2:1", text),
        ("EOE", 2, "1:1", text),
        ("EOE", 4, "6:1", text),
        ("LDN", 1, "4:1", text),
    ]
    assert (found.checked, found.data_from, found.blocking) == (6, TODAY, 5)
    assert {(f.who, f.action) for f in found.findings} == {(Who.LOCAL_OFFICE, "add it")}


LONG, FOREIGN = {"lastName": "A" * 151}, {"address.postcode": "Doha, Qatar"}
CASES = [
    (LONG, {}, "UNFIT", Who.LOCAL_OFFICE, True),
    (FOREIGN, {}, "UNFIT", Who.LOCAL_OFFICE, True),
    ({}, {"state": INVALID, "reason": "held back: seen by an earlier version"}, "UNFIT", Who.LOCAL_OFFICE, True),
    ({}, {"state": INVALID, "missing": ["deaneryNumber"]}, "MISSING", Who.TRUST, True),
    ({}, {"unmapped": ["address.postcode"]}, "BLANK", Who.LOCAL_OFFICE, False),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "changes", "kind", "who", "blocking"), CASES)
async def test_each_fault_has_its_kind_its_owner_and_whether_the_applicant_is_sent(
    fields: dict[str, str], changes: dict[str, Any], kind: str, who: Who, blocking: bool, benches: Benches
) -> None:
    whole = record(1, starting(3), **changes)
    async with benches.open(EXPORTER, nowhere()) as bench:
        found = await looked_at(bench, msgspec.structs.replace(whole, fields={**whole.fields, **fields}))
    [finding] = found.findings
    assert (finding.kind, finding.who, finding.blocking) == (kind, who, blocking)
    assert "A" * 151 not in finding.text
    assert "Doha" not in finding.text


async def test_missing_columns_are_split_by_who_adds_them(benches: Benches) -> None:
    both = {"state": INVALID, "missing": ["dob", "positionNumber"]}
    async with benches.open(EXPORTER, nowhere()) as bench:
        found = await looked_at(bench, record(1, starting(3), **both))
    assert [(f.columns, f.who) for f in found.findings] == [
        (["dob"], Who.LOCAL_OFFICE),
        (["positionNumber"], Who.TRUST),
    ]


async def test_of_two_records_that_are_one_applicant_for_esr_the_later_is_named(benches: Benches) -> None:
    start = starting(3)
    async with benches.open(EXPORTER, nowhere()) as bench:
        found = await looked_at(
            bench,
            record(11, start, same_as="one"),
            record(12, start, same_as="one"),
            record(21, start, same_as="two", person_id=7),
            record(22, start, same_as="two", person_id=7),
            record(31, start, same_as="three", state=RecordState.CONFIRMED),
            record(30, start, same_as="three"),
            record(41, start, same_as="four", state=INVALID, missing=["dob"]),
            record(42, start, same_as="four"),
        )
    assert {(f.record, f.kind, f.text.rpartition(": ")[2]) for f in found.findings} == {
        ("12:1", "TWO_PEOPLE", "placement 11"),
        ("22:1", "DUPLICATE", "placement 21"),
        ("30:1", "TWO_PEOPLE", "placement 31"),
        ("41:1", "MISSING", "dob"),
    }


async def test_an_applicant_whose_position_is_gone_is_named_unless_another_position_has_the_placement(
    benches: Benches,
) -> None:
    start = starting(3)
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(
            POSITIONS,
            Position(position_id=1, deleted=True, status="MATCHED", post_id=5),
            Position(position_id=2, deleted=False, status="UNMATCHED"),
            Position(position_id=3, deleted=False, status="MATCHED", post_id=5),
        )
        found = await looked_at(
            bench,
            record(1, start, state=CANCELLED),
            record(2, start, state=CANCELLED, position_id=2),
            record(3, start, state=CANCELLED, position_id=3),
            record(4, start, state=CANCELLED),
            record(4, start, position_id=3),
        )
    assert {(f.record, f.kind, f.who) for f in found.findings} == {
        ("1:1", "POSITION_DELETED", Who.TRUST),
        ("2:2", "POSITION_UNMATCHED", Who.TRUST),
    }


async def test_posts_with_many_applicants_on_one_day_are_named_with_the_files_that_they_need(
    benches: Benches,
) -> None:
    """ESR quarantines a file with more than 40 of a post (incident A7); who is in the window goes today."""
    spelled = {"deanery_number": f" {POST.lower()} "}
    async with benches.open(EXPORTER, nowhere()) as bench:
        found = await looked_at(
            bench,
            *[record(n, starting(3)) for n in range(1, 31)],
            *[record(n, starting(3), **spelled) for n in range(31, 42)],
            *[record(n, starting(4)) for n in range(101, 130)],
            *[record(n, starting(-5), deanery_number="EOE/RX1/800/STR/0002") for n in range(201, 231)],
        )
    assert [(p.deanery_number, (p.day - TODAY).days, p.applicants, p.files) for p in found.posts] == [
        ("EOE/RX1/800/STR/0002", 0, 30, 1),
        (POST, 3, 41, 2),
    ]
    assert found.findings == []


async def test_every_record_is_read_once_wherever_a_page_ends(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [(1, 3, 1), (1, 3, 2), (1, 3, 3), (1, 4, 1), (2, 1, 1), (3, 2, 1), (3, 5, 1)]
    lacking = [
        record(placement, starting(day), position_id=position, state=INVALID, missing=["dob"])
        for day, placement, position in places
    ]
    async with benches.open(EXPORTER, nowhere()) as bench:
        for size in (1, 2, 3, 500):
            monkeypatch.setattr(coming_applicants, "_A_PAGE", size)
            found = await looked_at(bench, *lacking)
            assert [f.record for f in found.findings] == [
                "3:1",
                "3:2",
                "3:3",
                "4:1",
                "1:1",
                "2:1",
                "5:1",
            ]
