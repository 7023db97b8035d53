"""What holds when several processes read the same queues: a capability of the production engine."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from pika import BasicProperties
from tests.engines.benches import NOTES, Note, ProductionBench
from tests.engines.test_work import claimed, send
from tests.servers import Place

from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import LeaseLostError
from tis_esr.engine.production.rabbitmq.amqp import connect
from tis_esr.engine.production.rabbitmq.topology import EXCHANGE
from tis_esr.engine.runner import Handler
from tis_esr.engine.supervision import Supervisor
from tis_esr.engine.work import Work


@pytest.fixture
async def bench(servers: Place) -> AsyncIterator[ProductionBench]:
    bench = ProductionBench(servers)
    yield bench
    await bench.clear()


async def count_up(work: Work, messages: Sequence[Message]) -> None:
    """Add one to the same document for each message."""
    known = await work.get(NOTES, ["the one"])
    number = known["the one"].number if known else 0
    work.put(NOTES, Note(name="the one", number=number + len(messages)))


async def test_a_storm_of_writers_on_one_document_loses_no_write_and_parks_nothing(
    bench: ProductionBench,
) -> None:
    handler = Handler("esr.queue.a", "a", count_up, batch=1)
    processes = [await bench.open(handler, patience=60) for _ in range(4)]
    await send(processes[0], *(str(number) for number in range(200)))
    await asyncio.gather(*(process.drain(["esr.queue.a"]) for process in processes))
    found = await processes[0].work().get(NOTES, ["the one"])
    assert found["the one"].number == 200
    reader = bench.reader()
    assert reader.parked() == []
    reader.close()


async def test_two_processes_share_a_queue_and_handle_each_message_once(bench: ProductionBench) -> None:
    handled: list[str] = []
    both, entered = asyncio.Event(), set[int]()

    def handler(number: int) -> Handler:
        async def take(_: Work, messages: Sequence[Message]) -> None:
            entered.add(number)
            if len(entered) == 2:
                both.set()
            async with asyncio.timeout(10):
                await both.wait()
            handled.extend(message.id for message in messages)

        return Handler("esr.queue.a", "a", take, batch=5)

    first, second = await bench.open(handler(1)), await bench.open(handler(2))
    for process in (first, second):
        await process.engine.claim("esr.queue.a", 1)
    await send(first, *(str(number) for number in range(60)))
    await asyncio.gather(first.drain(["esr.queue.a"]), second.drain(["esr.queue.a"]))
    assert (len(handled), len(set(handled)), entered) == (60, 60, {1, 2})


async def test_who_lost_the_lease_changes_nothing(bench: ProductionBench) -> None:
    seen: list[str] = []

    async def note(work: Work, messages: Sequence[Message]) -> None:
        seen.extend(message.id for message in messages)
        for message in messages:
            work.put(NOTES, Note(name=message.id))

    handler = Handler("esr.queue.a", "a", note)
    slow = await bench.open(handler)
    await send(slow, "one")
    [held] = await claimed(slow.engine)
    engine = bench.engines[0]
    await engine.stop_renewing()
    await engine.broker.close()
    quick = await bench.open(handler)
    await quick.drain(["esr.queue.a"])
    work = slow.work()
    work.put(NOTES, Note(name="late"))
    with pytest.raises(LeaseLostError):
        await work.commit([held])
    assert (seen, await quick.work().get(NOTES, ["late"])) == ([held.id], {})


async def test_a_message_put_on_the_queue_by_hand_is_handled_once_however_often_it_is_put(
    bench: ProductionBench,
) -> None:
    seen: list[bytes] = []
    came = asyncio.Semaphore(0)

    async def note(_: Work, messages: Sequence[Message]) -> None:
        for message in messages:
            seen.append(message.body)
            came.release()

    running = await bench.open(Handler("esr.queue.a", "a", note))
    engine = bench.engines[0]
    by_hand = Message(
        id="by hand",
        queue="esr.queue.a",
        correlation_id="c",
        source_file="",
        deanery="EOE",
        row=0,
        body=b"{}",
    )
    stop = asyncio.Event()
    serving = asyncio.create_task(running.serve(["esr.queue.a"], stop, Supervisor(), drain_seconds=5))
    assert await engine.broker.publish([by_hand, by_hand]) == [by_hand, by_hand]
    await asyncio.wait_for(came.acquire(), 10)
    assert await engine.broker.publish([by_hand]) == [by_hand]
    await send(running, "after")
    await asyncio.wait_for(came.acquire(), 10)
    stop.set()
    await serving
    assert seen == [b"{}", b'{"key":"after"}']


async def test_messages_put_there_by_hand_without_an_id_are_each_handled(bench: ProductionBench) -> None:
    seen: list[bytes] = []
    came = asyncio.Semaphore(0)

    async def note(_: Work, messages: Sequence[Message]) -> None:
        for message in messages:
            seen.append(message.body)
            came.release()

    running = await bench.open(Handler("esr.queue.a", "a", note))
    stop = asyncio.Event()
    serving = asyncio.create_task(running.serve(["esr.queue.a"], stop, Supervisor(), drain_seconds=5))
    connection = await connect(bench.addresses.amqp_url)
    channel = await connection.channel()
    async with asyncio.timeout(10):
        for body in (b'"first"', b'"second"'):
            channel.publish(EXCHANGE, "a", BasicProperties(), body)
            await came.acquire()
    stop.set()
    await serving
    await connection.close()
    assert seen == [b'"first"', b'"second"']


async def test_stopped_in_the_middle_it_gives_back_what_it_can_not_end_in_time(
    bench: ProductionBench,
) -> None:
    started = asyncio.Event()

    async def endless(_: Work, messages: Sequence[Message]) -> None:
        started.set()
        await asyncio.Event().wait()

    running = await bench.open(Handler("esr.queue.a", "a", endless))
    await send(running, "one")
    stop = asyncio.Event()
    serving = asyncio.create_task(running.serve(["esr.queue.a"], stop, Supervisor(), drain_seconds=0))
    async with asyncio.timeout(10):
        await started.wait()
    stop.set()
    await serving
    await bench.engines.pop().close()
    seen: list[int] = []

    async def note(_: Work, messages: Sequence[Message]) -> None:
        seen.extend(message.attempts for message in messages)

    other = await bench.open(Handler("esr.queue.a", "a", note))
    await other.drain(["esr.queue.a"])
    assert seen == [2]
