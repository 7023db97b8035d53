"""What is missing of ESR's answer about an applicant: the settled confirmation, or the row in one that has arrived."""

from datetime import timedelta

from tests.operations.applicant_records import EXPORTER, record
from tests.services.bench import Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.who import Who
from tis_esr.operations.why.explain import explain
from tis_esr.services.data_exporter.outbound import (
    APPLICANTS,
    OUTBOUND_FILES,
    OutboundFile,
    OutboundState,
    RecordState,
)
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState, InboundFile

NAME = "DE_EOE_APP_20261120_00000007.DAT"


def sent_file(settled: str = "") -> OutboundFile:
    return OutboundFile(
        name=NAME,
        type="APP",
        deanery="EOE",
        day=TODAY - timedelta(days=4),
        state=OutboundState.SENT,
        rows=1,
        settled=settled,
    )


async def test_the_settlement_is_said_instead_of_a_question_to_esr(benches: Benches) -> None:
    sent = record(1, TODAY + timedelta(days=30), state=RecordState.EXPORTED, file=NAME, file_row=1)
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(APPLICANTS, sent)
        await bench.keep(OUTBOUND_FILES, sent_file("ESR loaded it, ticket 4711"))
        [answer] = (await explain(bench.reader(), "placement:1", TODAY)).answers
    assert answer.who is Who.NOBODY
    assert answer.sentence.endswith("; ESR has not answered; settled: ESR loaded it, ticket 4711")


async def test_a_row_without_an_answer_in_a_confirmation_that_arrived_is_not_said_to_be_quarantined(
    benches: Benches,
) -> None:
    sent = record(1, TODAY + timedelta(days=30), state=RecordState.EXPORTED, file=NAME, file_row=1)
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(APPLICANTS, sent)
        await bench.keep(OUTBOUND_FILES, sent_file())
        await bench.keep(
            FILES, InboundFile(name=NAME.replace("APP", "APC"), state=FileState.SPLIT, deanery="EOE", rows=1)
        )
        [answer] = (await explain(bench.reader(), "placement:1", TODAY)).answers
    assert answer.who is Who.SUPPORT
    assert answer.sentence.endswith("; ESR has confirmed the file, and has not answered this row")
    assert "quarantined" not in answer.action
