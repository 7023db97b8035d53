"""Each attempt is a span of its own, and only what is committed is recorded, once."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest
from tests.tracing.collector import Kept, Received

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.faults import ConflictError, PermanentError, TransientError
from tis_esr.engine.message_traces import about
from tis_esr.engine.runner import Handler, Runner
from tis_esr.engine.work import Work
from tis_esr.tracing import spans
from tis_esr.tracing.exporting import exporting
from tis_esr.tracing.spans import Kind

NAME = "DE_EOE_RMC_20261124_00000101.DAT"
QUEUE = "esr.queue.a"
Run = Callable[[Work, Sequence[Message]], Awaitable[None]]


@dataclass
class Desk:
    """One queue; ``run`` handles its messages, and raises the faults first."""

    engine: EmbeddedEngine
    run: Run | None = None
    faults: list[Exception] = field(default_factory=list)

    async def handle(self, work: Work, messages: Sequence[Message]) -> None:
        if self.run is not None:
            await self.run(work, messages)
        if self.faults:
            raise self.faults.pop(0)

    async def send(self, *rows: int) -> list[Received]:
        """Send rows and handle them; return the spans."""
        kept = Kept()
        handlers = [Handler(QUEUE, "a", self.handle), Handler("esr.queue.b", "b", self.handle)]
        runner = Runner(self.engine, handlers, today=lambda: date(2026, 11, 24), patience=10)
        async with exporting(share=1, system="sqlite", instance="here", sender=kept):
            work = runner.work()
            for row in rows:
                work.emit("a", {}, cause=row_of(row), begins=("read row", {}))
            await work.commit()
            await runner.drain([QUEUE])
        return kept.spans


def row_of(row: int, file: str = NAME) -> Message:
    return Message(
        id=derived_id(file, row), queue="", correlation_id=f"{file}:{row}", source_file=file, deanery="EOE",
        row=row, body=b"",
    )  # fmt: skip


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    engine = EmbeddedEngine(tmp_path / "state", [])
    yield Desk(engine)
    engine.close()


def called(found: Sequence[Received], name: str) -> list[Received]:
    return [span for span in found if span.name == name]


def missing_parents(found: Sequence[Received]) -> list[str]:
    ids = {(span.trace, span.id) for span in found}
    return [span.name for span in found if span.parent and (span.trace, span.parent) not in ids]


def twice(found: Sequence[Received]) -> list[str]:
    seen = [(span.trace, span.id) for span in found]
    return [span.name for span in found if seen.count((span.trace, span.id)) > 1]


async def calls(work: Work, messages: Sequence[Message]) -> None:
    """Do what handlers do: something about each message, and a message that it causes."""
    for message in messages:
        with about(message), spans.child("call", Kind.CLIENT, {}):
            work.emit("b", {}, cause=message)


@pytest.mark.parametrize("rows", [(1,), (1, 2, 3, 4)])
@pytest.mark.parametrize(
    "faults",
    [
        [ConflictError("people")],
        [TransientError("TCS is away")],
        [ConflictError("people"), TransientError("TCS is away"), ConflictError("people")],
        [PermanentError("bad"), PermanentError("bad")],
        [ConflictError("people"), PermanentError("bad"), TransientError("TCS is away")],
    ],
)
async def test_no_span_has_the_id_of_another_and_none_hangs_below_a_missing_one(
    desk: Desk, rows: Sequence[int], faults: list[Exception]
) -> None:
    desk.run, desk.faults = calls, faults
    found = await desk.send(*rows)
    assert twice(found) == []
    assert missing_parents(found) == []


async def test_each_attempt_in_memory_has_its_own_outcome(desk: Desk) -> None:
    desk.faults = [ConflictError("people"), TransientError("TCS is away")]
    attempts = called(await desk.send(1), f"process {QUEUE}")
    assert [span.attributes["tis_esr.outcome"] for span in attempts] == ["conflict", "released", "done"]
    assert len({span.id for span in attempts}) == 3


async def test_a_batch_that_is_halved_was_an_attempt_for_each_of_its_messages(desk: Desk) -> None:
    desk.faults = [PermanentError("bad")]
    attempts = called(await desk.send(1, 2), f"process {QUEUE}")
    assert sorted(str(span.attributes["tis_esr.outcome"]) for span in attempts) == [
        "done", "done", "retried", "retried",
    ]  # fmt: skip


async def test_what_was_emitted_by_an_attempt_that_failed_is_not_recorded(desk: Desk) -> None:
    desk.run, desk.faults = calls, [ConflictError("people")]
    found = await desk.send(1)
    assert len(called(found, "create esr.queue.b")) == 1
    [created], [done] = (
        called(found, "create esr.queue.b"),
        [span for span in called(found, f"process {QUEUE}") if span.attributes["tis_esr.outcome"] == "done"],
    )
    assert created.parent == done.id


async def test_the_beginning_of_a_trace_is_recorded_once_it_is_committed(desk: Desk) -> None:
    kept = Kept()
    runner = Runner(desk.engine, [Handler(QUEUE, "a", desk.handle)], today=lambda: date(2026, 11, 24))
    async with exporting(share=1, system="sqlite", instance="here", sender=kept):
        for _ in range(2):
            work = runner.work()
            work.emit("a", {}, cause=row_of(1), begins=("read row", {}))
        await work.commit()
    assert sorted(span.name for span in kept.spans) == [f"create {QUEUE}", "read row"]


async def test_a_file_that_is_announced_twice_has_two_first_spans(desk: Desk) -> None:
    kept = Kept()
    runner = Runner(desk.engine, [Handler(QUEUE, "a", desk.handle)], today=lambda: date(2026, 11, 24))
    async with exporting(share=1, system="sqlite", instance="here", sender=kept):
        for key in ("one", "two"):
            work = runner.work()
            work.emit("a", {}, cause=row_of(0), key=key, begins=("announce file", {}))
            await work.commit()
    first, second = called(kept.spans, "announce file")
    assert first.trace == second.trace
    assert first.id != second.id
    assert missing_parents(kept.spans) == []


async def test_a_message_that_is_handled_alone_says_how_many_calls_are_left_out(desk: Desk) -> None:
    async def thirteen(work: Work, messages: Sequence[Message]) -> None:
        for _ in range(13):
            with spans.child("call", Kind.CLIENT, {}):
                pass

    desk.run = thirteen
    found = await desk.send(1)
    [handled] = called(found, f"process {QUEUE}")
    below = [span for span in found if span.parent == handled.id]
    assert len(below) == 10
    assert handled.attributes["tis_esr.spans_left_out"] == 4, "three calls, and the commit"


async def test_what_is_done_about_one_message_of_a_batch_is_below_its_attempt(desk: Desk) -> None:
    async def many(work: Work, messages: Sequence[Message]) -> None:
        for message in messages:
            for _ in range(12 if message.row == 2 else 1):
                with about(message), spans.child("call", Kind.CLIENT, {}):
                    pass

    desk.run = many
    handled = {span.attributes["messaging.message.conversation_id"]: span
               for span in called(await desk.send(1, 2), f"process {QUEUE}")}  # fmt: skip
    assert "tis_esr.spans_left_out" not in handled[f"{NAME}:1"].attributes
    assert handled[f"{NAME}:2"].attributes["tis_esr.spans_left_out"] == 2


async def test_a_copy_that_is_sent_instead_of_a_message_is_created_in_its_trace(desk: Desk) -> None:
    kept = Kept()
    runner = Runner(desk.engine, [Handler(QUEUE, "a", desk.handle)], today=lambda: date(2026, 11, 24))
    async with exporting(share=1, system="sqlite", instance="here", sender=kept):
        work = runner.work()
        work.emit("a", {}, cause=row_of(1), begins=("read row", {}))
        copied = Message(
            id="copy",
            queue=QUEUE,
            correlation_id=f"{NAME}:1",
            source_file=NAME,
            deanery="EOE",
            row=1,
            body=b"{}",
        )
        work.send(copied)
        await work.commit()
    assert len(called(kept.spans, f"create {QUEUE}")) == 2
    assert missing_parents(kept.spans) == []


async def test_a_clock_that_is_set_back_makes_no_negative_duration(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def set_back(work: Work, messages: Sequence[Message]) -> None:
        monkeypatch.setattr(spans.time, "time_ns", lambda: 1_000)
        with spans.child("call", Kind.CLIENT, {}):
            work.emit("b", {}, cause=messages[0])

    desk.run = set_back
    found = await desk.send(1)
    assert len(found) > 5
    assert [span.name for span in found if span.ended < span.begun] == []
