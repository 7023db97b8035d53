"""A collector that is away, refuses or hangs costs spans, never work: nothing waits for it, and what is lost is logged."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from tests.journeys.test_privacy import everything_logged
from tests.tracing.collector import collector

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.envelope import Message
from tis_esr.engine.runner import Handler, Runner
from tis_esr.engine.work import Work
from tis_esr.tracing import otel, spans
from tis_esr.tracing.exporting import exporting
from tis_esr.tracing.spans import Kind, Span

MESSAGES = 300


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send spans at once, and give a collector half a second at the end."""
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "20")
    monkeypatch.setattr(otel, "CLOSE_SECONDS", 0.5)


@contextmanager
def endpoint(how: str) -> Iterator[str]:
    if how == "absent":
        with collector() as gone:
            pass
        yield gone.url
    else:
        with collector(how) as there:  # type: ignore[arg-type]
            yield there.url


async def handle(place: Path) -> int:
    """Handle messages, one by one; return how many were done."""

    async def nothing(work: Work, messages: Sequence[Message]) -> None: ...

    engine = EmbeddedEngine(place / "state", [])
    runner = Runner(engine, [Handler("esr.queue.a", "a", nothing, batch=1)], today=lambda: date(2026, 11, 24))
    work = runner.work()
    for row in range(MESSAGES):
        cause = Message(
            id=f"{row}", queue="", correlation_id=f"f:{row}", source_file="f", deanery="", row=row, body=b""
        )
        work.emit("a", {}, cause=cause)
    await work.commit()
    await runner.drain(["esr.queue.a"])
    engine.close()
    return runner.handled


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("how", ["accepts", "refuses", "hangs", "absent"])
async def test_work_goes_on_and_ends_whatever_the_collector_does(how: str, tmp_path: Path) -> None:
    with everything_logged() as text, endpoint(how) as url:
        with exporting(share=1, system="sqlite", instance="here", endpoint=url):
            began = time.monotonic()
            assert await handle(tmp_path) == MESSAGES
            ended = time.monotonic()
        closed = time.monotonic()
    assert ended - began < 20
    assert closed - ended < 5
    lost = [line for line in lines(text.getvalue()) if line["event"] == "traces_not_exported"]
    assert bool(lost) == (how != "accepts")
    assert all(isinstance(line["lost"], int) and line["lost"] > 0 for line in lost)


async def test_what_a_process_recorded_reaches_the_collector_when_it_ends(tmp_path: Path) -> None:
    with collector() as there:
        with exporting(share=1, system="sqlite", instance="here", endpoint=there.url):
            await handle(tmp_path)
        assert len([span for span in there.spans if span.name == "process esr.queue.a"]) == MESSAGES
        assert there.types == {"/v1/traces application/x-protobuf"}


class Stuck(SpanExporter):
    """Hangs until it is let go, then accepts everything."""

    def __init__(self) -> None:
        self.hangs, self.let_go, self.goes_on = threading.Event(), threading.Event(), threading.Event()
        self.accepted = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self.accepted:
            self.goes_on.set()
        self.hangs.set()
        self.let_go.wait(30)
        self.accepted += len(spans)
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None: ...


def record(number: int) -> None:
    recorder = spans.recorder()
    assert recorder is not None
    for _ in range(number):
        recorder.record(Span("a", Kind.INTERNAL, spans.new(), None, 1, 2, {}))


def test_the_queue_is_bounded_and_what_does_not_fit_is_counted() -> None:
    """8,192 spans wait; of 10,000 after those that the exporter hangs with, 1,808 are lost."""
    stuck = Stuck()
    with everything_logged() as text, exporting(share=1, system="sqlite", instance="here", exporter=stuck):
        record(1)
        assert stuck.hangs.wait(10)
        record(10_000)
        stuck.let_go.set()
        assert stuck.goes_on.wait(10)
    events = {line["event"]: line for line in lines(text.getvalue())}
    assert events["traces_exported_again"]["lost"] == 1808
    assert stuck.accepted >= 1 + 8192


def test_a_share_of_nothing_records_no_row() -> None:
    with exporting(share=0, system="sqlite", instance="here", exporter=Stuck()):
        recorder = spans.recorder()
        assert recorder is not None
        assert not recorder.samples(1 << 127)
        assert not recorder.samples(0)
