"""Several batches of one queue at the same time in one process, on every engine."""

import asyncio
from collections.abc import Sequence

import pytest
from tests.engines.benches import NOTES, EmbeddedBench, ProductionBench
from tests.engines.test_work import send

from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import TransientError
from tis_esr.engine.runner import Handler, PatienceExhaustedError
from tis_esr.engine.supervision import Supervisor
from tis_esr.engine.work import Work

Bench = EmbeddedBench | ProductionBench


def always() -> bool:
    """Say that what a batch under way does is to wait."""
    return True


class Together:
    """A handler whose batches wait until as many of them are under way as expected."""

    def __init__(self, expected: int) -> None:
        self.expected = expected
        self.now = self.most = 0
        self.done: list[str] = []
        self.met = asyncio.Event()

    async def __call__(self, work: Work, messages: Sequence[Message]) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        if self.now == self.expected:
            self.met.set()
        try:
            async with asyncio.timeout(10):
                await self.met.wait()
        finally:
            self.now -= 1
        self.done += [message.decode(dict[str, str])["key"] for message in messages]


async def test_as_many_batches_of_a_queue_as_named_are_under_way_at_once(bench: Bench) -> None:
    together = Together(3)
    running = await bench.open(Handler("esr.queue.a", "a", together, batch=2, at_once=3, is_waiting=always))
    await send(running, *(str(number) for number in range(20)))
    await running.drain(["esr.queue.a"])
    assert (len(together.done), len(set(together.done)), together.most) == (20, 20, 3)


async def test_all_queues_are_drained_also_where_their_names_can_be_read_only_once(bench: Bench) -> None:
    first, second = Together(1), Together(1)
    running = await bench.open(Handler("esr.queue.b", "b", first), Handler("esr.queue.a", "a", second))
    await send(running, "1")
    await running.drain(iter(["esr.queue.a"]))
    assert second.done == ["1"]


async def test_while_nothing_slow_is_waited_for_one_batch_goes_after_the_other(bench: Bench) -> None:
    together = Together(1)
    running = await bench.open(Handler("esr.queue.a", "a", together, batch=1, at_once=3))
    await send(running, *(str(number) for number in range(8)))
    await running.drain(["esr.queue.a"])
    assert (len(together.done), together.most) == (8, 1)


async def test_a_served_queue_has_them_too_and_all_end_when_it_is_stopped(bench: Bench) -> None:
    together = Together(3)
    running = await bench.open(Handler("esr.queue.a", "a", together, batch=1, at_once=3, is_waiting=always))
    stop = asyncio.Event()
    serving = asyncio.create_task(running.serve(["esr.queue.a"], stop, Supervisor(), drain_seconds=5))
    await send(running, "one", "two", "three")
    async with asyncio.timeout(10):
        await together.met.wait()
    stop.set()
    await serving
    assert sorted(together.done) == ["one", "three", "two"]


async def test_a_drain_ends_only_when_no_batch_is_in_work(bench: Bench) -> None:
    first = asyncio.Event()

    async def slow_then_sends(work: Work, messages: Sequence[Message]) -> None:
        [message] = messages
        key = message.decode(dict[str, str])["key"]
        seen.append(key)
        if key == "slow":
            await first.wait()
            work.emit("a", {"key": "last"}, cause=message)
        else:
            first.set()

    seen: list[str] = []
    running = await bench.open(
        Handler("esr.queue.a", "a", slow_then_sends, batch=1, at_once=2, is_waiting=always)
    )
    await send(running, "slow", "quick")
    await running.drain(["esr.queue.a"])
    assert sorted(seen) == ["last", "quick", "slow"]


async def test_batches_that_share_a_turn_still_go_one_after_the_other(bench: Bench) -> None:
    most = now = 0

    async def count(work: Work, messages: Sequence[Message]) -> None:
        nonlocal most, now
        now += 1
        most = max(most, now)
        await asyncio.sleep(0)
        await work.find(NOTES, {})
        now -= 1

    running = await bench.open(Handler("esr.queue.a", "a", count, batch=1, at_once=3, serial_group="same"))
    await send(running, *(str(number) for number in range(8)))
    await running.drain(["esr.queue.a"])
    assert most == 1


async def test_trouble_of_one_batch_leaves_the_others_under_way(bench: Bench) -> None:
    failed = asyncio.Event()
    answers = [TransientError("TCS is down", retry_after=0.2)]

    async def one_fails(work: Work, messages: Sequence[Message]) -> None:
        [message] = messages
        key = message.decode(dict[str, str])["key"]
        if key == "bad" and answers:
            failed.set()
            raise answers.pop()
        await failed.wait()
        done.append(key)

    done: list[str] = []
    running = await bench.open(Handler("esr.queue.a", "a", one_fails, batch=1, at_once=2, is_waiting=always))
    await send(running, "good", "bad")
    await running.drain(["esr.queue.a"])
    assert sorted(done) == ["bad", "good"]


async def test_a_drain_that_ends_for_want_of_patience_gives_back_what_is_under_way(bench: Bench) -> None:
    cut = asyncio.Event()

    async def hangs_or_fails(work: Work, messages: Sequence[Message]) -> None:
        [message] = messages
        if message.decode(dict[str, str])["key"] == "bad":
            raise TransientError("TCS is down")
        try:
            await asyncio.Event().wait()
        finally:
            cut.set()

    handler = Handler("esr.queue.a", "a", hangs_or_fails, batch=1, at_once=2, is_waiting=always)
    running = await bench.open(handler, patience=0.05)
    await send(running, "hangs", "bad")
    with pytest.raises(ExceptionGroup) as caught:
        await running.drain(["esr.queue.a"])
    assert isinstance(caught.value.exceptions[0], PatienceExhaustedError)
    assert cut.is_set()
    found: set[str] = set()
    async with asyncio.timeout(10):
        while len(found) < 2:
            found |= {message.id for message in await running.engine.claim("esr.queue.a", 5)}
            await running.engine.wait("esr.queue.a", 0.05)


async def test_a_slow_batch_lets_others_of_its_turn_go_on_beside_it(bench: Bench) -> None:
    begun, overtaken = asyncio.Event(), asyncio.Event()

    async def slow(work: Work, messages: Sequence[Message]) -> None:
        begun.set()
        async with asyncio.timeout(10):
            await overtaken.wait()

    async def quick(work: Work, messages: Sequence[Message]) -> None:
        overtaken.set()

    running = await bench.open(
        Handler("esr.queue.a", "a", slow, at_once=2, is_waiting=always, serial_group="same"),
        Handler("esr.queue.b", "b", quick, serial_group="same"),
    )
    await send(running, "one")
    drained = asyncio.create_task(running.drain(["esr.queue.a"]))
    await begun.wait()
    await send(running, "two", to="b")
    await running.drain(["esr.queue.b"])
    await drained


async def test_queues_are_handled_beside_a_block_and_after_it_until_nothing_is_left(bench: Bench) -> None:
    handled, seen = asyncio.Event(), []

    async def note(work: Work, messages: Sequence[Message]) -> None:
        seen.extend(message.decode(dict[str, str])["key"] for message in messages)
        handled.set()

    running = await bench.open(Handler("esr.queue.a", "a", note))
    async with running.beside(["esr.queue.a"]):
        await send(running, "meanwhile")
        async with asyncio.timeout(10):
            await handled.wait()
        await send(running, "last")
    assert seen == ["meanwhile", "last"]
