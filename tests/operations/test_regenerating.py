"""A large selection is requested in parts, and the audit has the whole of it. On both engines."""

import pytest
from tests.services.bench import Bench, Benches, message
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.envelope import Message
from tis_esr.engine.protocol import Commit
from tis_esr.operations.audit.trail import Person, entries
from tis_esr.operations.regeneration import requests
from tis_esr.operations.regeneration.requests import parts, request
from tis_esr.operations.regeneration.selection import Asked, Selection, selected
from tis_esr.parking_causes import ParkingCause


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


async def test_what_was_sent_before_a_time_and_parked_after_it_has_failed_since(benches: Benches) -> None:
    early, late = (message("esr.queue.position.changed", number, {}) for number in (1, 2))
    async with benches.open(None, nowhere()) as bench:
        await bench.send(early, late)
        first, second = await bench.claimed(early, late)
        await park(bench, first)
        since = bench.engine.time()
        await park(bench, second)
        found = await selected(Asked(failed_since=since), bench.reader(), bench.tcs.client)
    assert found.parked == [("esr.queue.position.changed", late.id)]


async def park(bench: Bench, claimed: Message) -> None:
    await bench.engine.commit(Commit(parked=[(claimed, "TCS rejected it", ParkingCause.TCS_REJECTED)]))
