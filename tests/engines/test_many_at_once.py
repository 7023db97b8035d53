"""Commits of more than a statement's rows, and claims beside more delayed messages than a statement's values."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from tests.engines.benches import DAY, NOTES, EmbeddedBench, Note, ProductionBench

from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import ConflictError
from tis_esr.engine.protocol import Commit, Put
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work

Bench = EmbeddedBench | ProductionBench
QUEUE = "esr.queue.a"
FILE = "DE_EOE_RMC_20261124_00000101.DAT"


async def _nothing(work: Work, messages: Sequence[Message]) -> None:
    pass


def handler() -> Handler:
    return Handler(QUEUE, "a", _nothing)


def message(number: int) -> Message:
    id_ = f"{FILE}:{number}"
    return Message(
        id=id_, queue=QUEUE, correlation_id=id_, source_file=FILE, deanery="", row=number, body=b"{}"
    )


def note(number: int, version: int) -> Put:
    body = msgspec.json.encode(Note(name=f"note {number}", number=version))
    return Put(NOTES, f"note {number}", version, body, (version, DAY), ())


@pytest.mark.parametrize(
    ("loser", "version"),
    [(119, 2), (120, 0)],
    ids=["a document that changed meanwhile", "a document that was created meanwhile"],
)
async def test_a_commit_that_loses_a_race_for_its_last_document_leaves_nothing_of_a_hundred_others(
    bench: Bench, loser: int, version: int
) -> None:
    engine = (await bench.open(handler())).engine
    await engine.commit(Commit(puts=[note(number, 0) for number in range(121)]))
    losing = Commit(
        puts=[
            *(note(number, 1) for number in range(119)),
            *(note(number, 0) for number in range(200, 320)),
            note(loser, version),
        ],
        messages=[message(number) for number in range(1, 121)],
        rows=[Row(file=FILE, row=n, type="POS", state=RowState.PENDING, reason="") for n in range(1, 121)],
    )
    with pytest.raises(ConflictError):
        await engine.commit(losing)

    stored = await engine.find(NOTES, {}, (), None)
    assert sorted((one.key, one.version) for one in stored) == sorted((f"note {n}", 1) for n in range(121))
    assert await engine.next_ready([QUEUE]) is None
    assert await engine.row_states(FILE) == {}
    losing.puts.pop()
    await engine.commit(losing)
    assert await engine.row_states(FILE) == {RowState.PENDING: 120}
    assert len(await engine.find(NOTES, {}, (), None)) == 241


async def test_a_message_that_cannot_be_stored_fails_the_commit_and_is_not_dropped(tmp_path: Path) -> None:
    bench = EmbeddedBench(tmp_path / "state.sqlite")
    engine = (await bench.open(handler())).engine
    unsound = msgspec.structs.replace(message(2), deanery=None)
    with pytest.raises(sqlite3.IntegrityError):
        await engine.commit(Commit(puts=[note(1, 0)], messages=[message(1), unsound]))
    assert await engine.find(NOTES, {}, (), None) == []
    assert await engine.next_ready([QUEUE]) is None
    await bench.clear()


async def test_however_many_messages_are_delayed_the_next_is_claimed(tmp_path: Path) -> None:
    bench = EmbeddedBench(tmp_path / "state.sqlite")
    await bench.open(handler())
    assert bench.engine is not None
    bench.engine._connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 600)
    await bench.engine.commit(Commit(messages=[message(number) for number in range(1, 702)]))
    for _ in range(2):
        await bench.engine.release(await bench.engine.claim(QUEUE, 350), delay=300)
    assert [one.row for one in await bench.engine.claim(QUEUE, 10)] == [701]
    await bench.clear()
