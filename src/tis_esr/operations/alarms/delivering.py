"""Delivers what waits for one receiver. Each receiver has a task of its own, so one that is slow delays no other."""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import structlog

from tis_esr.engine.supervision import Beat
from tis_esr.engine.work import Work
from tis_esr.operations.alarms.deliveries import CLAIM_SECONDS, claim, settle
from tis_esr.operations.alarms.notice import Notice
from tis_esr.operations.alarms.sinks.sink import PartlyAcceptedError, Sink, SinkError

_log = structlog.get_logger()
SEND_SECONDS = CLAIM_SECONDS / 3
MOST_AT_ONCE = 50


async def deliver(begin: Callable[[], Work], sink: Sink, beat: Beat, failures: Counter[str]) -> int:
    """Send the messages that are due, oldest first; return how many were accepted, and count those that were not.

    One that was accepted for some addresses only counts as both, and is not repeated. Raises TransientError of the store.
    """
    accepted = 0
    for _ in range(MOST_AT_ONCE):
        beat()
        delivery = await claim(begin, sink.name)
        if delivery is None:
            break
        outcome = await _outcome(sink, delivery.notice)
        if outcome.error:
            failures[sink.name] += 1
            _log.warning("alarm_not_sent", sink=sink.name, reason=outcome.error, attempts=delivery.attempts)
        accepted += outcome.is_accepted
        await settle(begin, delivery, outcome.error, is_accepted=outcome.is_accepted)
    return accepted


async def attempt(sink: Sink, notice: Notice) -> str:
    """Send one message; return why it was not accepted, "" if it was by all. Never raises, and ends within SEND_SECONDS."""
    return (await _outcome(sink, notice)).error


class _Outcome(NamedTuple):
    is_accepted: bool
    error: str = ""


async def _outcome(sink: Sink, notice: Notice) -> _Outcome:
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await sink.send(notice)
    except TimeoutError:
        return _Outcome(is_accepted=False, error=f"timed out after {SEND_SECONDS:.0f} s")
    except SinkError as error:
        return _Outcome(is_accepted=isinstance(error, PartlyAcceptedError), error=error.reason)
    except Exception as error:  # noqa: BLE001 - a receiver's bug must not end the process
        return _Outcome(is_accepted=False, error=f"failed with {type(error).__name__}")
    return _Outcome(is_accepted=True)
