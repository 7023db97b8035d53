"""What TCS was found without is appended once more, and what is still there is not (incidents A9 to A11)."""

import msgspec
from tests.services.bench import Bench, Benches, message
from tests.services.inbound_data_writer.test_tcs_writes import (
    APP,
    CHANGED,
    EXPORTED,
    OTHER_POST,
    PLACEMENT,
    POST,
    WRITER,
    changed,
    exported,
    world,
)

from tis_esr.engine.envelope import Message
from tis_esr.services.contracts.bodies import ApplicantExported, PositionChanged
from tis_esr.services.restored import RESTORED, Restored


def again(first: Message) -> Message:
    """Return the message of a repair about the same thing."""
    body = ApplicantExported if first.queue == EXPORTED else PositionChanged
    repaired = msgspec.structs.replace(first.decode(body), again=True)
    return message(EXPORTED if first.queue == EXPORTED else CHANGED, ("repair", first.id), repaired, row=0)


def sent(bench: Bench) -> list[tuple[int, str]]:
    """Return position and file of what TCS lists on the placement."""
    return [(e["positionId"], e["filename"]) for e in bench.tcs.store.placement_events.get(PLACEMENT, [])]


async def test_an_export_that_tcs_lost_is_appended_and_one_that_it_has_is_not(benches: Benches) -> None:
    async with benches.open(WRITER, world()) as bench:
        await bench.deliver([exported()])
        assert sent(bench) == [(1, APP)]
        await bench.deliver([again(exported())])
        assert sent(bench) == [(1, APP)]
        bench.tcs.store.placement_events[PLACEMENT].clear()
        await bench.deliver([message(EXPORTED, "later", again(exported()).decode(ApplicantExported), row=0)])
        assert sent(bench) == [(1, APP)]
        assert await bench.parked() == []


async def test_a_position_that_another_system_took_to_another_post_is_brought_back(benches: Benches) -> None:
    async with benches.open(WRITER, world()) as bench:
        await bench.deliver([changed(1)])
        bench.tcs.store.add_post_event(
            {
                **bench.tcs.store.post_events[0],
                "postId": OTHER_POST,
                "eventDateTime": "2026-11-24T09:00:01.000",
            }
        )
        assert (bench.tcs.listed(POST), bench.tcs.listed(OTHER_POST)) == ([], [(1, 1001)])
        repair = again(changed(1, at="2026-11-24T10:00:00.000"))
        await bench.deliver([repair])
        assert (bench.tcs.listed(POST), bench.tcs.listed(OTHER_POST)) == ([(1, 1001)], [])
        appended = len(bench.tcs.store.post_events)
        await bench.deliver([message(CHANGED, "later", repair.decode(PositionChanged), row=0)])
        assert len(bench.tcs.store.post_events) == appended
        assert await bench.parked() == []


async def test_a_repair_beside_its_original_in_one_batch_takes_effect_once_in_either_order(
    benches: Benches,
) -> None:
    for is_lost, is_first in benches.some([(True, True), (True, False), (False, True), (False, False)]):
        async with benches.open(WRITER, world()) as bench:
            await bench.deliver([exported()])
            if is_lost:
                bench.tcs.store.placement_events[PLACEMENT].clear()
            original = message(EXPORTED, "requeued", exported().decode(ApplicantExported), row=0)
            both = [again(exported()), original] if is_first else [original, again(exported())]
            await bench.deliver(both)
            assert sent(bench) == [(1, APP)], (is_lost, is_first)
            [event] = bench.tcs.store.placement_events[PLACEMENT]
            assert event["exportedAt"] == exported().decode(ApplicantExported).exported_at


async def test_an_original_that_tcs_has_is_not_doubled_by_the_repair_before_it(benches: Benches) -> None:
    async with benches.open(WRITER, world()) as bench:
        await bench.deliver([exported()])
        kept = list(bench.tcs.store.placement_events[PLACEMENT])
    async with benches.open(WRITER, world()) as bench:  # a store that no longer knows what it sent
        bench.tcs.store.placement_events[PLACEMENT] = kept
        await bench.deliver([again(exported()), exported()])
        assert sent(bench) == [(1, APP)]


async def test_a_store_restored_from_a_backup_appends_nothing_that_tcs_has(benches: Benches) -> None:
    async with benches.open(WRITER, world()) as bench:
        await bench.deliver([exported()], [changed(1)])
        kept, [event] = list(bench.tcs.store.placement_events[PLACEMENT]), bench.tcs.store.post_events
    async with benches.open(WRITER, world()) as bench:
        bench.tcs.store.placement_events[PLACEMENT] = kept
        bench.tcs.store.add_post_event(event)
        await bench.keep(RESTORED, Restored(at=0.0))
        await bench.deliver([exported()], [changed(1)])
        assert sent(bench) == [(1, APP)]
        assert bench.tcs.store.post_events == [event]


async def test_a_repair_of_a_position_is_not_overtaken_by_a_message_in_its_batch(benches: Benches) -> None:
    for revision in (1, 2):
        for is_first in (True, False):
            async with benches.open(WRITER, world()) as bench:
                await bench.deliver([changed(1)])
                bench.tcs.store.post_events.clear()
                bench.tcs.store._latest.clear()
                later = message(CHANGED, "later", changed(revision).decode(PositionChanged), row=0)
                repair = again(changed(1, at="2026-11-24T10:00:00.000"))
                await bench.deliver([repair, later] if is_first else [later, repair])
                assert bench.tcs.listed(POST) == [(1, 1001)], (revision, is_first)
                assert len(bench.tcs.store.post_events) == 1
