"""What ``run`` does from time to time beside handling messages, under supervision, and how it says that it can't."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from tis_esr.engine.faults import TransientError
from tis_esr.engine.supervision import STUCK_SECONDS, Beat, Supervisor, wait_for_event
from tis_esr.web.metrics import Metrics

_log = structlog.get_logger()
_REPEATED_SECONDS = 600.0
"""A trouble that lasts is logged again after so long."""


def every(
    seconds: float,
    look: Callable[[Beat], Awaitable[None]],
    supervisor: Supervisor,
    metrics: Metrics,
    stop: asyncio.Event,
    *,
    task: str,
    trouble: str,
) -> asyncio.Task[None]:
    """Start ``look`` as a task that is repeated until ``stop``; one that takes long sends heartbeats of its own.

    Where a store or server is in trouble, it is tried again: a warning ``trouble`` with the reason is logged once, then
    every _REPEATED_SECONDS, and ``works_again`` at its end. ``metrics`` records when it last succeeded.
    """

    async def poll(beat: Beat) -> None:
        said, said_at = "", 0.0
        metrics.polled.setdefault(task, metrics.now())
        while not stop.is_set():
            beat()
            try:
                await look(beat)
            except (TransientError, OSError) as error:
                reason = str(error)
                if reason != said or metrics.now() - said_at >= _REPEATED_SECONDS:
                    _log.warning(trouble, reason=reason)
                    said, said_at = reason, metrics.now()
            else:
                metrics.polled[task] = metrics.now()
                if said:
                    _log.info("works_again", task=task)
                    said = ""
            await wait_for_event(stop, seconds)

    return supervisor.start(task, poll, stop, stuck_after=seconds + STUCK_SECONDS)
