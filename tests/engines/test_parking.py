"""What is parked stays parked, on every engine, until a person replays or discards it."""

import asyncio
import time
from collections.abc import Sequence

import pytest
from tests.engines.benches import NOTES, EmbeddedBench, Note, ProductionBench
from tests.engines.test_failing import Told
from tests.engines.test_work import Seen, claimed, send

from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import ConflictError, LeaseLostError, TransientError
from tis_esr.engine.protocol import Commit
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work

Bench = EmbeddedBench | ProductionBench


async def test_a_message_parked_before_an_intent_is_saved_is_not_done_at_the_end(bench: Bench) -> None:
    async def in_two_waves(work: Work, messages: Sequence[Message]) -> None:
        first, *_ = messages
        work.park(first, "TCS rejected it")
        work.put(NOTES, Note(name="first wave"))
        await work.save_intent()
        work.put(NOTES, Note(name="second wave"))

    running = await bench.open(Handler("esr.queue.a", "a", in_two_waves))
    await send(running, "one", "two")
    await running.drain(["esr.queue.a"])
    reader = bench.reader()
    assert [(trace.row, trace.reason) for trace in reader.parked()] == [(2, "TCS rejected it")]
    reader.close()
    assert len(await running.work().get(NOTES, ["first wave", "second wave"])) == 2


class ParksThen:
    """A handler that parks the first message of its first batch for good, and then has a fault."""

    def __init__(self, fault: Exception | None) -> None:
        self.fault = fault
        self.batches: list[list[str]] = []
        self.deaths: set[int] = set()
        self.parked = asyncio.Event()

    async def __call__(self, work: Work, messages: Sequence[Message]) -> None:
        keys = [message.decode(dict[str, str])["key"] for message in messages]
        self.batches.append(sorted(keys))
        self.deaths |= {message.deaths for message in messages}
        await work.get(NOTES, keys)
        for key in keys:
            work.put(NOTES, Note(name=key))
        if len(self.batches) > 1:
            return
        work.park(messages[keys.index("one")], "TCS rejected it")
        await work.save_intent()
        self.parked.set()
        if self.fault is None:
            await asyncio.Event().wait()
        else:
            raise self.fault


@pytest.mark.parametrize(
    ("fault", "again", "outcomes"),
    [
        (TransientError("TCS is down"), [["three", "two"]], [("parked", 1), ("released", 2), ("done", 2)]),
        (ConflictError("tests.notes"), [["three", "two"]], [("parked", 1), ("conflict", 2), ("done", 2)]),
        (ValueError(), [["two"], ["three"]], [("parked", 1), ("done", 1), ("done", 1)]),
    ],
)
async def test_what_goes_wrong_after_a_message_was_parked_concerns_only_its_neighbours(
    bench: Bench, fault: Exception, again: list[list[str]], outcomes: list[tuple[str, int]]
) -> None:
    parks, told = ParksThen(fault), Told()
    running = await bench.open(Handler("esr.queue.a", "a", parks), observe=told)
    await send(running, "one", "two", "three")
    await running.drain(["esr.queue.a"])
    assert sorted(parks.batches) == sorted([["one", "three", "two"], *again])
    assert parks.deaths == {0}
    assert told.outcomes == outcomes
    assert running.handled == 3
    assert parked_rows(bench) == [(2, "TCS rejected it")]


async def test_the_only_neighbour_of_a_parked_message_is_not_blamed_for_the_fault_untried(
    bench: Bench,
) -> None:
    parks = ParksThen(ValueError())
    running = await bench.open(Handler("esr.queue.a", "a", parks))
    await send(running, "one", "two")
    await running.drain(["esr.queue.a"])
    assert parks.batches == [["one", "two"], ["two"]]
    assert parked_rows(bench) == [(2, "TCS rejected it")]


async def test_neighbours_of_a_parked_message_are_released_when_their_batch_is_cancelled(
    bench: Bench,
) -> None:
    parks = ParksThen(None)
    running = await bench.open(Handler("esr.queue.a", "a", parks))
    await send(running, "one", "two", "three")
    draining = asyncio.create_task(running.drain(["esr.queue.a"]))
    async with asyncio.timeout(10):
        await parks.parked.wait()
    draining.cancel()
    await asyncio.gather(draining, return_exceptions=True)
    again = await claimed(running.engine, 2)
    assert sorted((message.row, message.attempts, message.deaths) for message in again) == [
        (3, 2, 0),
        (4, 2, 0),
    ]


async def test_a_message_whose_parking_could_not_be_saved_is_handled_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    parks = ParksThen(ValueError())
    running = await bench.open(Handler("esr.queue.a", "a", parks))
    await send(running, "one", "two")
    commit = running.engine.commit

    async def fail(_: Commit) -> None:
        monkeypatch.setattr(running.engine, "commit", commit)
        raise TransientError("the store is away")

    monkeypatch.setattr(running.engine, "commit", fail)
    await running.drain(["esr.queue.a"])
    assert parks.batches == [["one", "two"], ["one", "two"]]
    assert parks.deaths == {0}
    assert parked_rows(bench) == []


async def test_what_is_released_with_a_parked_message_is_free_again_at_once(bench: Bench) -> None:
    running = await bench.open(Handler("esr.queue.a", "a", Seen()))
    await send(running, "one", "two")
    messages = await claimed(running.engine, 2)
    work = running.work()
    work.park(messages[0], "TCS rejected it")
    await work.save_intent()
    await running.engine.release(messages, 0)
    [again] = await claimed(running.engine)
    assert (again.id, again.attempts, again.deaths) == (messages[1].id, 2, 0)
    assert parked_rows(bench) == [(messages[0].row, "TCS rejected it")]


async def test_a_parked_message_can_not_be_acknowledged_as_done(bench: Bench) -> None:
    running = await bench.open(Handler("esr.queue.a", "a", Seen()))
    await send(running, "one", "two")
    messages = await claimed(running.engine, 2)
    parking = running.work()
    parking.park(messages[0], "TCS rejected it")
    await parking.commit()
    late = running.work()
    late.put(NOTES, Note(name="late"))
    with pytest.raises(LeaseLostError):
        await late.commit(messages)
    assert await running.work().get(NOTES, ["late"]) == {}
    assert parked_rows(bench) == [(messages[0].row, "TCS rejected it")]


def parked_rows(bench: Bench) -> list[tuple[int, str]]:
    reader = bench.reader()
    try:
        return [(trace.row, trace.reason) for trace in reader.parked()]
    finally:
        reader.close()


async def test_all_processes_on_one_store_share_a_clock(bench: Bench) -> None:
    running = await bench.open()
    before = running.engine.time()
    assert before <= running.work().time()
    assert abs(before - time.time()) < 60
