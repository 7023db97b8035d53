"""A row is one trace through all its hops, a batch another that is linked with it, and a span holds ids only."""

import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

import pytest
import structlog
from tests.journeys.test_privacy import everything_logged
from tests.tracing.collector import Kept, Received

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.faults import PermanentError, TransientError
from tis_esr.engine.file_traces import file_span
from tis_esr.engine.message_traces import shown, traceparent
from tis_esr.engine.runner import Handler, Runner
from tis_esr.engine.work import Work
from tis_esr.tracing.exporting import exporting
from tis_esr.tracing.spans import muted

NAME = "DE_EOE_RMC_20261124_00000101.DAT"
QUEUES = ["esr.queue.a", "esr.queue.b", "esr.queue.c"]
BODY = {"lastName": "Specimenandun", "dob": "1990-01-15"}
log = structlog.get_logger()


class Desk:
    """Three hops, with all rows traced unless a test says otherwise."""

    def __init__(self, place: Path) -> None:
        self.kept = Kept()
        self.engine = EmbeddedEngine(place / "state", [])
        self.faults: list[Exception] = []
        steps = [self.on_to("b"), self.on_to("c"), self.end]
        found = [Handler(queue, queue[-1], step) for queue, step in zip(QUEUES, steps, strict=True)]
        self.runner = Runner(self.engine, found, today=lambda: date(2026, 11, 24), patience=10)

    def on_to(self, key: str) -> Callable[[Work, Sequence[Message]], Awaitable[None]]:
        async def step(work: Work, messages: Sequence[Message]) -> None:
            for message in messages:
                work.emit(key, message.decode(dict[str, str]), cause=message)
            log.info("stepped", to=key)

        return step

    async def end(self, work: Work, messages: Sequence[Message]) -> None:
        if self.faults:
            raise self.faults.pop(0)

    async def send(self, *rows: int, share: float = 1.0) -> list[Received]:
        """Send rows through all hops; return the spans."""
        async with exporting(share=share, system="sqlite", instance="here", sender=self.kept):
            work = self.runner.work()
            for row in rows:
                cause = Message(
                    id=derived_id("f", row),
                    queue="",
                    correlation_id=f"{NAME}:{row}",
                    source_file=NAME,
                    deanery="EOE",
                    row=row,
                    body=b"",
                )
                work.emit("a", BODY, cause=cause, begins=("read row", {}))
            await work.commit()
            for queue in QUEUES:
                await self.runner.drain([queue])
        return list(self.kept.spans)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.engine.close()


def of_row(spans: Sequence[Received], row: int) -> list[Received]:
    return [s for s in spans if s.attributes.get("messaging.message.conversation_id") == f"{NAME}:{row}"]


def called(spans: Sequence[Received], name: str) -> list[Received]:
    return [span for span in spans if span.name == name]


def path_to(spans: Sequence[Received], last: Received) -> list[str]:
    """Return the names from a trace's first span to this one."""
    by_id = {(span.trace, span.id): span for span in spans}
    names = [last.name]
    while last.parent:
        last = by_id[last.trace, last.parent]
        names.insert(0, last.name)
    return names


def b2sum(text: str) -> str:
    done = subprocess.run(["b2sum", "-l", "128"], input=text.encode(), capture_output=True, check=True)
    return done.stdout.split()[0].decode()


async def test_the_hops_of_a_row_are_one_connected_trace_and_other_rows_are_others(desk: Desk) -> None:
    spans = await desk.send(2, 3)
    traces = []
    for row in (2, 3):
        own = of_row(spans, row)
        [trace] = {span.trace for span in own}
        [last] = called(own, "process esr.queue.c")
        assert path_to(spans, last) == [
            "read row",
            "create esr.queue.a",
            "process esr.queue.a",
            "create esr.queue.b",
            "process esr.queue.b",
            "create esr.queue.c",
            "process esr.queue.c",
        ]
        traces.append(trace)
    assert traces[0] != traces[1]
    assert len({span.id for span in spans}) == len(spans)


async def test_a_trace_id_is_the_hash_that_the_page_computes(desk: Desk) -> None:
    spans = await desk.send(2)
    page = (Path(__file__).parents[2] / "docs/how-to/trace.md").read_text()
    assert "| b2sum -l 128" in page
    traces = {span.trace for span in of_row(spans, 2)}
    assert traces == {b2sum(f"{NAME}:2")}


