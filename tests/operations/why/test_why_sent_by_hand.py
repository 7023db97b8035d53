"""What came of a message that was sent by hand, under a correlation id of its own, is explained like any other."""

from datetime import date
from pathlib import Path
from random import Random

import pytest
from tests.services.bench import Benches

from tis_esr.operations.why.explain import explain
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, JournalEntry, Outcome
from tis_esr.simulation.days.generated_world import World

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    "correlation_id", ["sent-by-hand", "", "a:b", "f:" + "9" * 5000, "f:\N{SUPERSCRIPT TWO}"]
)
async def test_any_correlation_id_is_explained(tmp_path: Path, correlation_id: str) -> None:
    entry = JournalEntry(
        correlation_id=correlation_id,
        row=4,
        person_id=1,
        gmc_number="7200001",
        section="contact",
        field="legalSurname",
        old=None,
        new=None,
        state=Outcome.REFUSED,
        reason="invented",
    )
    async with Benches(tmp_path, None).open("InboundDataWriter", World(TODAY, Random(1))) as bench:
        await bench.keep(JOURNAL, entry)
        said = await explain(bench.reader(), "7200001", TODAY)
        [answer] = said.answers
        assert answer.sentence == "was not applied: invented"
        assert answer.about.endswith(", row 4)")
        assert not answer.about.startswith("An update from ESR (,")
