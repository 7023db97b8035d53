"""Delivers what waits for one receiver. Each receiver has a task of its own, so one that is slow delays no other."""

import asyncio
from collections import Counter
from collections.abc import Callable

import structlog

from tis_esr.engine.supervision import Beat
from tis_esr.engine.work import Work
from tis_esr.operations.alarms.deliveries import CLAIM_SECONDS, claim, settle
from tis_esr.operations.alarms.notice import Notice
from tis_esr.operations.alarms.sinks.sink import Sink, SinkError

_log = structlog.get_logger()
SEND_SECONDS = CLAIM_SECONDS / 3
MOST_AT_ONCE = 50


async def deliver(begin: Callable[[], Work], sink: Sink, beat: Beat, failures: Counter[str]) -> int:
    """Send the messages that are due, oldest first; return how many were accepted, and count those that were not.

    Raises TransientError of the store.
    """
    accepted = 0
    for _ in range(MOST_AT_ONCE):
        beat()
        delivery = await claim(begin, sink.name)
        if delivery is None:
            break
        error = await attempt(sink, delivery.notice)
        if error:
            failures[sink.name] += 1
            _log.warning("alarm_not_sent", sink=sink.name, reason=error, attempts=delivery.attempts)
        else:
            accepted += 1
        await settle(begin, delivery, error)
    return accepted


async def attempt(sink: Sink, notice: Notice) -> str:
    """Send one message; return why it was not accepted, "" if it was. Never raises, and ends within SEND_SECONDS."""
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await sink.send(notice)
    except TimeoutError:
        return f"timed out after {SEND_SECONDS:.0f} s"
    except SinkError as error:
        return error.reason
    except Exception as error:  # noqa: BLE001 - a receiver's bug must not end the process
        return f"failed with {type(error).__name__}"
    return ""
