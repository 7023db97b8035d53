"""The clock of deadlines: unlike the event loop's, it includes suspension of the machine."""

import asyncio
import time
from typing import Final

_NOISE: Final = 0.5
"""Seconds; two clocks that are read one after the other differ a little."""


def suspended_seconds() -> float:
    """Return how long the machine has been suspended since it was started; 0 if the system does not report it."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0.0
    awake = time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.clock_gettime(time.CLOCK_BOOTTIME) - awake


class DeadlineClock:
    """The event loop's clock plus the seconds for which the machine was suspended since this was created."""

    def __init__(self) -> None:
        self._before = suspended_seconds()

    def time(self) -> float:
        """Return the moment, in seconds."""
        suspended = suspended_seconds() - self._before
        return asyncio.get_running_loop().time() + (suspended if suspended > _NOISE else 0.0)
