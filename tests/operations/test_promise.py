"""The promise is counted by office, trust and week, with what is due and every miss and whose it is. On both engines."""

from datetime import date, timedelta
from typing import Any

from tests.operations.applicant_records import EXPORTER, record
from tests.operations.board.files_on_board import arrived, at
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.decisions.promise import MissReason
from tis_esr.decisions.who import Who
from tis_esr.operations.csv_values import csv_text
from tis_esr.operations.promise.promise import Per, Promise, promise
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    OUTBOUND_FILES,
    ApplicantRecord,
    EsrAnswer,
    OutboundFile,
    OutboundState,
    RecordState,
    Sending,
)
from tis_esr.services.data_exporter.pending_records import NO_LONGER, START_PASSED
from tis_esr.services.data_exporter.sent_before import SENT_BEFORE
from tis_esr.services.inbound_data_reader.file_ledger import FILES
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position

LONG_AGO = TODAY - timedelta(days=200)
LAST = TODAY + timedelta(days=84)
"""The start whose last day is today."""
TOO_LATE = TODAY + timedelta(days=60)


def file_of(days_before: int, start: date) -> str:
    return f"DE_EOE_APP_{start - timedelta(days=days_before):%Y%m%d}_00000001.DAT"


def one(placement: int, start: date, **changes: Any) -> ApplicantRecord:
    """Return a sound record that was known long ago; with ``sent`` it went so many days before its start."""
    sent = changes.pop("sent", None)
    if sent is not None:
        changes = {
            "state": RecordState.EXPORTED,
            "file": file_of(sent, start),
            "file_row": placement,
        } | changes
    deanery = changes.pop("deanery", "EOE")
    return record(placement, start, deanery, **{"known_since": LONG_AGO, "sound_since": LONG_AGO} | changes)


def rejected(start: date, sent: int) -> EsrAnswer:
    name = file_of(sent, start).replace("APP", "APC")
    return EsrAnswer(file=name, row=2, status="FAIL", kind="ERROR", of=file_of(sent, start))


async def counted(bench: Bench, *records: ApplicantRecord, by: Per = Per.OFFICE, weeks: int = 20) -> Promise:
    await bench.keep(APPLICANTS, *records)
    reader = bench.reader()
    try:
        return promise(
            reader, DEANERIES, day=TODAY, weeks=weeks, by=by, reached_on=ApplicantWindow().reached_on
        )
    finally:
        reader.close()


