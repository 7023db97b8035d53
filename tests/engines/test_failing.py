"""Messages that fail while others of their batch are done, on every engine: only they are tried again."""

import asyncio
from collections.abc import Iterable, Sequence

import pytest
from tests.engines.benches import NOTES, EmbeddedBench, Note, ProductionBench
from tests.engines.test_work import send

from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import RetryLimitedError, TransientError
from tis_esr.engine.runner import Handler, PatienceExhaustedError
from tis_esr.engine.supervision import Supervisor
from tis_esr.engine.work import Work

Bench = EmbeddedBench | ProductionBench


class Failing:
    """A handler that fails the messages named, each as often as it has faults left, and does the others."""

    def __init__(self, **faults: list[Exception]) -> None:
        self.faults = faults
        self.batches: list[list[str]] = []
        self.done: list[str] = []
        self.began: list[float] = []
        self.changed = asyncio.Condition()

    async def until_done(self, *keys: str) -> None:
        """Wait until these and no others are done."""
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: sorted(self.done) == sorted(keys))

    async def __call__(self, work: Work, messages: Sequence[Message]) -> None:
        self.began.append(asyncio.get_running_loop().time())
        keys = [message.decode(dict[str, str])["key"] for message in messages]
        self.batches.append(sorted(keys))
        for key, message in zip(keys, messages, strict=True):
            if self.faults.get(key):
                work.fail(message, self.faults[key].pop())
            else:
                work.put(NOTES, Note(name=key))
                self.done.append(key)
        async with self.changed:
            self.changed.notify_all()


class Told:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.outcomes: list[tuple[str, int]] = []

    def __call__(self, queue: str, outcome: str, messages: Sequence[Message], seconds: float) -> None:
        self.outcomes.append((outcome, len(messages)))


async def test_a_failed_message_is_done_later_and_the_rest_of_its_batch_at_once(bench: Bench) -> None:
    failing, told = Failing(two=[TransientError("TCS is slow")]), Told()
    running = await bench.open(Handler("esr.queue.a", "a", failing), observe=told)
    await send(running, "one", "two", "three")
    await running.drain(["esr.queue.a"])
    assert failing.batches == [["one", "three", "two"], ["two"]]
    assert len(await running.work().get(NOTES, ["one", "two", "three"])) == 3
    assert told.outcomes == [("done", 2), ("released", 1), ("done", 1)]


async def test_a_failed_message_waits_for_as_long_as_was_asked(bench: Bench) -> None:
    failing = Failing(one=[TransientError("TCS is slow", retry_after=0.6)])
    running = await bench.open(Handler("esr.queue.a", "a", failing))
    await send(running, "one", "two")
    await running.drain(["esr.queue.a"])
    assert sorted(failing.done) == ["one", "two"]
    assert failing.began[-1] - failing.began[0] >= 0.6


