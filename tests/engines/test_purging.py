"""What is old can be listed in its order and removed, in one transaction with what is written about it."""

import asyncio
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from pymongo import MongoClient
from tests.engines.benches import DAY, NOTES, EmbeddedBench, Note, ProductionBench

from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import ConflictError
from tis_esr.engine.handlers import Handler
from tis_esr.engine.protocol import Commit
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work

Bench = EmbeddedBench | ProductionBench
QUEUE = "esr.queue.tests.purging"
FILE = "DE_EOE_RMC_20261124_00000001.DAT"
LATER = DAY + timedelta(days=1)


async def nothing(_: Work, __: Sequence[Message]) -> None:
    """Be done with the messages."""


async def fail(_: Work, __: Sequence[Message]) -> None:
    raise ValueError


HANDLER = Handler(QUEUE, "tests.purging", nothing)


def on(runner: Runner, day: date) -> Work:
    return Work(runner.engine, {}, today=day, now=runner.work().now)


async def write(runner: Runner, day: date, *notes: Note) -> None:
    work = on(runner, day)
    await work.get(NOTES, [note.name for note in notes])
    for note in notes:
        work.put(NOTES, note)
    await work.commit()


def a_message(name: str, row: int = 1) -> Message:
    return Message(
        id=name,
        queue=QUEUE,
        correlation_id=f"{FILE}:{row}",
        source_file=FILE,
        deanery="EOE",
        row=row,
        body=b"{}",
    )


async def handled(runner: Runner, *messages: Message) -> None:
    await runner.engine.commit(Commit(messages=list(messages)))
    await runner.drain([QUEUE])


async def names(runner: Runner, before: date, limit: int = 10) -> list[str]:
    """Walk to the end in steps of ``limit``."""
    found: list[str] = []
    cursor = None
    while step := await runner.work().written_before(NOTES, before, cursor, limit):
        found += [note.name for _, note in step]
        cursor = step[-1][0]
    return found


@pytest.mark.parametrize("limit", [1, 2, 10])
async def test_documents_are_walked_through_by_the_day_of_their_last_writing(
    bench: Bench, limit: int
) -> None:
    runner = await bench.open(HANDLER)
    await write(runner, DAY, Note(name="b"), Note(name="a"), Note(name="c"))
    await write(runner, DAY - timedelta(days=1), Note(name="d"))
    await write(runner, LATER, Note(name="c", number=2))
    assert await names(runner, LATER, limit) == ["d", "a", "b"]
    assert await names(runner, DAY, limit) == ["d"]
    assert await runner.work().written_before(NOTES, DAY, (DAY.isoformat(), ""), limit) == []


async def test_a_document_that_moved_is_not_removed_and_nothing_else_is(bench: Bench) -> None:
    runner = await bench.open(HANDLER)
    await write(runner, DAY, Note(name="a"), Note(name="b"))
    work = runner.work()
    found = [note for _, note in await work.written_before(NOTES, LATER, None, 10)]
    await write(runner, LATER, Note(name="b", number=2))
    for note in found:
        work.remove(NOTES, note)
    with pytest.raises(ConflictError):
        await work.commit()
    assert await names(runner, LATER + timedelta(days=1)) == ["a", "b"]


async def test_who_writes_a_document_that_was_removed_meanwhile_is_told(bench: Bench) -> None:
    runner = await bench.open(HANDLER)
    await write(runner, DAY, Note(name="a"))
    late = runner.work()
    await late.get(NOTES, ["a"])
    late.put(NOTES, Note(name="a", number=2))
    work = runner.work()
    [(_, note)] = await work.written_before(NOTES, LATER, None, 10)
    work.remove(NOTES, note)
    await work.commit()
    with pytest.raises(ConflictError):
        await late.commit()


