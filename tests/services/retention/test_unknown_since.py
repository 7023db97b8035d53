"""What is not known, and may have been removed for its age, is not said to have never been there, on every engine."""

from collections.abc import Mapping
from datetime import date

import pytest
from tests.services.bench import Benches
from tests.services.old_things import EXPORTER, ago, nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.operations.why.explain import explain
from tis_esr.services.inbound_data_reader.ledger_horizon import HORIZON, LedgerHorizon
from tis_esr.services.retention.audit import PURGES, PurgeOfDay

NO_PURGE: Mapping[str, int] = {}
OLDER = "what ended before 2026-08-16 has been purged (keep_history_days)"


@pytest.mark.parametrize(
    ("removed", "is_said"),
    [
        (NO_PURGE, False),
        ({"rows": 7, "inbounddatareader.files": 1}, False),
        ({"dataexporter.applicants": 1}, True),
        ({"reconciliation.positions": 1}, True),
        ({"appgenerator.decisions": 2}, True),
        ({"retention.purges": 1}, True),
    ],
)
@pytest.mark.parametrize("is_asked", [True, False])
async def test_why_says_from_when_on_all_is_known_once_any_of_it_went(
    benches: Benches, removed: Mapping[str, int], *, is_said: bool, is_asked: bool
) -> None:
    days = dict.fromkeys(("messages", "personal", "history", "guards"), ago(100))
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.keep(HORIZON, LedgerHorizon(before=ago(100)))
        await bench.keep(PURGES, PurgeOfDay(day=date(2026, 11, 1), removed=removed, **days))
        reader = bench.reader()
        try:
            said = await explain(reader, "5550001", TODAY, tcs=bench.tcs.client if is_asked else None)
        finally:
            reader.close()
    [answer] = said.answers
    assert "ESR has sent no" in answer.sentence
    assert (OLDER in answer.sentence) is is_said
