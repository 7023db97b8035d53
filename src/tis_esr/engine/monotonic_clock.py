"""The clock of this machine that nobody sets."""

import time

_CLOCK: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def elapsed() -> float:
    """Return seconds that only grow, also while the machine is suspended where the system counts that (Linux)."""
    return time.clock_gettime(_CLOCK)
