"""Of an applicant whose window has closed the trust is named, whatever its data lack: a correction in TIS sends nothing."""

from datetime import timedelta
from typing import Any

import pytest
from tests.operations.applicant_records import EXPORTER, record
from tests.services.bench import Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.who import Who
from tis_esr.operations.why.explain import explain
from tis_esr.services.data_exporter.outbound import APPLICANTS, RecordState

INVALID = RecordState.INVALID_DATA


@pytest.mark.parametrize(
    ("starts_in", "changes", "who", "said"),
    [
        (1, {"missing": ["dob"], "reason": "dob is missing"}, Who.TRUST, "can't be sent: dob is missing; it"),
        (1, {"reason": "held back: long name"}, Who.TRUST, "was held back: long name; ESR"),
        (9, {"missing": ["dob"], "reason": "dob is missing"}, Who.LOCAL_OFFICE, "can't be sent: dob is"),
    ],
)
async def test_a_faulty_record_that_is_too_late_is_the_trusts(
    benches: Benches, starts_in: int, changes: dict[str, Any], who: Who, said: str
) -> None:
    faulty = record(1, TODAY + timedelta(days=starts_in), state=INVALID, **changes)
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(APPLICANTS, faulty)
        [answer] = (await explain(bench.reader(), "placement:1", TODAY)).answers
    assert (answer.who, answer.sentence.startswith(said)) == (who, True), answer
    if who is Who.TRUST:
        assert answer.action == "create the record in ESR manually"
        assert "less than 2 days" in answer.sentence
