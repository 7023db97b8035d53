"""The periodic tasks of ``run``, under supervision, and how their failures are logged."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from tis_esr.engine.faults import TransientError
from tis_esr.engine.supervision import STUCK_SECONDS, Beat, Supervisor, wait_for_event
from tis_esr.web.metrics import Metrics

_log = structlog.get_logger()
_REPEATED_SECONDS = 600.0
"""A failure that lasts is logged again after this long."""


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

    If a store or server is unavailable, it is retried: a warning ``trouble`` with the reason is logged once, then every
    _REPEATED_SECONDS, and ``recovered`` at its end. ``metrics`` records when it last succeeded.
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
                    _log.info("recovered", task=task)
                    said = ""
            await wait_for_event(stop, seconds)

    return supervisor.start(task, poll, stop, stuck_after=seconds + STUCK_SECONDS)
