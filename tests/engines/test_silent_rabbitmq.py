"""RabbitMQ blocks publishers, says nothing any more, or refuses one queue: every wait ends, and the rest goes on."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import msgspec
import pytest
from pika import BasicProperties
from tests.engines.benches import ProductionBench
from tests.engines.test_work import Seen, claimed, message, send
from tests.faults.rabbitmq_wire import RabbitmqWire, rabbitmq_wire
from tests.servers import Place

from tis_esr.engine.faults import TransientError
from tis_esr.engine.production.mongodb import outbox
from tis_esr.engine.production.mongodb.schema import OUTBOX
from tis_esr.engine.production.rabbitmq import amqp, broker
from tis_esr.engine.production.rabbitmq.amqp import Connection, UnansweredError, connect
from tis_esr.engine.runner import Handler, Runner
from tis_esr.engine.supervision import Supervisor

pytestmark = pytest.mark.flaky(reruns=1)
"""Their timeouts are short: see decision 38."""


@pytest.fixture
def line(servers: Place) -> Iterator[RabbitmqWire]:
    with rabbitmq_wire(urlsplit(servers.amqp_url).port or 0) as laid:
        yield laid


@pytest.fixture
async def bench(servers: Place, line: RabbitmqWire) -> AsyncIterator[ProductionBench]:
    """An engine whose processes talk to RabbitMQ over the line."""
    bench = ProductionBench(servers)
    yield bench
    line.release()
    bench.addresses = replace(bench.addresses, amqp_url=servers.amqp_url)
    await bench.clear()


def over(line: RabbitmqWire, servers: Place) -> str:
    return servers.amqp_url.replace(f":{urlsplit(servers.amqp_url).port}", f":{line.port}")


async def opened(bench: ProductionBench, line: RabbitmqWire, servers: Place, *handlers: Handler) -> Runner:
    bench.addresses = replace(bench.addresses, amqp_url=over(line, servers))
    return await bench.open(*handlers)


@pytest.fixture
async def connection(servers: Place, line: RabbitmqWire) -> AsyncIterator[Connection]:
    connection = await connect(over(line, servers))
    yield connection
    line.release()
    await connection.close()


async def test_while_an_alarm_blocks_publishers_nothing_is_published_twice_and_nothing_is_lost(
    bench: ProductionBench, line: RabbitmqWire, servers: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "_CONFIRM_SECONDS", 0.3)
    running = await opened(bench, line, servers, Handler("esr.queue.a", "a", Seen()))
    relay, sender = bench.engines[0].relay, bench.engines[0].broker
    await send(running, "before")
    assert [m.row for m in await claimed(running.engine)] == [2]
    published = line.published
    line.raise_alarm()
    assert await sender.publish([message("one", row=3)]) == []
    async with asyncio.timeout(0.2):
        with pytest.raises(TransientError, match="memory or disk alarm"):
            await sender.publish([message("two", row=4)])
        assert await sender.ready_count("esr.queue.a") == 0
        with pytest.raises(TransientError, match="memory or disk alarm"):
            await relay.deliver({"queue": "esr.queue.a", "messages": [outbox._entry(message("two", row=4))]})
    assert line.published == published + 1
    line.clear_alarm()
    assert [m.row for m in await claimed(running.engine)] == [3]
    two = message("two", row=4)
    assert await sender.publish([two]) == [two]


async def test_while_an_alarm_blocks_publishers_what_was_handled_is_no_longer_counted(
    bench: ProductionBench, line: RabbitmqWire, servers: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker, "_CONFIRM_SECONDS", 0.1)
    running = await opened(bench, line, servers, Handler("esr.queue.a", "a", Seen()))
    engine = bench.engines[0]
    await send(running, "handled", "left")
    handled, _ = await claimed(running.engine, 2)
    line.raise_alarm()
    assert await engine.broker.publish([message("blocked", row=4)]) == []
    async with engine._client.start_session() as session, await session.start_transaction():
        for number in range(20):
            unsent = message(f"unsent {number}", row=5)
            await outbox.add(engine.database, session, [unsent], now=engine.time(), relay_until=0.0)
    await running.work().commit([handled])
    async with asyncio.timeout(5):
        while (await engine.depths()).queues["esr.queue.a"][0] > 1 + 20:
            await engine.wait("esr.queue.a", 0.05)


async def test_a_call_that_is_not_answered_fails_and_takes_its_connection_with_it(
    line: RabbitmqWire, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amqp, "_ANSWER_SECONDS", 0.2)
    channel = await connection.channel()
    line.hold()
    async with asyncio.timeout(5):
        with pytest.raises(UnansweredError):
            await channel.declare_queue("esr.queue.a", passive=True)
        assert isinstance(await connection.closed, UnansweredError)
    assert not channel.is_open


async def test_a_call_that_is_cancelled_before_its_answer_is_no_fault_when_the_connection_ends(
    line: RabbitmqWire, connection: Connection
) -> None:
    faults: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, fault: faults.append(fault))
    channel = await connection.channel()
    line.hold()
    asked = asyncio.create_task(channel.declare_queue("esr.queue.a", passive=True))
    await asyncio.sleep(0)
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    connection._connection.abort()
    await connection.closed
    del asked
    gc.collect()
    assert faults == []
    assert not channel._asked


async def test_a_channel_that_is_not_opened_fails_and_takes_its_connection_with_it(
    line: RabbitmqWire, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amqp, "_ANSWER_SECONDS", 0.2)
    line.hold()
    async with asyncio.timeout(5):
        with pytest.raises(UnansweredError):
            await connection.channel()
        await connection.closed


@pytest.mark.parametrize("what", ["channel", "connection"])
async def test_what_can_not_be_closed_in_order_is_ended(
    line: RabbitmqWire, connection: Connection, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amqp, "_CLOSE_SECONDS", 0.2)
    channel = await connection.channel()
    line.hold()
    async with asyncio.timeout(5):
        await (channel if what == "channel" else connection).close()
        await connection.closed


def addressed(name: str) -> tuple[str, BasicProperties, bytes]:
    return "esr.queue.late", BasicProperties(message_id=name), b""


async def test_a_confirmation_that_comes_after_its_time_counts_for_no_other_message(
    line: RabbitmqWire, connection: Connection
) -> None:
    sender = await connection.sender()
    await (await connection.channel()).declare_queue("esr.queue.late", {"x-expires": 5000})
    line.hold()
    assert await sender.send("", [addressed("late")], 0.1) == [False]
    assert not sender._under_way
    line.release()
    assert await sender.send("", [addressed("again")], 5) == [True]


async def test_a_queue_that_can_not_be_read_does_not_keep_the_others_from_being_read(
    bench: ProductionBench, servers: Place
) -> None:
    handlers = [Handler("esr.queue.a", "a", Seen()), Handler("esr.queue.b", "b", Seen())]
    running = await bench.open(*handlers)
    connection = await connect(servers.amqp_url)
    channel = await connection.channel()
    await channel._answer(lambda callback: channel._channel.queue_delete("esr.queue.a", callback=callback))
    await channel.declare_queue("esr.queue.a", {"x-queue-type": "classic"})
    await connection.close()
    await send(running, "one", to="b")
    running.engine.broker.consume(["esr.queue.a", "esr.queue.b"])
    assert len(await claimed(running.engine, queue="esr.queue.b")) == 1


async def test_a_packet_that_no_queue_takes_holds_up_no_other_that_was_left(bench: ProductionBench) -> None:
    running = await bench.open(Handler("esr.queue.a", "a", Seen()))
    engine = bench.engines[0]
    now = engine.time()
    async with engine._client.start_session() as session, await session.start_transaction():
        for number, queue in enumerate(["esr.queue.gone", "esr.queue.gone", "esr.queue.a"]):
            left = msgspec.structs.replace(message(queue, row=number), queue=queue)
            await outbox.add(engine.database, session, [left], now=now, relay_until=now - 100 + number)
    assert [m.row for m in await claimed(running.engine)] == [2]


async def test_a_packet_that_another_process_has_taken_over_is_not_released_by_the_one_before(
    bench: ProductionBench,
) -> None:
    await bench.open(Handler("esr.queue.a", "a", Seen()))
    engine = bench.engines[0]
    await engine.stop_renewing()
    now = engine.time()
    async with engine._client.start_session() as session, await session.start_transaction():
        [first] = await outbox.add(engine.database, session, [message("one")], now=now, relay_until=now - 1)
    second = await outbox.take_unsent(engine.database, now, now + 30)
    assert second is not None
    await outbox.release(engine.database, first, now)
    assert await outbox.take_unsent(engine.database, now, now + 60) is None
    await outbox.release(engine.database, second, now)
    assert await outbox.take_unsent(engine.database, now + 1, now + 60) is not None


async def test_what_was_handled_though_it_was_never_confirmed_is_not_published_again(
    bench: ProductionBench, line: RabbitmqWire, servers: Place
) -> None:
    running = await opened(bench, line, servers, Handler("esr.queue.a", "a", Seen()))
    engine = bench.engines[0]
    await send(running, "one", "two")
    one, two = await claimed(running.engine, 2)
    await running.work().commit([one])
    await engine.relay.finish()
    await engine.stop_renewing()
    published = line.published
    await engine.database[OUTBOX].update_many({}, {"$set": {"state": "out", "relay_until": 0.0}})
    await engine.relay.send_what_is_left()
    assert line.published == published + 1
    await running.work().commit([two])
    await engine.database[OUTBOX].update_many({}, {"$set": {"state": "out", "relay_until": 0.0}})
    await engine.relay.send_what_is_left()
    assert line.published == published + 1
    assert await engine.database[OUTBOX].count_documents({"state": "sent"}) == 1


async def test_all_that_wait_for_a_connection_fail_with_the_one_that_attempts_it(
    servers: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts, attempted, silence = [], asyncio.Event(), asyncio.Event()

    async def nobody(_: str) -> Connection:
        attempts.append(1)
        attempted.set()
        await silence.wait()
        raise TimeoutError

    monkeypatch.setattr(broker, "connect", nobody)
    sender = broker.Broker(servers.amqp_url, [], Supervisor())
    sending = [asyncio.create_task(sender.publish([message(f"{number}")])) for number in range(20)]
    await attempted.wait()
    silence.set()
    async with asyncio.timeout(5):
        outcomes = await asyncio.gather(*sending, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {TransientError}
    assert len(attempts) == 1


async def test_a_confirmation_still_counts_when_that_of_an_earlier_message_did_not_come_in_time(
    line: RabbitmqWire, connection: Connection
) -> None:
    sender = await connection.sender()
    await (await connection.channel()).declare_queue("esr.queue.late", {"x-expires": 5000})
    line.hold()
    impatient = asyncio.create_task(sender.send("", [addressed("impatient")], 0.1))
    patient = asyncio.create_task(sender.send("", [addressed("patient")], 5))
    assert await impatient == [False]
    line.release()
    assert await patient == [True]
