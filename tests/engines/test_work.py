"""What a unit of work promises, on every engine."""

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pytest
from tests.engines.benches import NOTES, EmbeddedBench, Note, ProductionBench

from tis_esr.engine import monotonic_clock
from tis_esr.engine.collection import Between
from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.faults import (
    ConflictError,
    RetryLimitedError,
    StateInUseError,
    TransientError,
    UnroutableError,
    UnusableStateError,
)
from tis_esr.engine.protocol import Engine
from tis_esr.engine.row_accounting import RowState
from tis_esr.engine.runner import Handler, PatienceExhaustedError, Runner
from tis_esr.engine.work import Work

Bench = EmbeddedBench | ProductionBench


def message(key: str, row: int = 2, last_row: int = 0) -> Message:
    return Message(
        id=derived_id("file", key),
        queue="esr.queue.a",
        correlation_id=f"f:{row}",
        source_file="f",
        deanery="EOE",
        row=row,
        last_row=last_row,
        body=b"",
    )


async def send(running: Runner, *keys: str, to: str = "a") -> None:
    work = running.work()
    for row, key in enumerate(keys, 2):
        work.emit(to, {"key": key}, cause=message(key, row))
    await work.commit()


async def claimed(engine: Engine, number: int = 1, queue: str = "esr.queue.a") -> list[Message]:
    """Claim until ``number`` messages are here: delivery and leases of the dead take their time."""
    found: list[Message] = []
    async with asyncio.timeout(10):
        while len(found) < number:
            found += await engine.claim(queue, number)
            if len(found) < number:
                await engine.wait(queue, 0.1)
    return found


class Seen:
    """A handler that keeps what it was given and may fail."""

    def __init__(self, *faults: tuple[str, Exception]) -> None:
        self.keys: list[str] = []
        self.batches: list[int] = []
        self.faults = dict(faults)

    async def __call__(self, work: Work, messages: Sequence[Message]) -> None:
        self.batches.append(len(messages))
        keys = [m.decode(dict[str, str])["key"] for m in messages]
        for key in keys:
            if key in self.faults:
                raise self.faults[key]
        self.keys += keys
        await work.get(NOTES, keys)
        for key in keys:
            work.put(NOTES, Note(name=key))


async def test_the_embedded_clock_does_not_step_when_the_wall_clock_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall, elapsed = [1_800_000_000.0], [500.0]
    monkeypatch.setattr(time, "time", lambda: wall[0])
    monkeypatch.setattr(monotonic_clock, "elapsed", lambda: elapsed[0])
    engine = EmbeddedEngine(tmp_path / "state.sqlite", [NOTES])
    assert engine.time() == 1_800_000_000.0
    wall[0] += 61.0
    assert engine.time() == 1_800_000_000.0
    wall[0] -= 3_661.0
    elapsed[0] += 12.5
    assert engine.time() == 1_800_000_012.5
    engine.close()


async def test_documents_messages_and_the_acknowledgement_take_effect_together(bench: Bench) -> None:
    async def fail_after_writing(work: Work, messages: Sequence[Message]) -> None:
        work.put(NOTES, Note(name="written"))
        work.emit("a", {"key": "sent"}, cause=messages[0])
        raise ValueError("boom")

    running = await bench.open(Handler("esr.queue.a", "a", fail_after_writing))
    await send(running, "one")
    await running.drain(["esr.queue.a"])
    assert await running.work().get(NOTES, ["written"]) == {}
    assert await running.engine.next_ready(["esr.queue.a"]) is None


async def test_the_same_message_sent_twice_is_handled_once(bench: Bench) -> None:
    seen = Seen()
    running = await bench.open(Handler("esr.queue.a", "a", seen))
    await send(running, "one")
    await running.drain(["esr.queue.a"])
    await send(running, "one")
    await running.drain(["esr.queue.a"])
    assert seen.keys == ["one"]


async def test_two_queues_bound_to_one_key_both_get_the_message(bench: Bench) -> None:
    first, second = Seen(), Seen()
    running = await bench.open(Handler("esr.queue.a.x", "a", first), Handler("esr.queue.a.y", "a", second))
    await send(running, "one")
    await running.drain(["esr.queue.a.x", "esr.queue.a.y"])
    assert (set(first.keys), set(second.keys)) == ({"one"}, {"one"})


async def test_a_message_that_nobody_reads_can_not_be_sent(bench: Bench) -> None:
    with pytest.raises(UnroutableError, match=r"nobody\.reads"):
        (await bench.open()).work().emit("nobody.reads", {}, cause=message("one"))