async def test_a_span_says_what_was_done_by_ids_and_counts(desk: Desk) -> None:
    [span] = called(of_row(await desk.send(2, 3), 3), "process esr.queue.a")
    assert span.kind == "CONSUMER"
    assert span.begun < span.ended
    assert span.resource["service.name"] == "tis-esr"
    assert span.resource["service.instance.id"] == "here"
    assert span.attributes == {
        "messaging.system": "sqlite",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "esr.queue.a",
        "messaging.message.id": derived_id(derived_id("f", 3), "esr.queue.a", ""),
        "messaging.message.conversation_id": f"{NAME}:3",
        "tis_esr.outcome": "done",
        "tis_esr.attempt": 1,
    }


async def test_a_batch_is_a_trace_of_its_own_linked_in_both_directions(desk: Desk) -> None:
    spans = await desk.send(2, 3)
    [received], [batch] = called(spans, "receive esr.queue.b"), called(spans, "process_batch esr.queue.b")
    created, handled = called(spans, "create esr.queue.b"), called(spans, "process esr.queue.b")
    assert {id_ for _, id_ in batch.links} == {span.id for span in created}
    assert batch.parent == received.id
    assert [span.links for span in handled] == [[(batch.trace, batch.id)]] * 2
    assert batch.attributes == {
        "messaging.system": "sqlite",
        "messaging.operation.name": "process_batch",
        "messaging.operation.type": "process",
        "messaging.destination.name": "esr.queue.b",
        "messaging.batch.message_count": 2,
    }
    [commit] = [s for s in called(spans, "commit") if s.parent == batch.id]
    assert commit.attributes == {
        "tis_esr.documents": 0,
        "tis_esr.rows": 0,
        "tis_esr.messages_sent": 2,
        "tis_esr.messages_done": 2,
    }


async def test_a_message_that_is_handled_alone_has_everything_in_its_own_trace(desk: Desk) -> None:
    spans = await desk.send(2)
    assert called(spans, "process_batch esr.queue.b") == []
    assert len({span.trace for span in spans}) == 1
    [commit] = [s for s in called(spans, "commit") if path_to(spans, s)[-2] == "process esr.queue.b"]
    assert path_to(spans, commit)[:1] == ["read row"]
    [received] = called(spans, "receive esr.queue.b")
    assert path_to(spans, received)[-2] == "create esr.queue.b"


async def test_every_attempt_is_a_span_with_its_outcome(desk: Desk) -> None:
    desk.faults = [TransientError("TCS is away"), PermanentError("the row is bad")]
    own = called(of_row(await desk.send(2), 2), "process esr.queue.c")
    noted = [span.attributes for span in own]
    assert [(each["tis_esr.outcome"], each["tis_esr.attempt"]) for each in noted] == [
        ("released", 1),
        ("parked", 2),
    ]
    assert [span.is_error for span in own] == [False, True]
    assert noted[1]["error.type"] == "parked"


async def test_rows_outside_the_share_are_not_recorded(desk: Desk) -> None:
    """Of a half those are recorded whose trace id has a 17th hexadecimal digit below 8."""
    spans = await desk.send(*range(1, 9), share=0.5)
    recorded = {row for row in range(1, 9) if of_row(spans, row)}
    assert recorded == {row for row in range(1, 9) if int(b2sum(f"{NAME}:{row}")[16], 16) < 8}
    assert 0 < len(recorded) < 8
    assert len(called(spans, "process_batch esr.queue.b")) == 1
    assert await desk.send(9, share=0.0) == list(spans)


async def test_a_parked_message_is_recorded_even_outside_the_share(desk: Desk) -> None:
    desk.faults = [PermanentError("the row is bad")]
    [span] = await desk.send(2, share=0.0)
    assert span.name == "process esr.queue.c"
    assert span.attributes["tis_esr.outcome"] == "parked"


