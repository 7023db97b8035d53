"""A process that slept until its leases ran out, and wakes: nothing that it does then takes effect."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest
from tests.engines.benches import NOTES, Note, ProductionBench
from tests.engines.test_work import Seen, claimed, send
from tests.servers import Place

from tis_esr.engine.messages import Message
from tis_esr.engine.production.leases import LeaseLost
from tis_esr.engine.production.store import ProductionEngine
from tis_esr.engine.rows import RowState
from tis_esr.engine.runner import Handler, Runner
from tis_esr.engine.work import Work


@pytest.fixture
async def bench(servers: Place) -> AsyncIterator[ProductionBench]:
    bench = ProductionBench(servers)
    yield bench
    await bench.clear()


async def asleep(engine: ProductionEngine) -> None:
    """Have it renew no lease and hear nothing of RabbitMQ, as a stopped process does."""
    await engine.stop_renewing()
    await engine.broker.close()


class Sleeper:
    """A handler that stalls in the middle of a batch, and then tries all that a unit of work can do."""

    def __init__(self) -> None:
        self.began, self.woken = asyncio.Event(), asyncio.Event()
        self.refused: list[str] = []

    async def __call__(self, work: Work, messages: Sequence[Message]) -> None:
        self.began.set()
        await self.woken.wait()
        work.put(NOTES, Note(name="intent"))
        await self.tried("intent", work.save_intent)
        for what in ("another", "emit", "account", "park"):
            step = work.another()
            step.put(NOTES, Note(name=what))
            if what == "emit":
                step.emit("a", {"key": "late"}, cause=messages[0], key="late")
            if what == "account":
                step.account("f", 2, "POR", RowState.UNMATCHED)
            if what == "park":
                step.park(messages[0], "late")
            await self.tried(what, step.commit)
        raise LeaseLost

    async def tried(self, what: str, commit: Callable[[], Awaitable[None]]) -> None:
        try:
            await commit()
        except LeaseLost:
            self.refused.append(what)


async def wake_after_another_was_done(bench: ProductionBench, sleeper: Sleeper, quick: Seen) -> Runner:
    slow = await bench.open(Handler("esr.queue.a", "a", sleeper))
    await send(slow, "one")
    stop = asyncio.Event()
    serving = asyncio.create_task(slow.serve(["esr.queue.a"], stop, drain_seconds=5))
    async with asyncio.timeout(10):
        await sleeper.began.wait()
        await asleep(bench.engines[0])
        other = await bench.open(Handler("esr.queue.a", "a", quick), patience=20)
        await other.drain(["esr.queue.a"])
    stop.set()
    sleeper.woken.set()
    await serving
    return other


async def test_neither_intents_nor_messages_rows_or_parking_of_a_sleeper_take_effect(
    bench: ProductionBench,
) -> None:
    sleeper, quick = Sleeper(), Seen()
    other = await wake_after_another_was_done(bench, sleeper, quick)
    assert sleeper.refused == ["intent", "another", "emit", "account", "park"]
    assert quick.keys == ["one"]
    assert [*await other.work().get(NOTES, ["one", "intent", "another", "emit", "account", "park"])] == [
        "one"
    ]
    reader = bench.reader()
    assert (reader.parked(), reader.row_counts(), reader.waiting()) == ([], {}, {})
    reader.close()


async def test_what_a_sleeper_releases_stays_with_who_has_it_now(bench: ProductionBench) -> None:
    handler = Handler("esr.queue.a", "a", Seen())
    slow = await bench.open(handler)
    await send(slow, "one")
    [held] = await claimed(slow.engine)
    await asleep(bench.engines[0])
    quick = await bench.open(handler)
    [again] = await claimed(quick.engine)
    await slow.engine.release([held], 60)
    await quick.engine.release([again], 0)
    [third] = await claimed(quick.engine)
    assert [held.attempts, again.attempts, third.attempts] == [1, 2, 3]
    work = quick.work()
    work.put(NOTES, Note(name="done"))
    await work.commit([third])


async def test_a_claim_that_ran_out_is_not_ended_by_the_batch_that_had_it_before(
    bench: ProductionBench,
) -> None:
    running = await bench.open(Handler("esr.queue.a", "a", Seen()))
    engine = bench.engines[0]
    await send(running, "one")
    [first] = await claimed(engine)
    await engine.stop_renewing()
    assert engine.broker._receiving is not None
    await engine.broker._receiving.close()
    [second] = await claimed(engine)
    with pytest.raises(LeaseLost):
        await running.work().commit([first])
    await engine.release([first], 60)
    work = running.work()
    work.put(NOTES, Note(name="done"))
    await work.commit([second])
    assert [*await running.work().get(NOTES, ["done"])] == ["done"]
