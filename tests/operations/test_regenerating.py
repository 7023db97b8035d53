"""A large selection is requested in parts, and the audit has the whole of it. On both engines."""

import pytest
from tests.services.bench import Bench, Benches, message
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.envelope import Message
from tis_esr.engine.protocol import Commit
from tis_esr.operations.audit.trail import Person, entries
from tis_esr.operations.regeneration import requests
from tis_esr.operations.regeneration.requests import Done, Progress, regenerate
from tis_esr.operations.regeneration.selection import Asked, Selection, selected
from tis_esr.operations.waiting_for_services import POSITIONS, NobodyWorksError
from tis_esr.parking_causes import ParkingCause


async def test_the_audit_has_what_the_parts_of_a_selection_did_together(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "POSTS_A_PART", 2)
    whole = Selection(posts=[1, 2, 3, 4, 5], on=["failed since 24 Nov 2026 14:00:00"])
    finished: list[list[int]] = []

    async def finish(part: Progress) -> None:
        finished.append(part.posts)

    async with benches.open("Reconciliation", nowhere()) as bench:
        done = await regenerate(bench.runner, Person("ann"), whole, TODAY, bench.reader, finish)
        found = entries(bench.reader())
    assert finished == [[1, 2], [3, 4], [5]]
    assert done == Done(requeued=0, left=0, parked=0)
    assert [(entry.on, entry.result) for entry in found] == [
        (
            whole.on,
            "posts: 5; deaneries: 0; messages requeued: 0; positions not compared: 0; messages parked: 0",
        ),
        (whole.on, "begun"),
    ]


async def test_a_selection_that_stops_in_its_second_part_is_no_request_of_the_whole(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(requests, "POSTS_A_PART", 2)

    async def finish(part: Progress) -> None:
        if part.posts == [3, 4]:
            raise NobodyWorksError(2, POSITIONS)

    async with benches.open("Reconciliation", nowhere()) as bench:
        with pytest.raises(NobodyWorksError):
            await regenerate(
                bench.runner, Person("ann"), Selection(posts=[1, 2, 3, 4, 5], on=["all"]), TODAY, bench.reader, finish
            )  # fmt: skip
        found = [entry.result for entry in entries(bench.reader())]
    assert found[1:] == ["begun"]
    assert found[0].startswith("failed: 2 positions are still to be compared")


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
