"""A message that ends its process is found and parked, and no other is for being near it, on every engine."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence

import msgspec
import pytest
from tests.engines.benches import EmbeddedBench, ProductionBench
from tests.engines.test_work import Seen, claimed, message, send

from tis_esr.engine.envelope import ISOLATING_DEATHS, PARKING_DEATHS, Message
from tis_esr.engine.production.mongodb import leases
from tis_esr.engine.protocol import Commit
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.runner import Handler, Runner
from tis_esr.engine.work import Work

Bench = EmbeddedBench | ProductionBench


class Mortal:
    """A handler in whose hands the process dies when ``ends`` says so; ``seconds`` is how long the others take."""

    def __init__(self, ends: Callable[[list[str]], bool], seconds: float = 0.0) -> None:
        self.ends, self.seconds = ends, seconds
        self.died = asyncio.Event()
        self.ended_with: list[list[str]] = []
        self.done: list[str] = []

    async def __call__(self, work: Work, messages: Sequence[Message]) -> None:
        keys = sorted(message.decode(dict[str, str])["key"] for message in messages)
        if self.ends(keys):
            self.ended_with.append(keys)
            self.died.set()
            await asyncio.Event().wait()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.seconds):
                await asyncio.Event().wait()
        self.done += keys


async def lives(bench: Bench, mortal: Mortal, *handlers: Handler) -> Runner:
    """Drain the handlers' queues in one process after the other, until one comes to the end of them."""
    async with asyncio.timeout(40):
        while True:
            mortal.died.clear()
            running = await bench.open(*handlers, patience=30)
            draining = asyncio.create_task(running.drain([handler.queue for handler in handlers]))
            dying = asyncio.create_task(mortal.died.wait())
            await asyncio.wait([draining, dying], return_when=asyncio.FIRST_COMPLETED)
            dying.cancel()
            if not mortal.died.is_set():
                await draining
                return running
            await bench.crash()
            draining.cancel()
            await asyncio.gather(draining, dying, return_exceptions=True)


def parked(reader: Reader) -> list[tuple[int, str]]:
    return [(trace.row, trace.reason) for trace in reader.parked()]


async def test_what_ends_its_process_each_time_is_tried_alone_and_then_parked(bench: Bench) -> None:
    mortal = Mortal(lambda keys: "deadly" in keys)
    handler = Handler("esr.queue.a", "a", mortal)
    running = await bench.open(handler)
    await send(running, "one", "deadly", "three", "four")
    running = await lives(bench, mortal, handler)
    together = ["deadly", "four", "one", "three"]
    assert mortal.ended_with == [together] * 3 + [["deadly"]] * 5
    assert sorted(mortal.done) == ["four", "one", "three"]
    reader = bench.reader()
    [(row, reason)] = parked(reader)
    assert (row, reason[:24]) == (3, "the process ended 8 time")
    [trace] = reader.parked()
    await running.engine.replay([(trace.queue, trace.id)])
    [again] = await claimed(running.engine)
    assert again.deaths == 0
    reader.close()


async def test_seven_ends_that_no_message_is_to_blame_for_park_nobody(bench: Bench) -> None:
    kills = iter(range(7))
    mortal = Mortal(lambda keys: next(kills, None) is not None)
    handler = Handler("esr.queue.a", "a", mortal)
    await send(await bench.open(handler), "one", "two", "three")
    await lives(bench, mortal, handler)
    assert sorted(mortal.done) == ["one", "three", "two"]
    reader = bench.reader()
    assert parked(reader) == []
    reader.close()


async def test_who_works_beside_the_one_to_blame_in_another_queue_is_not_parked_with_it(bench: Bench) -> None:
    mortal, slow = Mortal(lambda keys: "deadly" in keys), Mortal(lambda _: False, seconds=0.3)
    handlers = [Handler("esr.queue.a", "a", mortal), Handler("esr.queue.b", "b", slow)]
    running = await bench.open(*handlers)
    await send(running, "deadly")
    work = running.work()
    for key in ("one", "two"):
        work.emit("b", {"key": key}, cause=message(key))
    await work.commit()
    await lives(bench, mortal, *handlers)
    assert sorted(slow.done) == ["one", "two"]
    reader = bench.reader()
    assert [trace.queue for trace in reader.parked()] == ["esr.queue.a"]
    reader.close()


async def test_what_was_given_back_before_the_process_ended_does_not_count(bench: Bench) -> None:
    handler = Handler("esr.queue.a", "a", Seen())
    running = await bench.open(handler)
    await send(running, "one", "two")
    first, second = await claimed(running.engine, 2)
    await running.engine.release([first], 0)
    await bench.crash()
    running = await bench.open(handler)
    found = {message.id: message.deaths for message in await claimed(running.engine, 2)}
    assert found == {first.id: 0, second.id: 1}


@pytest.mark.parametrize("bench", ["production"], indirect=True)
async def test_a_process_that_ends_before_it_has_chosen_one_of_the_isolated_counts_for_none_of_them(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lease covers all that was delivered until one of them is chosen: nobody was handling the others."""
    handler = Handler("esr.queue.a", "a", Seen())
    running = await bench.open(handler)
    await send(running, "one", "two", "three")
    for _ in range(ISOLATING_DEATHS):
        assert len(await claimed(running.engine, 3)) == 3
        await bench.crash()
        running = await bench.open(handler)
    for _ in range(2):
        await _die_before_choosing(bench, running, monkeypatch)
        running = await bench.open(handler)
    [found] = await claimed(running.engine, 1)
    assert found.deaths == ISOLATING_DEATHS


async def _die_before_choosing(bench: Bench, running: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    choosing = asyncio.Event()

    async def never(*_: object) -> None:
        choosing.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(leases, "shrink", never)
        claiming = asyncio.create_task(claimed(running.engine, 3))
        async with asyncio.timeout(20):
            await choosing.wait()
        await bench.crash()
        claiming.cancel()
        await asyncio.gather(claiming, return_exceptions=True)


async def test_a_message_is_released_if_its_parking_is_cancelled(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = Handler("esr.queue.a", "a", Seen())
    running = await bench.open(handler)
    await send(running, "one")
    [message] = await claimed(running.engine)
    deadly = msgspec.structs.replace(message, deaths=PARKING_DEATHS)
    begun = asyncio.Event()

    async def endless(_: Commit) -> None:
        begun.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(running.engine, "commit", endless)
        parking = asyncio.create_task(running._batches.handle(handler, [deadly]))
        await begun.wait()
        parking.cancel()
        await asyncio.gather(parking, return_exceptions=True)
    assert [again.id for again in await claimed(running.engine)] == [message.id]
