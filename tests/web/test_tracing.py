"""A row is one trace through all its hops, whatever process handles them, and a span holds ids only."""

import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.faults import PermanentError, TransientError
from tis_esr.engine.runner import Handler, Runner
from tis_esr.engine.work import Work
from tis_esr.web.tracing import NoTracesError, Tracing

QUEUES = ["esr.queue.a", "esr.queue.b", "esr.queue.c"]
BODY = {"lastName": "Specimenandun", "dob": "1990-01-15"}


class Desk:
    """Three hops, each in a process of its own as far as tracing knows."""

    def __init__(self, place: Path) -> None:
        self.exporters = {queue: InMemorySpanExporter() for queue in QUEUES}
        self.tracings = {queue: Tracing(exporter) for queue, exporter in self.exporters.items()}
        self.engine = EmbeddedEngine(place / "state", [])
        self.faults: list[Exception] = []
        steps = [self.on_to("b"), self.on_to("c"), self.end]
        found = [Handler(queue, queue[-1], step) for queue, step in zip(QUEUES, steps, strict=True)]
        self.runner = Runner(
            self.engine, found, today=lambda: date(2026, 11, 24), observe=self.observe, patience=10
        )

    def observe(self, queue: str, outcome: str, messages: Sequence[Message], seconds: float) -> None:
        self.tracings[queue].observe(queue, outcome, messages, seconds)

    def on_to(self, key: str) -> Callable[[Work, Sequence[Message]], Awaitable[None]]:
        async def step(work: Work, messages: Sequence[Message]) -> None:
            for message in messages:
                work.emit(key, message.decode(dict[str, str]), cause=message)

        return step

    async def end(self, work: Work, messages: Sequence[Message]) -> None:
        if self.faults:
            raise self.faults.pop(0)

    async def send(self, *rows: int) -> None:
        work = self.runner.work()
        for row in rows:
            cause = Message(
                id=derived_id("f", row),
                queue="",
                correlation_id=f"f:{row}",
                source_file="f",
                deanery="EOE",
                row=row,
                body=b"",
            )
            work.emit("a", BODY, cause=cause)
        await work.commit()
        for queue in QUEUES:
            await self.runner.drain([queue])

    def spans(self) -> list[ReadableSpan]:
        for tracing in self.tracings.values():
            tracing.close()
        return [span for exporter in self.exporters.values() for span in exporter.get_finished_spans()]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.engine.close()


def of_row(spans: Sequence[ReadableSpan], row: int) -> list[ReadableSpan]:
    return [s for s in spans if (s.attributes or {})["messaging.message.conversation_id"] == f"f:{row}"]


async def test_the_hops_of_a_row_are_one_trace_and_other_rows_are_others(desk: Desk) -> None:
    await desk.send(2, 3)
    spans = desk.spans()
    traces = []
    for row in (2, 3):
        own = of_row(spans, row)
        assert [span.name for span in own] == [f"process {queue}" for queue in QUEUES]
        [trace] = {span.context.trace_id for span in own}
        traces.append(trace)
    assert traces[0] != traces[1]
    assert len(spans) == 6
    assert len({span.context.span_id for span in spans}) == 6


async def test_a_span_says_what_was_done_by_ids_and_counts(desk: Desk) -> None:
    await desk.send(2, 3)
    span = of_row(desk.spans(), 3)[0]
    assert span.kind.name == "CONSUMER"
    assert span.start_time is not None
    assert span.end_time is not None
    assert span.start_time < span.end_time
    assert span.resource.attributes["service.name"] == "tis-esr"
    assert dict(span.attributes or {}) == {
        "messaging.destination.name": "esr.queue.a",
        "messaging.message.id": derived_id(derived_id("f", 3), "esr.queue.a", ""),
        "messaging.message.conversation_id": "f:3",
        "messaging.batch.message_count": 2,
        "tis_esr.outcome": "done",
        "tis_esr.attempt": 1,
    }


async def test_every_attempt_is_a_span_with_its_outcome(desk: Desk) -> None:
    desk.faults = [TransientError("TCS is away"), PermanentError("the row is bad")]
    await desk.send(2)
    own = [span.attributes or {} for span in of_row(desk.spans(), 2) if span.name.endswith(".c")]
    assert [(each["tis_esr.outcome"], each["tis_esr.attempt"]) for each in own] == [
        ("released", 1),
        ("parked", 2),
    ]


async def test_no_span_holds_a_word_of_a_message_or_a_reason(desk: Desk) -> None:
    desk.faults = [PermanentError("Specimenandun is bad")]
    await desk.send(2)
    said = "".join(span.to_json() for span in desk.spans())
    assert "parked" in said
    assert [word for word in ("Specimenandun", "lastName", "1990-01-15", "dob") if word in said] == []


def test_traces_without_their_extra_are_said_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(
        NoTracesError, match=r"TIS_ESR_TRACES needs the extra: pip install 'tis-esr\[traces\]'"
    ):
        Tracing()
