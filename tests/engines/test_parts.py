"""Parts of a unit of work: one that lost a race is left out, its neighbours take effect, on every engine."""

from collections.abc import Sequence

import pytest
from tests.engines.benches import NOTES, EmbeddedBench, Note, ProductionBench
from tests.engines.test_work import claimed, send

from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import ConflictError, TransientError
from tis_esr.engine.runner import Handler, Runner
from tis_esr.engine.work import Work

Bench = EmbeddedBench | ProductionBench


async def opened(bench: Bench, *names: str) -> tuple[Runner, Message, Message]:
    """Return a runner with these notes, numbered 0, and two messages to be handled."""

    async def none(work: Work, messages: Sequence[Message]) -> None:
        pass

    running = await bench.open(Handler("esr.queue.a", "a", none), Handler("esr.queue.b", "b", none))
    work = running.work()
    for name in names:
        work.put(NOTES, Note(name=name, number=0))
    await work.commit()
    await send(running, "one", "two")
    first, second = await claimed(running.engine, 2)
    return running, first, second


async def changed_by_another(running: Runner, name: str) -> None:
    work = running.work()
    await work.get(NOTES, [name])
    work.put(NOTES, Note(name=name, number=9))
    await work.commit()


async def numbers(running: Runner) -> dict[str, int | None]:
    return {note.name: note.number for note in await running.work().find(NOTES, {})}


async def test_a_part_that_was_overtaken_leaves_nothing_and_its_neighbour_all(bench: Bench) -> None:
    running, first, second = await opened(bench, "A", "B")
    work = running._work_on([first, second])
    await work.get(NOTES, ["A", "B"])
    for name, message in (("A", first), ("B", second)):
        with work.part(name, message):
            work.put(NOTES, Note(name=name, number=1))
            work.emit("b", {"key": name}, cause=message)
    await changed_by_another(running, "A")
    await work.commit([first, second])

    assert await numbers(running) == {"A": 9, "B": 1}
    assert [(message, type(fault)) for message, fault in work.failed([first, second])] == [
        (first, ConflictError)
    ]
    assert work.done([first, second]) == [second]
    [sent] = await claimed(running.engine, 1, "esr.queue.b")
    assert sent.decode(dict[str, str]) == {"key": "B"}
    await running.engine.release([first], 0)
    [again] = await claimed(running.engine, 1)
    assert again.id == first.id


async def test_parts_that_have_a_document_in_common_are_lost_together(bench: Bench) -> None:
    running, first, second = await opened(bench, "A", "common")
    work = running._work_on([first, second])
    await work.get(NOTES, ["A", "common"])
    with work.part("one", first):
        work.put(NOTES, Note(name="A", number=1))
        work.put(NOTES, Note(name="common", number=1))
    with work.part("two", second):
        read = (await work.get(NOTES, ["common"]))["common"]
        work.put(NOTES, Note(name="seen", number=read.number))
    await changed_by_another(running, "A")
    with pytest.raises(ConflictError):
        await work.commit([first, second])
    assert await numbers(running) == {"A": 9, "common": 0}


async def test_the_fault_of_a_message_stays_what_it_was_when_its_part_is_lost(bench: Bench) -> None:
    running, first, second = await opened(bench, "A")
    work = running._work_on([first, second])
    await work.get(NOTES, ["A"])
    with work.part("one", first):
        work.put(NOTES, Note(name="A", number=1))
    fault = TransientError("TCS is down", retry_after=60)
    work.fail(first, fault)
    await changed_by_another(running, "A")
    await work.commit([first, second])
    assert work.failed([first, second]) == [(first, fault)]
