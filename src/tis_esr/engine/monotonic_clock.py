"""The machine's monotonic clock."""

import time

_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def elapsed() -> float:
    """Return monotonic seconds, which on Linux also count while the machine is suspended."""
    return time.clock_gettime(_CLOCK)
