"""The search is exact: every kind of id finds its thing, nothing is guessed, and none says what was tried. On both engines."""

from contextlib import closing
from datetime import UTC, datetime

import pytest
from tests.operations.applicant_records import EXPORTER, record, starting
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import nowhere

from tis_esr.operations.alarms.alarm import ALARMS, Alarm, AlarmState
from tis_esr.operations.alarms.kinds import Severity
from tis_esr.operations.batches.documents import BATCHES, Batch
from tis_esr.operations.search import Found, HitKind, may_be_person, search
from tis_esr.operations.why.word import BadWordError, read_word
from tis_esr.services.data_exporter.outbound import APPLICANTS
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState, InboundFile
from tis_esr.services.notification_generator.known_positions import KNOWN_POSITIONS, KnownPosition
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
FILE = "DE_EOE_RMC_20261124_00000001.DAT"
NPN = "EOE/RX1/800/STR/0009"
POSITION = Position(
    position_id=7_000_001, position_number=7_000_002, deanery_number=NPN, deanery="EOE", status="MATCHED", post_id=909
)  # fmt: skip
ALARM = Alarm(
    id="file-late:RMT of 2026-11-24", kind="file-late", state=AlarmState.ACTIVE, severity=Severity.WARNING,
    members=["EMD"], number=1, text="RMT is late", since=AT, raised_at=AT, seen_at=AT,
)  # fmt: skip
BATCH = Batch(
    id="17",
    number=17,
    who="ann",
    why="x",
    started_at=AT,
    choice="all",
    total=3,
    cap=10,
    counts={},
    changed_by="ann",
    changed_at=AT,
)


async def kept(bench: Bench) -> None:
    await bench.keep(POSITIONS, POSITION)
    await bench.keep(KNOWN_POSITIONS, KnownPosition(position_id=7_000_001, post_id=909))
    await bench.keep(APPLICANTS, record(5, starting(1)), record(7_000_002, starting(2)))
    await bench.keep(ALARMS, ALARM)
    await bench.keep(BATCHES, BATCH)
    await bench.keep(FILES, InboundFile(name=FILE, state=FileState.SPLIT, deanery="EOE"))


def said(found: Found) -> list[tuple[HitKind, str, int]]:
    return [(hit.kind, hit.id, hit.row) for hit in found.hits]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (" 5 ", [(HitKind.PLACEMENT, "5", 0)]),
        ("7000001", [(HitKind.POSITION, "7000001", 0)]),
        ("7000002", [(HitKind.PLACEMENT, "7000002", 0), (HitKind.POSITION, "7000002", 0)]),
        ("position:7000002", [(HitKind.POSITION, "7000002", 0)]),
        ("909", [(HitKind.POST, NPN, 0)]),
        (NPN, [(HitKind.POST, NPN, 0)]),
        (NPN.lower(), [(HitKind.POST, NPN, 0)]),
        (NPN[:-1], []),
        (FILE, [(HitKind.FILE, FILE, 0)]),
        (FILE.lower(), [(HitKind.FILE, FILE, 0)]),
        (f"{FILE}:9", [(HitKind.ROW, FILE, 9)]),
        (f"{FILE} row 9", [(HitKind.ROW, FILE, 9)]),
        ("DE_EOE_RMC_20261124_00000002.DAT", []),
        ("file-late:RMT of 2026-11-24", [(HitKind.ALARM, "file-late:RMT of 2026-11-24", 0)]),
        ("file-late", []),
        ("alarm:file-late:RMT of 2026-11-24", [(HitKind.ALARM, "file-late:RMT of 2026-11-24", 0)]),
        ("alarm:file-late", [(HitKind.ALARM, "file-late:RMT of 2026-11-24", 0)]),
        ("Alarm: file-gap", [(HitKind.ALARM_KIND, "file-gap", 0)]),
        ("alarm:file-gap:2026-11-26", [(HitKind.ALARM_KIND, "file-gap", 0)]),
        ("alarm:nonsense", []),
        ("alarm:", []),
        ("17", [(HitKind.BATCH, "17", 0)]),
        ("batch:17", [(HitKind.BATCH, "17", 0)]),
        ("1234567", []),
    ],
)  # fmt: skip
async def test_each_kind_is_found_by_exactly_its_id(
    typed: str, expected: list[tuple[HitKind, str, int]], benches: Benches
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await kept(bench)
        with closing(bench.reader()) as reader:
            found = search(reader, typed)
    assert said(found) == expected


async def test_what_was_tried_is_said_and_a_number_of_seven_digits_may_be_a_persons(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await kept(bench)
        with closing(bench.reader()) as reader:
            found = search(reader, "7654321")
            assert found.tried[:5] == [
                "placement id", "position id", "position number", "post id", "GMC number",
            ]  # fmt: skip
            assert found.is_personal
            assert may_be_person(reader, read_word("7654321"))
            assert not may_be_person(reader, read_word("7000001"))
            assert not search(reader, "123").is_personal


@pytest.mark.parametrize("typed", ["", " ", "x" * 61, "1" * 16, "a\x00b"])
async def test_what_nothing_can_have_is_refused(typed: str, benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        with closing(bench.reader()) as reader, pytest.raises(BadWordError):
            search(reader, typed)
