"""Pauses and patience, in virtual time."""

import asyncio
import itertools
import math
from collections.abc import Awaitable, Callable

import pytest
from tests.simulation.loop import SimLoop

from tis_esr.engine.faults import LONGEST_WAIT, TransientError
from tis_esr.engine.pauses import PatienceExhaustedError, Pauses

A_DAY = 86400.0
DOWN = TransientError("TCS is down")
MAY_ARRIVE = TransientError("TCS may still act on an earlier call", retry_after=70, expected=True)


def in_virtual_time(steps: Callable[[], Awaitable[float]]) -> float:
    async def run() -> float:
        return await steps()

    return SimLoop().run(run())


async def seconds_of_trouble(pauses: Pauses, *faults: TransientError) -> float:
    """Meet these faults again and again, wait after each as long as it pauses, and return when patience ends."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for fault in itertools.islice(itertools.cycle(faults), 10_000):
        try:
            pauses.trouble(fault)
        except PatienceExhaustedError:
            return loop.time() - began
        await asyncio.sleep(pauses.left())
    return math.inf


def test_no_single_pause_is_longer_than_five_minutes() -> None:
    async def steps() -> float:
        pauses = Pauses("esr.queue.a")
        pauses.trouble(TransientError("TCS answered 503", retry_after=A_DAY))
        return pauses.left()

    assert in_virtual_time(steps) == LONGEST_WAIT == 300


def test_a_pause_that_outlasts_the_patience_is_not_begun() -> None:
    fault = TransientError("TCS answered 503", retry_after=A_DAY)
    assert in_virtual_time(lambda: seconds_of_trouble(Pauses("esr.queue.a", 120), fault)) == 0


def test_growing_pauses_end_with_a_last_attempt_when_the_patience_does() -> None:
    assert in_virtual_time(lambda: seconds_of_trouble(Pauses("esr.queue.a", 120), DOWN)) == pytest.approx(
        120, abs=0.2
    )


def test_where_all_that_is_left_has_to_wait_longer_than_the_patience_nobody_waits_for_it() -> None:
    async def steps() -> float:
        pauses = Pauses("esr.queue.a", 120)
        pauses.idle(300)
        pauses.trouble(DOWN, pause=False)
        pauses.idle(119)
        with pytest.raises(PatienceExhaustedError, match="TCS is down"):
            pauses.idle(121)
        Pauses("esr.queue.a").idle(math.inf)
        return pauses.left()

    assert in_virtual_time(steps) == 0


def test_an_expected_wait_uses_up_no_patience() -> None:
    async def steps() -> float:
        pauses = Pauses("esr.queue.a", 60)
        for _ in range(3):
            pauses.trouble(MAY_ARRIVE, pause=False)
            pauses.idle(70)
            await asyncio.sleep(70)
        pauses.trouble(MAY_ARRIVE)
        return pauses.left()

    assert in_virtual_time(steps) == 70


def test_waits_that_overlap_excuse_the_time_once() -> None:
    async def steps() -> float:
        loop = asyncio.get_running_loop()
        pauses = Pauses("esr.queue.a", 60)
        pauses.trouble(DOWN, pause=False)
        for _ in range(10):
            pauses.trouble(MAY_ARRIVE, pause=False)
        pauses.idle(130)
        with pytest.raises(PatienceExhaustedError):
            pauses.idle(131)
        return loop.time()

    in_virtual_time(steps)


def test_a_tcs_that_fails_between_expected_waits_uses_the_patience_up() -> None:
    fault = TransientError("TCS timed out", retry_after=10)
    seconds = in_virtual_time(lambda: seconds_of_trouble(Pauses("esr.queue.a", 60), fault, MAY_ARRIVE))
    assert seconds == pytest.approx(6 * 80, abs=80)
