"""TCS in trouble: what is repeated, what is not, and what the caller is told."""

import asyncio
import logging
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import structlog
from tests.contract.scripted_tcs import Reply, asking

from tis_esr.tcs.client import Tcs, TcsSettings
from tis_esr.tcs.retries import seconds_of_retry_after, worth_repeating
from tis_esr.tcs.tcs_errors import TcsRefusedError, TcsServerError, TcsUnavailableError

EVENT = {"exportedAt": "2021-05-06T09:08:38", "filename": "F", "positionNumber": 1, "positionId": 2}
STORED = Reply({"id": 1})
HANGS = Reply(hangs=True)
BREAKS = Reply(breaks=True)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_passing_trouble_is_not_noticed(status: int) -> None:
    async with asking(Reply(status=status), Reply(status=status), STORED) as (tcs, script):
        assert await tcs.post(1)

    assert len(script.requests) == 3


async def test_a_connection_that_breaks_is_not_noticed() -> None:
    async with asking(BREAKS, BREAKS, STORED) as (tcs, _):
        assert await tcs.post(1)


async def test_an_answer_that_does_not_come_in_time_is_asked_for_again() -> None:
    async with asking(HANGS, STORED, timeout_seconds=0.1) as (tcs, _):
        assert await tcs.post(1)


async def test_after_two_time_outs_tcs_is_called_unavailable() -> None:
    async with asking(HANGS, timeout_seconds=0.05) as (tcs, script):
        with pytest.raises(TcsUnavailableError, match=r"timed out after 0\.05 s"):
            await tcs.post(1)

    assert len(script.requests) == 2


@pytest.mark.parametrize("status", [429, 503])
async def test_a_lasting_overload_is_unavailability(status: int) -> None:
    async with asking(Reply(status=status)) as (tcs, script):
        with pytest.raises(TcsUnavailableError) as caught:
            await tcs.post(1)

    assert (caught.value.status, len(script.requests)) == (status, 6)


async def test_a_lasting_500_makes_the_record_suspect_when_tcs_answers_others() -> None:
    async with asking(*[Reply(status=500)] * 6, Reply([])) as (tcs, script):
        with pytest.raises(TcsServerError, match="check this record first"):
            await tcs.post(1)

    assert len(script.requests) == 7


async def test_a_refusal_is_not_repeated() -> None:
    async with asking(Reply(status=400)) as (tcs, script):
        with pytest.raises(TcsRefusedError, match="correct the record"):
            await tcs.post(1)

    assert len(script.requests) == 1


async def test_nobody_at_the_address_is_unavailability_even_for_an_append() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/tcs"
        async with Tcs(TcsSettings(url, first_wait_seconds=0.001)) as tcs:
            with pytest.raises(TcsUnavailableError, match="could not connect to TCS") as caught:
                await tcs.post_esr_exported(5, EVENT)

    assert type(caught.value) is TcsUnavailableError


def test_a_call_waits_as_long_as_retry_after_says_but_never_above_five_seconds() -> None:
    assert (
        worth_repeating(TcsUnavailableError("GET", "/p", "answered 429", status=429, retry_after=3.0)) == 3.0
    )
    assert (
        worth_repeating(TcsUnavailableError("GET", "/p", "answered 429", status=429, retry_after=5.1))
        is False
    )


async def test_a_short_retry_after_is_no_trouble() -> None:
    async with asking(Reply(status=429, headers={"Retry-After": "0"}), STORED) as (tcs, script):
        assert await tcs.post(1)

    assert len(script.requests) == 2


async def test_a_long_retry_after_is_handed_to_the_caller_at_once() -> None:
    async with asking(Reply(status=503, headers={"Retry-After": "120"})) as (tcs, script):
        with pytest.raises(TcsUnavailableError) as caught:
            await tcs.post(1)

    assert (caught.value.retry_after, len(script.requests)) == (120.0, 1)


def test_a_retry_after_may_name_a_moment_or_be_nonsense() -> None:
    assert seconds_of_retry_after("7") == 7.0
    assert seconds_of_retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0
    in_a_minute = format_datetime(datetime.now(UTC) + timedelta(seconds=60))
    assert seconds_of_retry_after(in_a_minute) == pytest.approx(60, abs=20)
    assert seconds_of_retry_after("soon") is None
    assert seconds_of_retry_after(None) is None


@pytest.mark.parametrize(
    "value",
    [
        "301",
        "86400",
        "9" * 400,
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Fri, 31 Dec 9999 23:59:59 -0500",
        "Fri, 31 Dec 9999 23:59:59 -0000",
    ],
)
def test_a_retry_after_is_believed_for_five_minutes_at_most(value: str) -> None:
    assert seconds_of_retry_after(value) == 300.0


async def test_no_more_calls_are_under_way_than_allowed() -> None:
    async with asking(STORED, concurrency=3) as (tcs, script):
        await asyncio.gather(*(tcs.post(n) for n in range(30)))

    assert len(script.requests) == 30
    assert script.at_once <= 3


async def test_what_was_sent_never_reaches_a_log_or_an_error(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    structlog.reset_defaults()
    with caplog.at_level(logging.DEBUG):
        async with asking(Reply(status=503), attempts=3) as (tcs, _):
            with pytest.raises(TcsUnavailableError) as caught:
                await tcs.patch_personal_details(50, {"nationalInsuranceNumber": "QQ123456C"})

    printed = capsys.readouterr()
    assert "QQ123456C" not in caplog.text + printed.out + printed.err + str(caught.value) + repr(caught.value)


async def test_outside_async_with_the_client_says_so() -> None:
    tcs = Tcs(TcsSettings("http://127.0.0.1:1/tcs"))
    with pytest.raises(RuntimeError, match="async with"):
        await tcs.post(1)