async def test_messages_of_a_batch_with_nearly_the_same_pause_are_released_together(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [str(number) for number in range(50)]
    failing = Failing(**{key: [TransientError("TCS is slow", 0.2 + int(key) / 1000)] for key in keys})
    running = await bench.open(Handler("esr.queue.a", "a", failing, batch=50))
    release, released = running.engine.release, list[tuple[int, float]]()

    async def noted(messages: Iterable[Message], delay: float) -> None:
        given = list(messages)
        released.append((len(given), round(delay, 3)))
        await release(given, delay)

    monkeypatch.setattr(running.engine, "release", noted)
    await send(running, *keys)
    await running.drain(["esr.queue.a"])
    assert sorted(failing.done) == sorted(keys)
    assert sum(number for number, _ in released) == 50
    assert {delay for _, delay in released} == {0.2, 0.3}
    assert len(released) <= 2 * len(failing.batches)


async def test_the_pause_of_a_failed_message_holds_up_no_other(bench: Bench) -> None:
    failing = Failing(one=[TransientError("TCS is slow", retry_after=2.0)])
    running = await bench.open(Handler("esr.queue.a", "a", failing))
    await send(running, "one", "two")
    draining = asyncio.create_task(running.drain(["esr.queue.a"]))
    await failing.until_done("two")
    await send(running, "three", "four", "five")
    await failing.until_done("two", "three", "four", "five")
    async with asyncio.timeout(10):
        await draining
    assert failing.done[-1] == "one"


async def test_one_that_keeps_failing_alone_in_its_queue_does_not_hold_up_what_comes_later(
    bench: Bench,
) -> None:
    failing = Failing(one=[TransientError("TCS is slow", retry_after=30)])
    running = await bench.open(Handler("esr.queue.a", "a", failing))
    await send(running, "one")
    stop = asyncio.Event()
    serving = asyncio.create_task(running.serve(["esr.queue.a"], stop, Supervisor(), drain_seconds=5))
    async with asyncio.timeout(10), failing.changed:
        await failing.changed.wait_for(lambda: failing.batches)
    await send(running, "later", "two")
    await failing.until_done("later", "two")
    stop.set()
    await serving


async def test_progress_resets_the_pause_so_many_failures_cost_little_time(bench: Bench) -> None:
    keys = [str(number) for number in range(60)]
    failing = Failing(**{key: [TransientError("TCS is slow")] for key in keys[::2]})
    running = await bench.open(Handler("esr.queue.a", "a", failing, batch=6))
    await send(running, *keys)
    async with asyncio.timeout(10):
        await running.drain(["esr.queue.a"])
    assert sorted(failing.done) == sorted(keys)


async def test_a_queue_whose_last_messages_keep_failing_runs_out_of_patience(bench: Bench) -> None:
    failing = Failing(one=[TransientError("TCS is down") for _ in range(1000)])
    running = await bench.open(Handler("esr.queue.a", "a", failing), patience=0.3)
    await send(running, "one", "two")
    with pytest.raises(ExceptionGroup) as caught:
        await running.drain(["esr.queue.a"])
    [fault] = caught.value.exceptions
    assert isinstance(fault, PatienceExhaustedError)
    assert fault.reason == "TCS is down"
    assert failing.done == ["two"]


async def test_a_message_that_may_not_be_tried_for_a_day_runs_out_of_patience_at_once(bench: Bench) -> None:
    failing = Failing(one=[TransientError("TCS answered 503", retry_after=86400)])
    running = await bench.open(Handler("esr.queue.a", "a", failing), patience=60)
    await send(running, "one", "two")
    async with asyncio.timeout(10):
        with pytest.raises(ExceptionGroup) as caught:
            await running.drain(["esr.queue.a"])
    [fault] = caught.value.exceptions
    assert isinstance(fault, PatienceExhaustedError)
    assert (fault.reason, failing.done) == ("TCS answered 503", ["two"])


async def test_a_wait_that_is_expected_uses_up_no_patience(bench: Bench) -> None:
    faults = [TransientError("TCS may still act on it", retry_after=0.4, expected=True) for _ in range(3)]
    failing = Failing(one=faults)
    running = await bench.open(Handler("esr.queue.a", "a", failing), patience=0.3)
    await send(running, "one", "two")
    await running.drain(["esr.queue.a"])
    assert failing.done == ["two", "one"]
    assert failing.began[-1] - failing.began[0] >= 3 * 0.4


async def test_a_suspect_message_of_a_batch_is_tried_again_alone_and_then_parked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Failing(two=[RetryLimitedError("TCS answers 500") for _ in range(1000)])
    running = await bench.open(Handler("esr.queue.a", "a", failing))
    release = running.engine.release
    monkeypatch.setattr(running.engine, "release", lambda messages, _: release(messages, 0))
    await send(running, "one", "two", "three")
    await running.drain(["esr.queue.a"])
    assert failing.batches == [["one", "three", "two"], ["two"], ["two"], ["two"], ["two"]]
    reader = bench.reader()
    assert [parked.reason for parked in reader.parked()] == ["TCS answers 500"]
    reader.close()


async def test_a_message_that_failed_for_good_is_parked_and_its_neighbours_are_done(bench: Bench) -> None:
    failing, told = Failing(two=[KeyError("a name that must not show")]), Told()
    running = await bench.open(Handler("esr.queue.a", "a", failing), observe=told)
    await send(running, "one", "two", "three")
    await running.drain(["esr.queue.a"])
    assert sorted(failing.done) == ["one", "three"]
    assert told.outcomes == [("done", 2), ("parked", 1)]
    reader = bench.reader()
    assert [(parked.row, parked.reason) for parked in reader.parked()] == [(3, "KeyError")]
    reader.close()


async def test_what_failed_is_not_acknowledged_by_an_intent_saved_before(bench: Bench) -> None:
    async def fail_in_the_first_wave(work: Work, messages: Sequence[Message]) -> None:
        [message] = messages
        if message.attempts == 1:
            work.fail(message, TransientError("TCS is slow"))
        work.put(NOTES, Note(name=f"attempt {message.attempts}"))
        await work.save_intent()

    running = await bench.open(Handler("esr.queue.a", "a", fail_in_the_first_wave))
    await send(running, "one")
    await running.drain(["esr.queue.a"])
    assert len(await running.work().get(NOTES, ["attempt 1", "attempt 2"])) == 2


async def test_a_served_queue_goes_on_with_the_others_while_one_keeps_failing(bench: Bench) -> None:
    failing = Failing(one=[TransientError("TCS is slow") for _ in range(1000)])
    running = await bench.open(Handler("esr.queue.a", "a", failing))
    await send(running, "one", "two")
    stop = asyncio.Event()
    serving = asyncio.create_task(running.serve(["esr.queue.a"], stop, Supervisor(), drain_seconds=5))
    await failing.until_done("two")
    await send(running, "three", "four", "five")
    await failing.until_done("two", "three", "four", "five")
    stop.set()
    await serving