async def test_a_faulty_message_is_parked_alone_and_its_neighbours_are_handled(bench: Bench) -> None:
    seen = Seen(("three", KeyError("a name that must not show")))
    running = await bench.open(Handler("esr.queue.a", "a", seen))
    work = running.work()
    work.account("f", 4, "POR", RowState.PENDING)
    await work.commit()
    await send(running, "one", "two", "three", "four", "five")
    await running.drain(["esr.queue.a"])
    assert sorted(seen.keys) == ["five", "four", "one", "two"]
    reader = bench.reader()
    [parked] = reader.parked()
    assert parked.row == 4
    assert parked.reason.startswith("KeyError at __call__:")
    assert "a name that must not show" not in parked.reason
    assert reader.row_counts() == {"f": {RowState.PARKED: 1}}
    reader.close()


async def test_parking_an_assignment_parks_its_pending_rows_only(bench: Bench) -> None:
    work = (await bench.open()).work()
    for row, known in (
        (5, RowState.PENDING),
        (6, RowState.IGNORED),
        (7, RowState.PENDING),
        (8, RowState.PENDING),
    ):
        work.account("f", row, "ASG", known)
    work.park(message("one", row=5, last_row=7), "no")
    await work.commit()
    reader = bench.reader()
    assert reader.row_counts() == {"f": {RowState.PARKED: 2, RowState.IGNORED: 1, RowState.PENDING: 1}}
    reader.close()


async def test_trouble_parks_nothing_and_the_batch_is_taken_up_again(bench: Bench) -> None:
    seen = Seen()
    answers = [TransientError("TCS is down"), TransientError("TCS is down")]

    async def sometimes(work: Work, messages: Sequence[Message]) -> None:
        if answers:
            raise answers.pop()
        await seen(work, messages)

    running = await bench.open(Handler("esr.queue.a", "a", sometimes))
    await send(running, "one", "two")
    await running.drain(["esr.queue.a"])
    assert seen.keys == ["one", "two"]
    reader = bench.reader()
    assert reader.parked() == []
    reader.close()


async def test_trouble_that_lasts_stops_the_drain_and_says_so(bench: Bench) -> None:
    seen = Seen(("one", TransientError("TCS is down")))
    running = await bench.open(Handler("esr.queue.a", "a", seen), patience=0.01)
    await send(running, "one")
    with pytest.raises(ExceptionGroup) as caught:
        await running.drain(["esr.queue.a"])
    assert isinstance(caught.value.exceptions[0], PatienceExhaustedError)
    assert await running.engine.next_ready(["esr.queue.a"]) == pytest.approx(0, abs=0.1)


async def test_a_suspect_message_is_tried_five_times_alone_and_then_parked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def at_once(messages: Sequence[Message], delay: float) -> None:
        await release(messages, 0)

    seen = Seen(("one", RetryLimitedError("TCS answers 500")))
    running = await bench.open(Handler("esr.queue.a", "a", seen))
    release = running.engine.release
    monkeypatch.setattr(running.engine, "release", at_once)
    await send(running, "one")
    await running.drain(["esr.queue.a"])
    assert len(seen.batches) == 5
    reader = bench.reader()
    assert [parked.reason for parked in reader.parked()] == ["TCS answers 500"]
    reader.close()


async def test_a_document_changed_meanwhile_makes_the_commit_fail(bench: Bench) -> None:
    running = await bench.open()
    first = running.work()
    first.put(NOTES, Note(name="n", number=1))
    await first.commit()
    early, late = running.work(), running.work()
    await early.get(NOTES, ["n"])
    await late.get(NOTES, ["n"])
    early.put(NOTES, Note(name="n", number=2))
    await early.commit()
    late.put(NOTES, Note(name="n", number=3))
    with pytest.raises(ConflictError):
        await late.commit()
    assert (await running.work().get(NOTES, ["n"]))["n"].number == 2


async def test_what_was_intended_is_kept_when_the_rest_fails(bench: Bench) -> None:
    running = await bench.open()
    work = running.work()
    work.put(NOTES, Note(name="n", number=1))
    await work.save_intent()
    work.put(NOTES, Note(name="n", number=2))
    assert (await running.work().get(NOTES, ["n"]))["n"].number == 1
    await work.commit()
    assert (await running.work().get(NOTES, ["n"]))["n"].number == 2


async def test_a_search_takes_values_lists_and_half_open_ranges(bench: Bench) -> None:
    work = (await bench.open()).work()
    for name, number, day in (("a", 1, 1), ("b", 2, 2), ("c", 2, 3)):
        work.put(NOTES, Note(name=name, number=number, day=date(2026, 1, day)))
    await work.commit()
    search = (await bench.open()).work()
    assert [n.name for n in await search.find(NOTES, {"number": 2})] == ["b", "c"]
    assert [n.name for n in await search.find(NOTES, {"number": [1, 2]}, order_by=("day",), limit=2)] == [
        "a",
        "b",
    ]
    between = Between(date(2026, 1, 1), date(2026, 1, 3))
    assert [n.name for n in await search.find(NOTES, {"day": between})] == ["a", "b"]


