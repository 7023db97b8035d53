"""A collector that is away, refuses or hangs costs spans, never work: nothing waits for it, and what is lost is logged."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from tests.journeys.test_privacy import everything_logged
from tests.tracing.collector import REASON, Collector, How, collector

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.envelope import Message
from tis_esr.engine.runner import Handler, Runner
from tis_esr.engine.work import Work
from tis_esr.tracing import otlp, spans
from tis_esr.tracing.collector_client import Reply
from tis_esr.tracing.exporting import exporting
from tis_esr.tracing.spans import Kind, Span

MESSAGES = 300
SPANS = 4 * MESSAGES
"""Each message is created, received and processed, and its handling committed."""


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send spans at once, and give a collector half a second at the end."""
    monkeypatch.setattr(otlp, "DELAY_SECONDS", 0.02)
    monkeypatch.setattr(otlp, "CLOSE_SECONDS", 0.5)


@contextmanager
def endpoint(how: How | str) -> Iterator[str]:
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


def record(number: int) -> None:
    recorder = spans.recorder()
    assert recorder is not None
    for _ in range(number):
        recorder.record(Span("a", Kind.INTERNAL, spans.new(), None, 1, 2, {}))


async def logged(there: Collector, number: int) -> list[tuple[str, int, str]]:
    """Record spans for a collector; return what is logged: the event, how many were lost, and why."""
    with everything_logged() as text:
        async with exporting(share=1, system="sqlite", instance="here", endpoint=there.url):
            record(number)
    return [(line["event"], line["lost"], line.get("reason", "")) for line in lines(text.getvalue())]


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("how", ["accepts", "refuses", "hangs", "is busy", "absent"])
async def test_work_goes_on_and_ends_whatever_the_collector_does(how: str, tmp_path: Path) -> None:
    with everything_logged() as text, endpoint(how) as url:
        async with exporting(share=1, system="sqlite", instance="here", endpoint=url):
            began = time.monotonic()
            assert await handle(tmp_path) == MESSAGES
            ended = time.monotonic()
        closed = time.monotonic()
    assert ended - began < 20
    assert closed - ended < 5
    lost = [line["lost"] for line in lines(text.getvalue()) if line["event"] == "traces_not_exported"]
    assert sum(lost) == (0 if how == "accepts" else SPANS)


async def test_what_a_process_recorded_reaches_the_collector_when_it_ends(tmp_path: Path) -> None:
    with collector() as there:
        async with exporting(share=1, system="sqlite", instance="here", endpoint=there.url):
            await handle(tmp_path)
        assert len([span for span in there.spans if span.name == "process esr.queue.a"]) == MESSAGES
        assert there.types == {"/v1/traces application/json"}


async def test_the_reason_of_a_collector_that_refuses_is_logged() -> None:
    with collector("refuses") as there:
        assert await logged(there, 10) == [("traces_not_exported", 10, f"HTTP 403 Forbidden: {REASON}")]


async def test_what_a_collector_rejects_of_a_request_is_lost_and_its_reason_logged() -> None:
    with collector("takes a part") as there:
        assert await logged(there, 10) == [("traces_not_exported", 3, REASON)]


async def test_what_a_collector_rejects_without_a_reason_is_logged_when_it_happens() -> None:
    with collector("takes a part in silence") as there:
        assert await logged(there, 10) == [("traces_not_exported", 3, "rejected without a reason")]


async def test_spans_that_a_busy_collector_did_not_take_are_sent_again() -> None:
    with collector("is busy") as there, everything_logged() as text:
        async with exporting(share=1, system="sqlite", instance="here", endpoint=there.url):
            record(10)
            await asyncio.to_thread(there.asked.wait, 10)
            there.how = "accepts"
        assert len(there.spans) == 10
    [line] = lines(text.getvalue())
    assert (line["lost"], line["reason"]) == (0, "HTTP 503 Service Unavailable")


class Stuck:
    """A connection that hangs until it is let go, then takes everything."""

    def __init__(self) -> None:
        self.hangs, self.let_go = threading.Event(), threading.Event()
        self.taken = 0

    def send(self, body: bytes, number: int) -> Reply:
        self.hangs.set()
        self.let_go.wait(30)
        self.taken += number
        return Reply()


async def test_the_queue_is_bounded_and_what_does_not_fit_is_counted() -> None:
    """8,192 spans wait; of 10,000 after the one that is being sent, 1,808 are lost."""
    stuck = Stuck()
    with everything_logged() as text:
        async with exporting(share=1, system="sqlite", instance="here", sender=stuck):
            record(1)
            await asyncio.to_thread(stuck.hangs.wait, 10)
            record(10_000)
            stuck.let_go.set()
    assert stuck.taken == 1 + 8192
    assert [line["lost"] for line in lines(text.getvalue())] == [1, 1807]


async def test_spans_that_are_being_sent_when_a_process_ends_count_as_lost() -> None:
    stuck = Stuck()
    with everything_logged() as text:
        async with exporting(share=1, system="sqlite", instance="here", sender=stuck):
            record(10)
            await asyncio.to_thread(stuck.hangs.wait, 10)
            record(5)
    stuck.let_go.set()
    [line] = lines(text.getvalue())
    assert (line["event"], line["lost"], line["closing"]) == ("traces_not_exported", 15, True)


async def test_other_tasks_go_on_while_a_process_waits_for_its_collector() -> None:
    stuck, turns = Stuck(), 0

    async def turning() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    async with exporting(share=1, system="sqlite", instance="here", sender=stuck):
        record(1)
        await asyncio.to_thread(stuck.hangs.wait, 10)
        task, before = asyncio.create_task(turning()), turns
    task.cancel()
    stuck.let_go.set()
    assert turns - before > 10


async def test_a_span_that_cannot_be_encoded_is_lost_and_the_next_ones_are_sent() -> None:
    with collector() as there, everything_logged() as text:
        async with exporting(share=1, system="sqlite", instance="here", endpoint=there.url):
            recorder = spans.recorder()
            assert recorder is not None
            recorder.record(Span("\ud800", Kind.INTERNAL, spans.new(), None, 1, 2, {}))
        async with exporting(share=1, system="sqlite", instance="here", endpoint=there.url):
            record(1)
        assert len(there.spans) == 1
    [line] = lines(text.getvalue())
    assert line["lost"] == 1


async def test_a_share_of_nothing_records_no_row() -> None:
    async with exporting(share=0, system="sqlite", instance="here", sender=Stuck()):
        recorder = spans.recorder()
        assert recorder is not None
        assert not recorder.samples(1 << 127)
        assert not recorder.samples(0)
