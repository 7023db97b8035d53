"""A call to TCS is a span by the conventions for HTTP clients, without what the address names."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.contract.scripted_tcs import Reply, ScriptedTcs, asking

from tis_esr.tcs.client import Tcs
from tis_esr.tcs.tcs_errors import TcsError
from tis_esr.tracing import spans
from tis_esr.tracing.exporting import exporting
from tis_esr.tracing.spans import Kind


@asynccontextmanager
async def traced(
    *replies: Reply, is_sampled: bool = True
) -> AsyncIterator[tuple[Tcs, ScriptedTcs, InMemorySpanExporter]]:
    """Open a TCS that gives these replies, within a span."""
    exporter = InMemorySpanExporter()
    with exporting(share=1, system="sqlite", instance="here", exporter=exporter):
        async with asking(*replies) as (tcs, there):
            with spans.opened("work", Kind.INTERNAL, spans.new(is_sampled=is_sampled), None, {}):
                yield tcs, there, exporter


def calls(exporter: InMemorySpanExporter) -> Sequence[ReadableSpan]:
    return [span for span in exporter.get_finished_spans() if span.kind.name == "CLIENT"]


def noted(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


async def test_a_call_names_the_endpoint_and_the_status_and_not_whom_it_is_about() -> None:
    async with traced(Reply([])) as (tcs, there, exporter):
        await tcs.people_by_gmc({"7200001"})
    [span] = calls(exporter)
    assert "7200001" in there.paths[0]
    assert span.name == "GET /api/gmc-details/in/{gmcNumbers}"
    host, port = noted(span)["server.address"], noted(span)["server.port"]
    assert host == "127.0.0.1"
    assert noted(span) == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "url.template": "/tcs/api/gmc-details/in/{gmcNumbers}",
        "url.full": f"http://127.0.0.1:{port}/tcs/api/gmc-details/in/REDACTED",
        "server.address": "127.0.0.1",
        "server.port": port,
    }
    assert span.status.is_ok


async def test_the_request_has_the_context_of_its_span() -> None:
    async with traced(Reply([])) as (tcs, there, exporter):
        await tcs.people_by_gmc({"7200001"})
    [span] = calls(exporter)
    assert span.context is not None
    assert there.requests[0].headers["traceparent"] == (
        f"00-{span.context.trace_id:032x}-{span.context.span_id:016x}-01"
    )


async def test_every_attempt_is_a_span_and_a_failed_one_an_error() -> None:
    async with traced(Reply(status=503), Reply([])) as (tcs, _, exporter):
        await tcs.people_by_gmc({"7200001"})
    first, second = calls(exporter)
    assert (first.status.is_ok, second.status.is_ok) == (False, True)
    assert noted(first)["error.type"] == "503"
    assert "http.request.resend_count" not in noted(first)
    assert noted(second)["http.request.resend_count"] == 1


async def test_a_call_without_an_answer_has_the_class_of_its_error() -> None:
    async with traced(Reply(breaks=True)) as (tcs, _, exporter):
        with pytest.raises(TcsError):
            await tcs.people_by_gmc({"7200001"})
    assert {noted(span)["error.type"] for span in calls(exporter)} == {"NoAnswerError"}


async def test_a_record_that_may_be_missing_is_no_error() -> None:
    async with traced(Reply(status=404)) as (tcs, _, exporter):
        assert await tcs.placement(17) is None
    [span] = calls(exporter)
    assert noted(span)["http.response.status_code"] == 404
    assert span.status.is_ok


async def test_a_call_outside_the_share_has_no_span_and_no_header() -> None:
    async with traced(Reply([]), is_sampled=False) as (tcs, there, exporter):
        await tcs.people_by_gmc({"7200001"})
    assert exporter.get_finished_spans() == ()
    assert "traceparent" not in there.requests[0].headers


async def test_of_many_calls_of_a_batch_ten_are_recorded_and_the_others_counted() -> None:
    async with traced(Reply([])) as (tcs, _, exporter):
        for number in range(13):
            await tcs.people_by_gmc({f"{7200000 + number}"})
    assert len(calls(exporter)) == 10
    [work] = [span for span in exporter.get_finished_spans() if span.name == "work"]
    assert noted(work)["tis_esr.spans_left_out"] == 3
