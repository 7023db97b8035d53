"""Requests an address outside while alarms are judged and delivered: when the requests stop, that address raises the alarm."""

import asyncio
from collections.abc import Callable

from tis_esr.engine.faults import TransientError
from tis_esr.engine.supervision import Beat, Supervisor
from tis_esr.operations.alarms.sinks.posting import ping
from tis_esr.operations.alarms.sinks.sink import SinkError
from tis_esr.process.polling import every
from tis_esr.settings import Settings
from tis_esr.web.metrics import Metrics

DEADMAN_TASK = "dead man's switch"
UNSENT_SECONDS = 1800.0
"""If no receiver has accepted a message for this long, people are not reached, so the requests stop."""


def silence_reason(judged_ago: float | None, alarm_seconds: float, unsent: dict[str, float]) -> str:
    """Return why the address is not to be requested, "" if everything works: alarms are judged, and people are reached.

    ``judged_ago`` is None if nothing has been judged yet. ``unsent`` is how long the oldest message of each receiver has
    waited; one receiver that works is enough. Pure.
    """
    if judged_ago is None or judged_ago > max(3 * alarm_seconds, 180.0):
        return "alarms are not judged"
    if unsent and min(unsent.values()) > UNSENT_SECONDS:
        return "no receiver accepts messages"
    return ""


def dead_mans_switch(
    settings: Settings,
    judged_ago: Callable[[], float | None],
    supervisor: Supervisor,
    metrics: Metrics,
    stop: asyncio.Event,
) -> list[asyncio.Task[None]]:
    """Start the task, if an address is set. It is due every deadman_seconds."""
    url = settings.deadman_url
    if url is None:
        return []

    async def look(_: Beat) -> None:
        unsent = {sink: seconds for (sink,), seconds in metrics.alarms_unsent.items()}
        if reason := silence_reason(judged_ago(), settings.alarm_seconds, unsent):
            raise TransientError(f"not requested, because {reason}")
        try:
            await ping(url)
        except SinkError as error:
            raise TransientError(error.reason) from error

    return [
        every(
            settings.deadman_seconds,
            look,
            supervisor,
            metrics,
            stop,
            task=DEADMAN_TASK,
            trouble="deadman_not_requested",
        )
    ]
