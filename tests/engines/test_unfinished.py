"""How much of some files is unfinished: neither done nor parked, on every engine."""

from collections.abc import Sequence

from tests.engines.benches import EmbeddedBench, ProductionBench

from tis_esr.engine.envelope import Message
from tis_esr.engine.protocol import Commit
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work

Bench = EmbeddedBench | ProductionBench
FIRST, SECOND = "DE_EOE_RMC_20261124_00000101.DAT", "DE_KSS_RMC_20261124_00000102.DAT"
QUEUES = ("esr.queue.a", "esr.queue.b")


def row(queue: str, file: str, number: int) -> Message:
    return Message(
        id=f"{file}:{number}",
        queue=queue,
        correlation_id=f"{file}:{number}",
        source_file=file,
        deanery="",
        row=number,
        body=b"{}",
    )


async def _parks_row_2(work: Work, messages: Sequence[Message]) -> None:
    for message in messages:
        if message.row == 2:
            work.park(message, "a fault")


def handlers() -> list[Handler]:
    return [Handler(queue, queue, _parks_row_2) for queue in QUEUES]


async def test_messages_of_the_files_named_are_counted_by_queue_even_where_others_came_in_the_same_commit(
    bench: Bench,
) -> None:
    runner = await bench.open(*handlers())
    rows = [row(queue, file, n) for queue in QUEUES for file in (FIRST, SECOND) for n in (1, 2, 3)]
    await runner.engine.commit(Commit(messages=rows[:-1]))
    assert await runner.engine.unfinished("DE_EOE_", QUEUES) == {"esr.queue.a": 3, "esr.queue.b": 3}
    assert await runner.engine.unfinished("DE_KSS_", QUEUES) == {"esr.queue.a": 3, "esr.queue.b": 2}
    assert await runner.engine.unfinished("DE_KSS_", QUEUES[1:]) == {"esr.queue.b": 2}
    assert await runner.engine.unfinished("DE_WES_", QUEUES) == {}


async def test_what_is_done_or_parked_is_finished_and_what_is_claimed_or_requeued_is_not(
    bench: Bench,
) -> None:
    runner = await bench.open(*handlers())
    await runner.engine.commit(Commit(messages=[row(QUEUES[0], FIRST, n) for n in (1, 2)]))
    await runner.engine.commit(Commit(messages=[row(QUEUES[1], FIRST, 3)]))
    await runner.drain(QUEUES[:1])
    assert await runner.engine.unfinished("DE_EOE_", QUEUES) == {"esr.queue.b": 1}
    claimed: list[Message] = []
    while not claimed:
        claimed = await runner.engine.claim(QUEUES[1], 1)
        await runner.engine.wait(QUEUES[1], 0.0 if claimed else 0.2)
    assert await runner.engine.unfinished("DE_EOE_", QUEUES) == {"esr.queue.b": 1}
    await runner.engine.commit(Commit(done=claimed))
    assert await runner.engine.unfinished("DE_EOE_", QUEUES) == {}
    await runner.engine.replay([(QUEUES[0], f"{FIRST}:2")])
    assert await runner.engine.unfinished("DE_EOE_", QUEUES) == {"esr.queue.a": 1}
