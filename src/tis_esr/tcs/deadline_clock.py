"""The clock of deadlines: it goes on while the machine is suspended, which the event loop's does not."""

import asyncio
import time
from typing import Final

_NOISE: Final = 0.5
"""Seconds; two clocks that are read one after the other differ a little."""


def suspended_seconds() -> float:
    """Return for how long the machine has been suspended since it was started; 0 where the system can't say."""
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0.0
    awake = time.clock_gettime(time.CLOCK_MONOTONIC)
    return time.clock_gettime(time.CLOCK_BOOTTIME) - awake


class DeadlineClock:
    """The event loop's clock plus the seconds for which the machine was suspended since this was made."""

    def __init__(self) -> None:
        self._before = suspended_seconds()

    def time(self) -> float:
        """Return the moment, in seconds."""
        suspended = suspended_seconds() - self._before
        return asyncio.get_running_loop().time() + (suspended if suspended > _NOISE else 0.0)
