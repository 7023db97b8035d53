"""Of an applicant in a file whose missing confirmation was settled nobody must act any more."""

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

NAME = "DE_EOE_APP_20261120_00000007.DAT"


async def test_the_settlement_is_said_instead_of_a_question_to_esr(benches: Benches) -> None:
    sent = record(1, TODAY + timedelta(days=30), state=RecordState.EXPORTED, file=NAME, file_row=1)
    file = OutboundFile(
        name=NAME,
        type="APP",
        deanery="EOE",
        day=TODAY - timedelta(days=4),
        state=OutboundState.SENT,
        rows=1,
        settled="ESR loaded it, ticket 4711",
    )
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(APPLICANTS, sent)
        await bench.keep(OUTBOUND_FILES, file)
        [answer] = (await explain(bench.reader(), "placement:1", TODAY)).answers
    assert answer.who is Who.NOBODY
    assert answer.sentence.endswith("; ESR has not answered; settled: ESR loaded it, ticket 4711")
