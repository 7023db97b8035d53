"""A position is reconciled again where something of its post has changed, and each day where nobody said so."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
from tests.services.bench import Bench, Benches, message
from tests.services.reconciliation.test_position_reconciliation import (
    NO_NPN,
    NPN,
    OTHER_NPN,
    POST,
    RECONCILED,
    RECONCILIATION,
    por,
    two_posts,
)
from tests.services.tcs_on_bench import TODAY

from tis_esr.services.contracts.bodies import PositionReconciled, PostChanged, ReconcileAll
from tis_esr.services.reconciliation import position_reconciliation
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS

CHANGED, ALL = "esr.queue.post.changed", "esr.queue.reconcileallcommand"


def positions(*npns: str) -> list:
    return [
        por(position=number, row=number + 1, number=1000 + number, npn=npn)
        for number, npn in enumerate(npns, 1)
    ]


async def revisions(bench: Bench) -> dict[int, int]:
    """Return the newest revision that was told of each position."""
    found: dict[int, int] = {}
    for body in await bench.told(RECONCILED, PositionReconciled):
        key = body.position.position_id
        found[key] = max(found.get(key, 0), body.revision)
    return found


async def reconcile_all(bench: Bench, occasion: str, asked_at: float, deanery: str = "EOE") -> None:
    """Reconcile all of a deanery that was not reconciled since then."""
    command = ReconcileAll(deanery=deanery, asked_at=asked_at)
    await bench.deliver([message(ALL, occasion, command, "", 0)])


async def test_the_positions_of_a_changed_post_are_reconciled_by_its_id_or_number(benches: Benches) -> None:
    for body in (PostChanged(post_ids=[POST]), PostChanged(post_ids=[], numbers=[NPN])):
        async with benches.open(RECONCILIATION, two_posts()) as bench:
            await bench.deliver(positions(NPN, OTHER_NPN, NPN))
            before = await revisions(bench)
            await bench.deliver([message(CHANGED, "one", body, "", 0)])
            after = await revisions(bench)
            assert [key for key in after if after[key] > before[key]] == [1, 3]


async def test_an_unmatched_position_is_matched_when_its_post_appears(benches: Benches) -> None:
    async with benches.open(RECONCILIATION, two_posts()) as bench:
        await bench.deliver(positions(NO_NPN))
        assert (await bench.all(POSITIONS))["1"].status == "UNMATCHED"
        bench.tcs.simulator.store.put_post({"id": 555, "nationalPostNumber": NO_NPN, "status": "CURRENT"})
        await bench.deliver([message(CHANGED, "new", PostChanged(post_ids=[555], numbers=[NO_NPN]), "", 0)])
        found = (await bench.all(POSITIONS))["1"]
        assert (found.status, found.post_id, found.found_later) == ("MATCHED", 555, True)


async def test_a_position_remembers_since_which_day_it_is_matched_to_its_post(benches: Benches) -> None:
    async with benches.open(RECONCILIATION, two_posts()) as bench:
        await bench.deliver(positions(NO_NPN, NPN))
        first = {key: found.matched_on for key, found in (await bench.all(POSITIONS)).items()}
        bench.today[0] = TODAY + timedelta(days=3)
        bench.tcs.simulator.store.put_post({"id": 555, "nationalPostNumber": NO_NPN, "status": "CURRENT"})
        both = PostChanged(post_ids=[555, POST], numbers=[NO_NPN, NPN])
        await bench.deliver([message(CHANGED, "new", both, "", 0)])
        later = {key: found.matched_on for key, found in (await bench.all(POSITIONS)).items()}
    assert first == {"1": None, "2": TODAY}
    assert later == {"1": TODAY + timedelta(days=3), "2": TODAY}


async def test_a_changed_post_of_which_no_position_is_known_asks_tis_nothing(benches: Benches) -> None:
    async with benches.open(RECONCILIATION, two_posts()) as bench:
        calls = len(bench.tcs.calls)
        await bench.deliver([message(CHANGED, "other", PostChanged(post_ids=[9], numbers=["X/1"]), "", 0)])
        assert len(bench.tcs.calls) == calls


async def test_every_position_is_reconciled_once_that_was_not_since_it_was_requested(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(position_reconciliation, "_ALL_AT_ONCE", 2)
    async with benches.open(RECONCILIATION, two_posts()) as bench:
        before = bench.engine.time()
        await bench.deliver(
            [*positions(NPN, OTHER_NPN, NO_NPN, NPN, NPN), por(position=6, row=7, indicator="D")]
        )
        first = await revisions(bench)
        await reconcile_all(bench, "before they came", before)
        assert await revisions(bench) == first
        asked_at = bench.engine.time()
        await reconcile_all(bench, "now", asked_at)
        second = await revisions(bench)
        assert {key for key in second if second[key] > first[key]} == {1, 2, 3, 4, 5}
        await reconcile_all(bench, "now, again", asked_at)
        assert await revisions(bench) == second


async def test_positions_whose_own_message_is_still_to_come_do_not_keep_the_comparison_going(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(position_reconciliation, "_ALL_AT_ONCE", 2)
    async with benches.open(RECONCILIATION, two_posts()) as bench:
        await bench.deliver(positions(NPN, OTHER_NPN, NPN))
        first = await revisions(bench)
        changed = [
            msgspec.structs.replace(position, revision=position.revision + 1)
            for position in (await bench.all(POSITIONS)).values()
        ]
        await bench.keep(POSITIONS, *changed)
        await reconcile_all(bench, "now", bench.engine.time())
        assert {key: revision - first[key] for key, revision in (await revisions(bench)).items()} == {
            1: 1,
            2: 1,
            3: 1,
        }


async def test_a_request_of_a_clock_that_was_ahead_comes_to_its_end(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each position is reconciled once, and not again and again until the clock is there."""
    monkeypatch.setattr(position_reconciliation, "_ALL_AT_ONCE", 2)
    async with benches.open(RECONCILIATION, two_posts()) as bench:
        await bench.deliver(positions(NPN, OTHER_NPN, NPN))
        first = await revisions(bench)
        async with asyncio.timeout(30):
            await reconcile_all(bench, "ahead", bench.engine.time() + 1e6)
        assert {key: revision - first[key] for key, revision in (await revisions(bench)).items()} == {
            1: 1,
            2: 1,
            3: 1,
        }


async def test_a_post_that_tcs_can_not_answer_for_keeps_no_other_from_being_compared(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On this day and on the next: its own comparison alone is parked."""
    monkeypatch.setattr(position_reconciliation, "_ALL_AT_ONCE", 2)
    async with benches.open(RECONCILIATION, two_posts()) as bench:
        await bench.deliver(positions(NPN, OTHER_NPN, OTHER_NPN))
        before = await revisions(bench)
        store = bench.tcs.simulator.store
        store.put_post({**store.posts[POST], "status": {"not": "a text"}})
        for day in (1, 2):
            await reconcile_all(bench, f"day {day}", bench.engine.time())
            after = await revisions(bench)
            assert {key: after[key] - before[key] for key in after} == {1: 0, 2: day, 3: day}
            assert len(await bench.parked()) == day


async def test_of_another_deanery_nothing_is_reconciled(benches: Benches) -> None:
    async with benches.open(RECONCILIATION, two_posts()) as bench:
        await bench.deliver(positions(NPN))
        before = await revisions(bench)
        await reconcile_all(bench, "other", bench.engine.time(), deanery="KSS")
        assert await revisions(bench) == before
        await reconcile_all(bench, "wrong", bench.engine.time(), deanery="XXX")
        [reason] = await bench.parked()
        assert reason.startswith("deanery 'XXX' must be one of")