async def test_lines_of_the_log_have_the_ids_of_the_span_that_they_are_about(desk: Desk) -> None:
    desk.faults = [PermanentError("the row is bad")]
    with everything_logged() as text:
        spans = await desk.send(2)
    lines = [json.loads(line) for line in text.getvalue().splitlines()]
    for event, name in (("stepped", "process esr.queue.a"), ("parked", "process esr.queue.c")):
        line = next(line for line in lines if line["event"] == event)
        [span] = called(spans, name)
        assert (line["trace_id"], line["span_id"]) == (span.trace, span.id)


async def test_lines_of_a_batch_have_the_ids_of_its_span(desk: Desk) -> None:
    with everything_logged() as text:
        spans = await desk.send(2, 3)
    line = next(json.loads(line) for line in text.getvalue().splitlines() if '"stepped"' in line)
    [batch] = called(spans, "process_batch esr.queue.a")
    assert line["span_id"] == batch.id


async def test_without_traces_lines_have_no_ids_and_nothing_is_recorded(desk: Desk) -> None:
    with everything_logged() as text:
        work = desk.runner.work()
        cause = Message(
            id="1", queue="", correlation_id=f"{NAME}:1", source_file=NAME, deanery="", row=1, body=b""
        )
        work.emit("a", BODY, cause=cause)
        await work.commit()
        await desk.runner.drain(QUEUES)
    assert '"stepped"' in text.getvalue()
    assert "trace_id" not in text.getvalue()


async def test_a_dry_run_records_nothing(desk: Desk) -> None:
    with muted():
        assert await desk.send(2) == []


async def test_the_header_of_a_message_names_its_creation_and_whether_the_trace_is_recorded(
    desk: Desk,
) -> None:
    message = Message(
        id=derived_id(derived_id("f", 2), "esr.queue.a", ""),
        queue="esr.queue.a",
        correlation_id=f"{NAME}:2",
        source_file=NAME,
        deanery="EOE",
        row=2,
        body=b"",
    )
    [created] = called(await desk.send(2), "create esr.queue.a")
    ids = f"{created.trace}-{created.id}"
    assert traceparent(message) == f"00-{ids}-00"
    async with exporting(share=1, system="sqlite", instance="here", sender=Kept()):
        assert traceparent(message) == f"00-{ids}-01"


async def test_no_span_holds_a_word_of_a_message_or_a_reason(desk: Desk) -> None:
    desk.faults = [PermanentError("Specimenandun is bad")]
    said = repr(await desk.send(2))
    assert "parked" in said
    assert [word for word in ("Specimenandun", "lastName", "1990-01-15", "dob") if word in said] == []


def test_the_program_does_not_load_what_sends_traces_while_they_are_off() -> None:
    loads = "import tis_esr.process.serving_process, sys"
    looks = "print([name for name in sys.modules if name.startswith(('tis_esr.tracing.otlp', 'urllib3'))])"
    done = subprocess.run([sys.executable, "-c", f"{loads}; {looks}"], capture_output=True, check=True)
    assert done.stdout == b"[]\n"


async def test_a_file_that_is_not_esrs_is_not_named(desk: Desk) -> None:
    name = "Testa Specimen dob 1990-01-15.DAT"
    async with exporting(share=0, system="sqlite", instance="here", sender=desk.kept):
        work = desk.runner.work()
        cause = Message(
            id="1", queue="", correlation_id=f"{name}:0", source_file=name, deanery="", row=0, body=b""
        )
        work.emit("a", {}, cause=cause, begins=("announce file", {}))
        await work.commit()
        with file_span("read file", name):
            pass
        await desk.runner.drain(QUEUES)
    spans = desk.kept.spans
    assert {"announce file", "create esr.queue.a", "read file"} <= {span.name for span in spans}
    assert [span.name for span in spans if "Specimen" in repr(span)] == []


async def test_exporting_within_exporting_is_that_of_the_outer_one(desk: Desk) -> None:
    inner = Kept()
    async with exporting(share=1, system="sqlite", instance="here", sender=desk.kept):
        async with exporting(share=1, system="sqlite", instance="step", sender=inner):
            with file_span("first", NAME):
                pass
        with file_span("second", NAME):
            pass
    assert [span.name for span in desk.kept.spans] == ["first", "second"]
    assert inner.spans == []


def test_a_file_of_esr_is_named() -> None:
    assert shown(f"{NAME}:2", NAME) == f"{NAME}:2"
    assert shown("daily:2026-11-24", "") == "daily:2026-11-24"
