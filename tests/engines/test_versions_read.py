"""A unit of work answers for what it read first: a later look at a document doesn't excuse a decision made before."""

import pytest
from tests.engines.benches import NOTES, EmbeddedBench, Note, ProductionBench

from tis_esr.engine.faults import ConflictError
from tis_esr.engine.runner import Runner


async def write(running: Runner, note: Note) -> None:
    work = running.work()
    await work.get(NOTES, [note.name])
    work.put(NOTES, note)
    await work.commit()


async def test_a_document_that_moved_between_two_looks_is_a_conflict(
    bench: EmbeddedBench | ProductionBench,
) -> None:
    running = await bench.open()
    await write(running, Note(name="one", number=1))
    work = running.work()
    decided_on = (await work.get(NOTES, ["one"]))["one"]
    await write(running, Note(name="one", number=2))
    await work.find(NOTES, {"number": 2})
    work.put(NOTES, Note(name="one", number=decided_on.number + 10))
    with pytest.raises(ConflictError):
        await work.commit()


async def test_a_document_that_was_missing_at_the_first_look_is_a_conflict_once_it_is_there(
    bench: EmbeddedBench | ProductionBench,
) -> None:
    running = await bench.open()
    work = running.work()
    assert await work.get(NOTES, ["one"]) == {}
    await write(running, Note(name="one", number=2))
    await work.find(NOTES, {"number": 2})
    work.put(NOTES, Note(name="one", number=1))
    with pytest.raises(ConflictError):
        await work.commit()