async def test_attempts_are_counted_before_the_work_so_a_crash_shows(bench: Bench) -> None:
    handler = Handler("esr.queue.a", "a", Seen())
    running = await bench.open(handler)
    await send(running, "one")
    assert [m.attempts for m in await claimed(running.engine)] == [1]
    assert await running.engine.claim("esr.queue.a", 10) == []
    await bench.crash()
    again = await bench.open(handler)
    assert [m.attempts for m in await claimed(again.engine)] == [2]


async def test_a_message_whose_handler_died_is_handled_by_the_next_process(bench: Bench) -> None:
    seen = Seen()
    handler = Handler("esr.queue.a", "a", seen)
    running = await bench.open(handler)
    await send(running, "one", "two", "three")
    assert len(await claimed(running.engine, 3)) == 3
    await bench.crash()
    await (await bench.open(handler)).drain(["esr.queue.a"])
    assert sorted(seen.keys) == ["one", "three", "two"]


async def test_a_replayed_message_is_handled_again_and_its_row_is_open_until_then(bench: Bench) -> None:
    seen = Seen(("one", KeyError("boom")))
    running = await bench.open(Handler("esr.queue.a", "a", seen))
    work = running.work()
    work.account("f", 2, "POR", RowState.PENDING)
    await work.commit()
    await send(running, "one")
    await running.drain(["esr.queue.a"])
    reader = bench.reader()
    [parked] = reader.parked()
    seen.faults.clear()
    assert await running.engine.replay([(parked.queue, parked.id)]) == 1
    assert (reader.parked(), reader.row_counts()) == ([], {"f": {RowState.PENDING: 1}})
    await running.drain(["esr.queue.a"])
    assert seen.keys == ["one"]
    assert await running.engine.replay([(parked.queue, parked.id)]) == 0
    reader.close()


async def test_a_discarded_message_is_not_handled_and_its_row_says_who_wanted_it_so(bench: Bench) -> None:
    seen = Seen(("one", KeyError("boom")))
    running = await bench.open(Handler("esr.queue.a", "a", seen))
    work = running.work()
    work.account("f", 2, "POR", RowState.PENDING)
    await work.commit()
    await send(running, "one")
    await running.drain(["esr.queue.a"])
    reader = bench.reader()
    [parked] = reader.parked()
    assert await running.engine.discard([(parked.queue, parked.id)], "asked ESR for a new row") == 1
    assert reader.parked() == []
    [row] = reader.rows([("f", 2)])
    assert (row.state, row.reason) == (RowState.IGNORED, "discarded: asked ESR for a new row")
    assert await running.engine.next_ready(["esr.queue.a"]) is None
    reader.close()


async def test_waiting_ends_as_soon_as_there_is_something_to_claim(bench: Bench) -> None:
    running = await bench.open(Handler("esr.queue.a", "a", Seen()))
    waiting = asyncio.create_task(running.engine.wait("esr.queue.a", 30))
    await asyncio.sleep(0)
    await send(running, "one")
    async with asyncio.timeout(10):
        await waiting
    assert len(await claimed(running.engine)) == 1


async def test_a_state_file_is_held_by_one_process_at_a_time(tmp_path: Path) -> None:
    bench = EmbeddedBench(tmp_path / "state.sqlite")
    await bench.open()
    with pytest.raises(StateInUseError, match="in use by another"):
        EmbeddedEngine(bench.path, [NOTES])
    await bench.clear()


def test_a_file_that_is_no_state_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear trust, this is no database, and long enough to be looked at as one. " * 20)
    with pytest.raises(UnusableStateError, match=r"letter\.txt"):
        EmbeddedEngine(path, [NOTES])


async def test_what_was_read_is_not_written_over_a_newer_version_that_was_read_later(bench: Bench) -> None:
    running = await bench.open()
    work, other = running.work(), running.work()
    other.put(NOTES, Note(name="n", number=1))
    await other.commit()
    before = (await work.get(NOTES, ["n"]))["n"]
    other.put(NOTES, Note(name="n", number=2))
    await other.commit()
    assert [note.number for note in await work.find(NOTES, {"number": [1, 2]})] == [2]
    work.put(NOTES, before)
    with pytest.raises(ConflictError):
        await work.commit()
    assert (await running.work().get(NOTES, ["n"]))["n"].number == 2


@pytest.mark.parametrize(
    ("version", "remedy"), [(2, "run tis-esr install --state"), (7, "a newer tis-esr has written it")]
)
def test_a_state_file_of_another_schema_version_is_refused_with_what_to_do(
    version: int, remedy: str, tmp_path: Path
) -> None:
    path = tmp_path / "state.sqlite"
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    with pytest.raises(UnusableStateError, match=remedy):
        EmbeddedEngine(path, [NOTES])
