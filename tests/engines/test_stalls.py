"""A process that slept until its leases ran out, and wakes: nothing that it does then takes effect."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime

import pytest
from tests.engines.benches import NOTES, Note, ProductionBench
from tests.engines.test_work import Seen, claimed, send
from tests.servers import Place

from tis_esr.engine import monotonic_clock
from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import LeaseLostError, TransientError
from tis_esr.engine.production.engine import ProductionEngine
from tis_esr.engine.production.mongodb import leases, open_packets
from tis_esr.engine.production.mongodb.outbox import entry_id
from tis_esr.engine.production.mongodb.server_clock import ServerClock
from tis_esr.engine.production.mongodb.transactions import transaction
from tis_esr.engine.row_accounting import RowState
from tis_esr.engine.runner import Handler, Runner
from tis_esr.engine.supervision import Supervisor
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
        raise LeaseLostError

    async def tried(self, what: str, commit: Callable[[], Awaitable[None]]) -> None:
        try:
            await commit()
        except LeaseLostError:
            self.refused.append(what)


async def wake_after_another_was_done(bench: ProductionBench, sleeper: Sleeper, quick: Seen) -> Runner:
    slow = await bench.open(Handler("esr.queue.a", "a", sleeper))
    await send(slow, "one")
    stop = asyncio.Event()
    serving = asyncio.create_task(slow.serve(["esr.queue.a"], stop, Supervisor(), drain_seconds=5))
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


async def test_a_process_that_stalls_while_it_asks_for_the_time_does_not_live_in_the_past(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds, stalls = [1000.0], [120.0, 0.02]

    class Server:
        """Its time is 9,000 seconds ahead of this machine's, whose process stalls before it reads the answer."""

        async def command(self, _: str) -> dict[str, datetime]:
            told = datetime.fromtimestamp(seconds[0] + 9000, UTC).replace(tzinfo=None)
            seconds[0] += stalls.pop(0)
            return {"localTime": told}

    monkeypatch.setattr(monotonic_clock, "elapsed", lambda: seconds[0])
    server_clock = ServerClock()
    await server_clock.read(Server())  # type: ignore[arg-type]  # all that it asks of a database
    assert server_clock.now() == pytest.approx(seconds[0] + 9000, abs=0.05)


async def test_what_rabbitmq_lost_is_sent_again_while_another_message_waits_for_its_pause(
    bench: ProductionBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = asyncio.Event()

    async def handle(work: Work, messages: Sequence[Message]) -> None:
        for message in messages:
            if message.decode(dict[str, str])["key"] == "waits":
                work.fail(message, TransientError("TCS is slow", retry_after=60))
            else:
                done.set()

    running = await bench.open(Handler("esr.queue.a", "a", handle))
    engine = bench.engines[0]
    stop = asyncio.Event()
    serving = asyncio.create_task(running.serve(["esr.queue.a"], stop, Supervisor(), drain_seconds=5))
    publish, lost = engine.broker.publish, set[str]()

    async def lose_once(messages: Sequence[Message]) -> list[Message]:
        forgotten = [m for m in messages if b"lost" in m.body and m.id not in lost]
        lost.update(message.id for message in forgotten)
        return [*forgotten, *await publish([m for m in messages if m not in forgotten])]

    monkeypatch.setattr(engine.broker, "publish", lose_once)
    await send(running, "waits", "lost")
    async with asyncio.timeout(20):
        await done.wait()
    stop.set()
    await serving


async def test_what_waits_for_its_pause_elsewhere_is_not_taken_for_lost(bench: ProductionBench) -> None:
    handler = Handler("esr.queue.a", "a", Seen())
    running = await bench.open(handler)
    engine = bench.engines[0]
    await send(running, "one", "two")
    first, second = await claimed(engine, 2)
    await engine.release([first], 60)
    await engine.release([second], 0)
    keys, now = [entry_id(first), entry_id(second)], engine.time()
    assert await open_packets.lost(engine.database, keys, now, since=now - 2) == set()
    assert await open_packets.lost(engine.database, keys, now, since=now + 1) == {entry_id(second)}


async def test_only_a_commit_with_messages_waits_for_room_in_a_full_outbox(
    bench: ProductionBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = await bench.open(Handler("esr.queue.a", "a", Seen()))
    waiting_for_room, room = asyncio.Event(), asyncio.Event()

    async def full() -> None:
        waiting_for_room.set()
        await room.wait()

    monkeypatch.setattr(bench.engines[0].relay, "room", full)
    work = running.work()
    work.put(NOTES, Note(name="no message"))
    async with asyncio.timeout(10):
        await work.commit()
        assert not waiting_for_room.is_set()
        sending = asyncio.create_task(send(running, "one"))
        await waiting_for_room.wait()
        assert not sending.done()
        room.set()
        await sending


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
    assert second.deaths == 0
    with pytest.raises(LeaseLostError):
        await running.work().commit([first])
    await engine.release([first], 60)
    work = running.work()
    work.put(NOTES, Note(name="done"))
    await work.commit([second])
    assert [*await running.work().get(NOTES, ["done"])] == ["done"]


async def test_a_lease_that_a_commit_holds_is_ended_by_nobody_before_it_is_over_even_if_it_lasts_longer(
    bench: ProductionBench,
) -> None:
    running = await bench.open(Handler("esr.queue.a", "a", Seen()))
    await send(running, "one")
    [held] = await claimed(running.engine)
    engine = bench.engines[0]
    await engine.stop_renewing()
    await leases.renew(engine.database, [held.claim], engine.time() + 60)
    async with transaction(engine.database.client) as session:
        await leases.hold(engine.database, held.claim, engine.time() + 30, session)
        ending = asyncio.create_task(leases.end(engine.database, [held.claim]))
        done, _ = await asyncio.wait([ending], timeout=0.3)
        assert not done
    await ending
