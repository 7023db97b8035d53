"""The circuit breaker, with a clock that stands where the test puts it (incidents A20, A21)."""

import asyncio
from collections.abc import Awaitable, Mapping

from tests.contract.scripted_tcs import Reply, asking

from tis_esr.tcs.breaker import Breaker
from tis_esr.tcs.tcs_errors import TcsError, TcsNotAskedError, TcsUnavailableError
from tis_esr.tcs.tokens import NoToken


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def opened(clock: Clock, threshold: int = 3) -> Breaker:
    breaker = Breaker(threshold, cool_down_seconds=2.0, longest_seconds=60.0, clock=clock)
    for _ in range(threshold):
        breaker.failed()
    return breaker


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    breaker = Breaker(threshold=3, clock=Clock())
    states = []
    for _ in range(4):
        breaker.failed()
        states.append(breaker.state)
    assert states == ["closed", "closed", "open", "open"]


def test_a_success_between_failures_starts_the_count_again() -> None:
    breaker = Breaker(threshold=2, clock=Clock())
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert breaker.state == "closed"


def test_while_open_it_says_how_long_to_stay_away() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 0.5
    assert breaker.admit() == 1.5


def test_it_refuses_during_a_cool_down_and_a_trial_and_without_calls_nothing_is_known_afterwards() -> None:
    clock = Clock()
    breaker = Breaker(threshold=1, cool_down_seconds=2.0, clock=clock)
    refusing = [breaker.is_refusing]
    breaker.failed()
    refusing.append(breaker.is_refusing)
    clock.now += 2
    refusing.append(breaker.is_refusing)
    breaker.admit()
    refusing.append(breaker.is_refusing)
    breaker.succeeded()
    refusing.append(breaker.is_refusing)
    assert refusing == [False, True, False, True, False]


def test_after_the_cool_down_one_call_may_try_and_others_wait() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 2
    assert breaker.admit() == 0
    assert breaker.state == "half-open"
    assert breaker.admit() == 2.0


def test_a_trial_that_succeeds_closes_it() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 2
    breaker.admit()
    breaker.succeeded()
    assert breaker.admit() == 0
    assert breaker.state == "closed"


def test_each_failed_trial_doubles_the_cool_down_up_to_the_longest() -> None:
    clock = Clock()
    breaker = opened(clock)
    waits = []
    for _ in range(7):
        clock.now += breaker.admit()
        breaker.admit()
        breaker.failed()
        waits.append(breaker.admit())
    assert waits == [4, 8, 16, 32, 60, 60, 60]


def test_after_it_closed_the_cool_down_is_short_again() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 2
    breaker.admit()
    breaker.failed()
    clock.now += 4
    breaker.admit()
    breaker.succeeded()
    for _ in range(3):
        breaker.failed()
    assert breaker.admit() == 2.0


def test_calls_that_were_under_way_when_it_opened_do_not_lengthen_the_wait() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 1
    breaker.failed()
    assert breaker.admit() == 1.0


def test_a_longer_retry_after_counts() -> None:
    clock = Clock()
    breaker = opened(clock)
    breaker.failed(retry_after=30)
    assert breaker.admit() == 30


def test_a_retry_after_of_a_day_counts_as_five_minutes() -> None:
    breaker = opened(Clock())
    breaker.failed(retry_after=86400)
    assert breaker.admit() == 300


def test_an_abandoned_trial_lets_another_call_try() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 2
    breaker.admit()
    breaker.abandoned()
    assert breaker.admit() == 0


async def test_while_tcs_is_down_calls_are_not_sent() -> None:
    clock = Clock()
    breaker = Breaker(threshold=2, clock=clock)
    async with asking(Reply(status=503), breaker=breaker, attempts=1) as (tcs, script):
        for _ in range(2):
            await _failing(tcs.post(1))
        error = await _failing(tcs.post(1))

    assert len(script.requests) == 2
    assert isinstance(error, TcsNotAskedError)
    assert error.retry_after == 2.0


async def test_when_tcs_is_back_the_next_call_after_the_cool_down_closes_the_breaker() -> None:
    clock = Clock()
    breaker = Breaker(threshold=1, clock=clock)
    async with asking(Reply(status=503), Reply({"id": 1}), breaker=breaker, attempts=1) as (tcs, _):
        await _failing(tcs.post(1))
        clock.now += 2
        assert await tcs.post(1)

    assert breaker.state == "closed"


async def test_a_record_that_tcs_can_not_digest_does_not_open_the_breaker() -> None:
    breaker = Breaker(threshold=1, clock=Clock())
    async with asking(Reply(status=500), Reply([]), breaker=breaker, attempts=1) as (tcs, script):
        error = await _failing(tcs.post(1))

    assert error.outcome == "server_error"
    assert breaker.state == "closed"
    assert script.paths == ["/tcs/api/posts/1", "/tcs/api/posts/in/TIS-ESR-CHECKUP"]


async def test_a_500_while_nothing_else_is_answered_is_trouble_of_tcs() -> None:
    breaker = Breaker(threshold=1, clock=Clock())
    async with asking(Reply(status=500), breaker=breaker, attempts=1) as (tcs, _):
        error = await _failing(tcs.post(1))

    assert isinstance(error, TcsUnavailableError)
    assert error.path == "/api/posts/{id}"
    assert breaker.state == "open"


async def test_a_call_between_its_attempts_stops_when_others_open_the_breaker() -> None:
    breaker = Breaker(threshold=3, clock=Clock())

    class OthersFailMeanwhile(NoToken):
        async def headers(self) -> Mapping[str, str]:
            for _ in range(3):
                breaker.failed()
            return {}

    async with asking(Reply(status=503), token=OthersFailMeanwhile(), breaker=breaker, attempts=6) as (
        tcs,
        script,
    ):
        await _failing(tcs.post(1))

    assert len(script.requests) == 1


async def test_a_cancelled_trial_does_not_block_the_next_one() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += 2
    async with asking(Reply(hangs=True), Reply({"id": 1}), breaker=breaker) as (tcs, script):
        trial = asyncio.ensure_future(tcs.post(1))
        await script.asked.wait()
        trial.cancel()
        await asyncio.wait([trial])
        assert await tcs.post(1)

    assert breaker.state == "closed"


async def _failing(call: Awaitable[object]) -> TcsError:
    try:
        await call
    except TcsError as error:
        return error
    raise AssertionError("the call was expected to fail")
