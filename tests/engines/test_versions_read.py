"""A unit of work answers for what it read first: a later look at a document doesn't excuse a decision made before."""

import asyncio

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


async def test_of_commits_at_one_moment_none_overwrites_what_another_wrote(
    bench: EmbeddedBench | ProductionBench,
) -> None:
    running = await bench.open()
    names = [f"note-{number}" for number in range(200)]
    for name in names:
        await write(running, Note(name=name, number=0))

    async def count_up() -> int:
        work = running.work()
        for note in (await work.get(NOTES, names)).values():
            work.put(NOTES, Note(name=note.name, number=note.number + 1))
        try:
            await work.commit()
        except ConflictError:
            return 0
        return 1

    committed = 0
    for _ in range(5):
        committed += sum(await asyncio.gather(*(count_up() for _ in range(6))))
    after = await running.work().get(NOTES, names)
    assert committed >= 5
    assert {note.number for note in after.values()} == {committed}
