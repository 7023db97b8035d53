"""A large selection is requested in parts, and the audit has the whole of it. On both engines."""

import pytest
from tests.services.bench import Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.operations.audit.trail import Person, entries
from tis_esr.operations.regeneration import requests
from tis_esr.operations.regeneration.requests import parts, request
from tis_esr.operations.regeneration.selection import Selection


async def test_the_audit_counts_every_part_of_a_selection(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "POSTS_A_PART", 2)
    whole = Selection(posts=[1, 2, 3, 4, 5], on=["failed since 0"])
    async with benches.open("Reconciliation", nowhere()) as bench:
        for number, part in enumerate(parts(whole)):
            await request(bench.runner, part, TODAY, Person("ann") if number == 0 else None, whole=whole)
        [entry] = entries(bench.reader())
    assert entry.result == "requested 5 posts, 0 deaneries, 0 messages"
