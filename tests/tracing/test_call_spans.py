"""A call to TCS is a span by the conventions for HTTP clients, without what the address names."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.contract.scripted_tcs import Reply, ScriptedTcs, asking
from tests.tracing.collector import Kept, Received

from tis_esr.tcs.client import Tcs
from tis_esr.tcs.tcs_errors import TcsError
from tis_esr.tracing import spans
from tis_esr.tracing.exporting import exporting
from tis_esr.tracing.spans import Kind


@asynccontextmanager
async def traced(*replies: Reply, is_sampled: bool = True) -> AsyncIterator[tuple[Tcs, ScriptedTcs, Kept]]:
    """Open a TCS that gives these replies, within a span."""
    kept = Kept()
    async with (
        exporting(share=1, system="sqlite", instance="here", sender=kept),
        asking(*replies) as (tcs, there),
    ):
        with spans.opened("work", Kind.INTERNAL, spans.new(is_sampled=is_sampled), None, {}):
            yield tcs, there, kept


def calls(kept: Kept) -> list[Received]:
    return [span for span in kept.spans if span.kind == "CLIENT"]


async def test_a_call_names_the_endpoint_and_the_status_and_not_whom_it_is_about() -> None:
    async with traced(Reply([])) as (tcs, there, kept):
        await tcs.people_by_gmc({"7200001"})
    [span] = calls(kept)
    assert "7200001" in there.paths[0]
    assert span.name == "GET /api/gmc-details/in/{gmcNumbers}"
    host, port = span.attributes["server.address"], span.attributes["server.port"]
    assert host == "127.0.0.1"
    assert span.attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "url.template": "/tcs/api/gmc-details/in/{gmcNumbers}",
        "url.full": f"http://127.0.0.1:{port}/tcs/api/gmc-details/in/REDACTED",
        "server.address": "127.0.0.1",
        "server.port": port,
    }
    assert not span.is_error


async def test_the_request_has_the_context_of_its_span() -> None:
    async with traced(Reply([])) as (tcs, there, kept):
        await tcs.people_by_gmc({"7200001"})
    [span] = calls(kept)
    assert there.requests[0].headers["traceparent"] == f"00-{span.trace}-{span.id}-01"


async def test_every_attempt_is_a_span_and_a_failed_one_an_error() -> None:
    async with traced(Reply(status=503), Reply([])) as (tcs, _, kept):
        await tcs.people_by_gmc({"7200001"})
    first, second = calls(kept)
    assert (first.is_error, second.is_error) == (True, False)
    assert first.attributes["error.type"] == "503"
    assert "http.request.resend_count" not in first.attributes
    assert second.attributes["http.request.resend_count"] == 1


async def test_a_call_without_an_answer_has_the_class_of_its_error() -> None:
    async with traced(Reply(breaks=True)) as (tcs, _, kept):
        with pytest.raises(TcsError):
            await tcs.people_by_gmc({"7200001"})
    assert {span.attributes["error.type"] for span in calls(kept)} == {"NoAnswerError"}


async def test_a_record_that_may_be_missing_is_no_error() -> None:
    async with traced(Reply(status=404)) as (tcs, _, kept):
        assert await tcs.placement(17) is None
    [span] = calls(kept)
    assert span.attributes["http.response.status_code"] == 404
    assert not span.is_error


async def test_a_call_outside_the_share_has_no_span_and_no_header() -> None:
    async with traced(Reply([]), is_sampled=False) as (tcs, there, kept):
        await tcs.people_by_gmc({"7200001"})
    assert kept.spans == []
    assert "traceparent" not in there.requests[0].headers


async def test_of_many_calls_of_a_batch_ten_are_recorded_and_the_others_counted() -> None:
    async with traced(Reply([])) as (tcs, _, kept):
        for number in range(13):
            await tcs.people_by_gmc({f"{7200000 + number}"})
    assert len(calls(kept)) == 10
    [work] = [span for span in kept.spans if span.name == "work"]
    assert work.attributes["tis_esr.spans_left_out"] == 3
