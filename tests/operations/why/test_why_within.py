"""People who see some offices get explanations of what belongs to these, and can't tell what else exists. On both engines."""

from collections.abc import AsyncIterator

import pytest
from tests.operations.applicant_records import EXPORTER, record, starting
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.operations.why.answers import Explanation
from tis_esr.operations.why.within import explain_within
from tis_esr.services.app_generator.applicant_generation import DECISIONS, Decision
from tis_esr.services.data_exporter.outbound import APPLICANTS
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position

THEIRS, OTHERS = "EOE/RX1/800/STR/0001", "LDN/RX9/800/STR/0002"
_START = starting(0)


@pytest.fixture
async def bench(benches: Benches) -> AsyncIterator[Bench]:
    """Placement 11 and position 1 of EOE, placement 12 and position 2 of LDN; number 7 is a placement of EOE and a position of LDN."""
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(
            APPLICANTS,
            record(11, _START),
            record(7, _START),
            record(12, _START, "LDN", position_id=2, deanery_number=OTHERS),
            record(8200001, _START, gmc_number="8200001"),
        )
        await bench.keep(
            POSITIONS,
            Position(position_id=1, position_number=1001, deanery="EOE", deanery_number=THEIRS),
            Position(position_id=2, position_number=7, deanery="LDN", deanery_number=OTHERS),
            Position(position_id=11, position_number=1011, deanery="EOE", deanery_number=f"{THEIRS}1"),
        )
        unmade = {"person_id": 5, "gmc_number": None, "made": False, "correlation_id": "A:2"}
        await bench.keep(
            DECISIONS,
            Decision(placement_id=21, position_id=1, deanery_number=THEIRS, reason="not approved", **unmade),
            Decision(placement_id=22, position_id=2, deanery_number=OTHERS, reason="not approved", **unmade),
        )
        yield bench


async def asked(bench: Bench, typed: str) -> Explanation | None:
    reader = bench.reader()
    try:
        return await explain_within(reader, typed, TODAY, {"EOE", "EMD"})
    finally:
        reader.close()


@pytest.mark.parametrize(
    ("typed", "about"),
    [
        ("placement:11", "11"),
        ("position:1", "1001"),
        ("1001", "1001"),
        (THEIRS, THEIRS),
        (THEIRS.lower(), "1001"),
        ("21", "21"),
        ("7", "Placement 7"),
        ("placement:7", "Placement 7"),
        ("EOE/RX1/800/STR/9999", "EOE/RX1/800/STR/9999"),
        ("DE_EOE_RMC_20261124_00000101.DAT", "DE_EOE_RMC_20261124_00000101.DAT"),
        ("DE_EOE_RMC_20261124_00000101.DAT:7", "Row 7 of DE_EOE_RMC_20261124_00000101.DAT"),
    ],
)
async def test_what_belongs_to_their_offices_is_explained(bench: Bench, typed: str, about: str) -> None:
    found = await asked(bench, typed)
    assert found is not None
    assert about in " ".join(f"{answer.about} {answer.sentence}" for answer in found.answers)
    assert "LDN" not in str(found)


@pytest.mark.parametrize(
    "typed",
    [
        "placement:12", "12", "position:2", "position:7", "22", OTHERS, "LDN/RX9/800/STR/9999",
        "DE_LDN_RMC_20261124_00000101.DAT", "DE_LDN_RMC_20261124_00000101.DAT:7",
        "in/DE_EOE_RMC_20261124_00000101.DAT", "999", "no such thing", "gmc:8200001", "7200001",
        "alarm:file-late", "file-late",
    ],
)  # fmt: skip
async def test_anything_else_is_none_whether_it_exists_or_not(bench: Bench, typed: str) -> None:
    assert await asked(bench, typed) is None


async def test_a_number_with_two_meanings_of_theirs_is_a_choice(bench: Bench) -> None:
    found = await asked(bench, "11")
    assert found is not None
    assert [choice.word for choice in found.choices] == ["placement:11", "position:11"]