async def test_a_document_keeps_the_day_that_it_is_said_to_be_of(bench: Bench) -> None:
    runner = await bench.open(HANDLER)
    await write(runner, DAY, Note(name="a"))
    work = on(runner, LATER)
    [(cursor, _)] = await work.written_before(NOTES, LATER, None, 10)
    work.put(NOTES, Note(name="a", number=2), written_on=cursor[0])
    await work.commit()
    assert await names(runner, LATER) == ["a"]


async def test_messages_that_are_done_are_listed_and_forgotten_while_others_stay(bench: Bench) -> None:
    runner = await bench.open(HANDLER)
    await handled(runner, a_message("one"), a_message("two"))
    await settled(bench)
    engine = runner.engine
    assert await engine.handled_before(DAY, None, 10, parked=False) == []
    first = await engine.handled_before(LATER, None, 1, parked=False)
    second = await engine.handled_before(LATER, first[-1].cursor, 1, parked=False)
    assert {first[0].identity, second[0].identity} == {(QUEUE, "one"), (QUEUE, "two")}
    work = runner.work()
    work.forget([first[0].identity])
    await work.commit()
    left = await engine.handled_before(LATER, None, 10, parked=False)
    assert [message.identity for message in left] == [second[0].identity]


async def test_parked_messages_are_listed_and_leave_no_body_when_they_are_discarded(bench: Bench) -> None:
    runner = await bench.open(Handler(QUEUE, "tests.purging", fail))
    await handled(runner, a_message("bad"))
    [old] = await runner.engine.handled_before(LATER, None, 10, parked=True)
    assert old.identity == (QUEUE, "bad")
    assert await runner.engine.discard([old.identity], "too old") == 1
    assert await runner.engine.handled_before(LATER, None, 10, parked=True) == []
    assert bodies(bench, runner) == [None]


async def test_rows_of_a_file_are_removed_but_those_that_are_parked_stay(bench: Bench) -> None:
    runner = await bench.open(Handler(QUEUE, "tests.purging", fail))
    rows = [Row(file=FILE, row=n, type="POS", state=RowState.APPLIED) for n in (1, 2, 3)]
    await runner.engine.commit(Commit(rows=rows))
    await handled(runner, a_message("bad", row=2))
    assert await runner.engine.row_states(FILE) == {RowState.APPLIED: 2, RowState.PARKED: 1}
    assert await runner.engine.rows_of(FILE, 0, 1) == [1]
    assert await runner.engine.rows_of(FILE, 1, 10) == [3]
    work = runner.work()
    work.forget([], [(FILE, 1), (FILE, 3)])
    await work.commit()
    assert await runner.engine.row_states(FILE) == {RowState.PARKED: 1}


async def test_a_row_that_was_parked_since_it_was_listed_is_not_removed_and_nothing_else_is(
    bench: Bench,
) -> None:
    runner = await bench.open(Handler(QUEUE, "tests.purging", fail))
    rows = [Row(file=FILE, row=n, type="POS", state=RowState.APPLIED) for n in (1, 2)]
    await runner.engine.commit(Commit(rows=rows))
    work = runner.work()
    work.forget([], [(FILE, row) for row in await runner.engine.rows_of(FILE, 0, 10)])
    await handled(runner, a_message("bad", row=2))
    with pytest.raises(ConflictError):
        await work.commit()
    assert await runner.engine.row_states(FILE) == {RowState.APPLIED: 1, RowState.PARKED: 1}


async def test_a_discard_takes_effect_with_the_rest_of_its_commit_or_not_at_all(bench: Bench) -> None:
    runner = await bench.open(Handler(QUEUE, "tests.purging", fail))
    await handled(runner, a_message("bad"), a_message("worse"))
    late, work = runner.work(), runner.work()
    for one in (late, work):
        one.discard([(QUEUE, "bad"), *([(QUEUE, "worse")] if one is late else [])], "too old")
        one.put(NOTES, Note(name="late" if one is late else "first"))
    await work.commit()
    with pytest.raises(ConflictError):
        await late.commit()
    [left] = await runner.engine.handled_before(LATER, None, 10, parked=True)
    assert left.identity == (QUEUE, "worse")
    assert await names(runner, LATER) == ["first"]


