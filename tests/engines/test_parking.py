"""What is parked stays parked, on every engine, until a person replays or discards it."""

import time
from collections.abc import Sequence

from tests.engines.benches import NOTES, EmbeddedBench, Note, ProductionBench
from tests.engines.test_work import send

from tis_esr.engine.messages import Message
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


async def test_all_processes_on_one_store_share_a_clock(bench: Bench) -> None:
    running = await bench.open()
    before = running.engine.time()
    assert before <= running.work().time()
    assert abs(before - time.time()) < 60