async def test_sent_in_time_missed_and_due(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        found = await counted(
            bench,
            one(1, TOO_LATE, sent=84),
            one(2, TOO_LATE, sent=83),
            one(3, LAST),
            one(4, LAST - timedelta(days=1)),
            one(5, LAST + timedelta(days=6)),
            one(6, LAST + timedelta(days=7)),
            one(7, LAST + timedelta(days=3), deanery="LDN", sent=88),
        )
    total = found.total
    assert (total.trainees, total.in_time, total.missed, total.due, total.unknown) == (7, 2, 2, 3, 0)
    assert total.share == 0.5
    assert [(line.name, line.in_time, line.missed, line.due, line.share) for line in found.lines] == [
        ("EOE", 1, 2, 3, 1 / 3),
        ("LDN", 1, 0, 0, 1.0),
    ]
    assert [(due.placement, due.days_left, due.reason) for due in found.due] == [(3, 0, None), (5, 6, None)]
    assert [
        (miss.placement, miss.sent_on, miss.days_before, miss.reason, miss.who) for miss in found.misses
    ] == [
        (2, TOO_LATE - timedelta(days=83), 83, MissReason.OURS, Who.SUPPORT),
        (4, None, None, MissReason.OURS, Who.SUPPORT),
    ]


async def test_what_is_in_a_file_that_is_not_written_is_not_sent(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        for start, state in ((TOO_LATE, OutboundState.ALLOCATED), (LAST, OutboundState.ALLOCATING)):
            day = start - timedelta(days=90)
            stuck = OutboundFile(
                name=file_of(90, start), type="APP", deanery="EOE", day=day, state=state, rows=1
            )
            await bench.keep(OUTBOUND_FILES, stuck)
        found = await counted(bench, one(1, TOO_LATE, sent=90), one(2, LAST, sent=90), one(3, LAST, sent=89))
    assert (found.total.in_time, found.total.missed, found.total.due) == (1, 1, 1)
    assert [(miss.placement, miss.sent_on, miss.reason) for miss in found.misses] == [
        (1, None, MissReason.OURS)
    ]
    assert [(due.placement, due.days_left) for due in found.due] == [(2, 0)]


async def test_a_file_that_left_days_after_the_date_in_its_name_counts_from_when_it_left(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        for name_days, left_days in ((86, 83), (87, 84)):
            day = TOO_LATE - timedelta(days=name_days)
            late = OutboundFile(
                name=file_of(name_days, TOO_LATE), type="APP", deanery="EOE", day=day,
                state=OutboundState.SENT, rows=1, written_at=at("00:30", TOO_LATE - timedelta(days=left_days)),
            )  # fmt: skip
            await bench.keep(OUTBOUND_FILES, late)
        found = await counted(bench, one(1, TOO_LATE, sent=86), one(2, TOO_LATE, sent=87))
    assert (found.total.in_time, found.total.missed) == (1, 1)
    assert [(miss.placement, miss.days_before) for miss in found.misses] == [(1, 83)]


async def test_every_miss_has_its_reason_and_whose_it_is(benches: Benches) -> None:
    invalid = {"state": RecordState.INVALID_DATA, "sound_since": None}
    late = TOO_LATE - timedelta(days=83)
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(
            POSITIONS,
            Position(position_id=1, post_id=7, matched_on=LONG_AGO),
            Position(position_id=2, post_id=7, matched_on=late),
            Position(position_id=3, post_id=7, deleted=True),
        )
        found = await counted(
            bench,
            one(1, TOO_LATE, known_since=late),
            one(2, TOO_LATE, known_since=late, position_id=2),
            one(3, TOO_LATE, missing=["dob"], **invalid),
            one(4, TOO_LATE, missing=["positionNumber"], **invalid),
            one(5, TOO_LATE, sent=90, state=RecordState.REJECTED, answers=[rejected(TOO_LATE, 90)]),
            one(6, TOO_LATE, position_id=3, state=RecordState.DELETED_BEFORE_EXPORT, reason=NO_LONGER),
            one(7, TODAY, state=RecordState.DELETED_BEFORE_EXPORT, reason=START_PASSED),
            one(8, TOO_LATE, state=RecordState.DELETED_BEFORE_EXPORT, reason=NO_LONGER),
        )
    assert {miss.placement: (miss.reason.name, miss.who.name) for miss in found.misses} == {
        1: ("PLACEMENT_LATE", "LOCAL_OFFICE"),
        2: ("NO_POSITION", "TRUST"),
        3: ("DATA_MISSING", "LOCAL_OFFICE"),
        4: ("POSITION_DATA_MISSING", "TRUST"),
        5: ("ESR_REJECTED", "TRUST"),
        6: ("NO_POSITION", "TRUST"),
        7: ("OURS", "SUPPORT"),
    }
    assert found.total.reasons == {
        "OURS": 1, "ESR_REJECTED": 1, "DATA_MISSING": 1, "POSITION_DATA_MISSING": 1, "NO_POSITION": 2, "PLACEMENT_LATE": 1
    }  # fmt: skip


async def test_a_trainee_counts_once_and_the_first_sending_counts(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        again = one(1, TOO_LATE, sent=50, earlier=[Sending(file_of(85, TOO_LATE), 1)])
        lead = one(2, TOO_LATE, sent=20)
        host = one(2, TOO_LATE, sent=86, position_id=9, person_id=2)
        resent = one(
            3,
            TOO_LATE,
            sent=70,
            earlier=[Sending(file_of(85, TOO_LATE), 3)],
            answers=[rejected(TOO_LATE, 85)],
        )
        withdrawn = one(4, TOO_LATE, sent=20, withdrawn=True)
        found = await counted(bench, again, lead, host, resent, withdrawn)
    assert (found.total.trainees, found.total.in_time, found.total.missed) == (3, 2, 1)
    assert [(miss.placement, miss.reason, miss.days_before) for miss in found.misses] == [
        (3, MissReason.ESR_REJECTED, 70)
    ]


async def test_what_was_due_before_this_interface_began_is_unknown(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(FILES, arrived("RMF", at("09:00"), TODAY - timedelta(days=9)))
        found = await counted(
            bench,
            one(1, TOO_LATE, sent=60),
            one(2, LAST, known_since=TODAY),
            one(3, LAST + timedelta(days=2), state=RecordState.EXPORTED, reason=SENT_BEFORE),
            one(4, LAST + timedelta(days=2)),
        )
    assert (found.total.unknown, found.total.missed, found.total.due, found.total.share) == (3, 0, 1, None)


async def test_lines_by_trust_and_week_and_the_trend_by_month(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        some = [
            one(1, date(2026, 12, 28), sent=84, deanery_number="EOE/=RX2/800/STR/1"),
            one(2, date(2027, 1, 3), sent=84),
            one(3, date(2027, 1, 4), sent=10),
            one(4, date(2026, 9, 2), sent=85),
            one(5, date(2026, 7, 31), sent=85),
        ]
        by_trust = await counted(bench, *some, by=Per.TRUST)
        by_start = await counted(bench, by=Per.START)
    assert [(line.name, line.trainees) for line in by_trust.lines] == [("=RX2", 1), ("RX1", 2)]
    assert [(line.name, line.in_time, line.missed) for line in by_start.lines] == [
        ("2026-12-28", 2, 0),
        ("2027-01-04", 0, 1),
    ]
    assert [(month.name, month.trainees, month.share) for month in by_start.months] == [
        ("2026-09", 1, 1.0),
        ("2026-12", 1, 1.0),
        ("2027-01", 2, 0.5),
    ]


async def test_what_is_due_and_blocked_is_listed_before_its_window(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        far = LAST + timedelta(days=40)
        found = await counted(
            bench,
            one(1, far, state=RecordState.INVALID_DATA, missing=["dob"], sound_since=None),
            one(2, far),
            one(3, LAST, sent=90, state=RecordState.REJECTED, answers=[rejected(LAST, 90)]),
        )
    assert [(due.placement, due.days_left, due.reason, due.who.name) for due in found.due] == [
        (3, 0, MissReason.ESR_REJECTED, "TRUST"),
        (1, 40, MissReason.DATA_MISSING, "LOCAL_OFFICE"),
    ]
    assert found.total.due == 3


def test_a_spreadsheet_takes_no_text_for_a_formula() -> None:
    found = csv_text(["name", "number"], [("=1+1", -5), (" @x", None), ("a,b", 2)])
    assert found == "name,number\n'=1+1,-5\n' @x,\n\"a,b\",2\n"