async def test_the_state_file_overwrites_what_is_removed_however_sqlite_was_built(bench: Bench) -> None:
    if not isinstance(bench, EmbeddedBench):
        pytest.skip("MongoDB's files are the server's")
    runner = await bench.open(HANDLER)
    connection = runner.engine._connection  # type: ignore[attr-defined]
    assert connection.execute("PRAGMA secure_delete").fetchone() == (1,)


async def test_a_message_is_open_since_it_was_parked_first_however_often_it_is_parked_again(
    bench: Bench,
) -> None:
    """What guards against the facts that it brings is kept for as long."""
    runner = await bench.open(Handler(QUEUE, "tests.purging", fail))
    assert (await runner.engine.depths()).open_longest == 0
    await handled(runner, a_message("bad"))
    make_older(bench, runner, 1000)
    await handled(runner, a_message("worse"))
    assert await runner.engine.replay([(QUEUE, "bad")]) == 1
    await runner.drain([QUEUE])
    assert 1000 <= (await runner.engine.depths()).open_longest < 2000
    await runner.engine.discard([(QUEUE, "bad")], "seen")
    assert 0 < (await runner.engine.depths()).open_longest < 1000


def make_older(bench: Bench, runner: Runner, seconds: float) -> None:
    """Have all that is parked be so for longer."""
    if isinstance(bench, EmbeddedBench):
        runner.engine._connection.execute(  # type: ignore[attr-defined]
            "UPDATE messages SET created = created - ?", (seconds,)
        )
        return
    with MongoClient(bench.addresses.mongodb_url) as client:
        inbox = client[bench.addresses.database]["engine.inbox"]
        inbox.update_many({"since": {"$gt": 0}}, {"$inc": {"since": -seconds}})


@pytest.mark.parametrize("earlier", [100.0, -0.5])
async def test_a_message_that_its_packet_may_send_again_is_not_listed(bench: Bench, earlier: float) -> None:
    """The relay sends a packet again for what is not known to be done; so what is done is known until it is gone.

    Two processes' clocks may differ by a little, so that it seems to have been handled before its packet came.
    """
    if isinstance(bench, EmbeddedBench):
        pytest.skip("only the production engine sends anything again")
    runner = await bench.open(HANDLER)
    await handled(runner, a_message("one"))
    await settled(bench)
    with MongoClient(bench.addresses.mongodb_url) as client:
        database = client[bench.addresses.database]
        [done] = database["engine.inbox"].find()
        database["engine.outbox"].insert_one(
            {"_id": "open", "queue": "other", "keys": ["other|x"], "messages": [], "state": "sent",
             "created": done["handled"] - earlier, "look_at": 9e12, "sent_at": 1.0, "left": 1}
        )  # fmt: skip
    assert await runner.engine.handled_before(LATER, None, 10, parked=False) == []


async def settled(bench: Bench) -> None:
    """Wait until the outbox is empty, where there is one."""
    if isinstance(bench, EmbeddedBench):
        return
    async with asyncio.timeout(30):
        while True:
            with MongoClient(bench.addresses.mongodb_url) as client:
                if not client[bench.addresses.database]["engine.outbox"].count_documents({}):
                    return
            await asyncio.sleep(0.1)


def bodies(bench: Bench, runner: Runner) -> list[bytes | None]:
    if isinstance(bench, EmbeddedBench):
        connection = runner.engine._connection  # type: ignore[attr-defined]
        return [body for (body,) in connection.execute("SELECT body FROM messages")]
    with MongoClient(bench.addresses.mongodb_url) as client:
        return [entry.get("body") for entry in client[bench.addresses.database]["engine.inbox"].find()]
