"""Pauses after trouble: they grow until there is progress, and patience may come to an end."""

import asyncio
import math

from tis_esr.engine.errors import Transient

SHORTEST_PAUSE = 0.05
LONGEST_PAUSE = 30.0


class OutOfPatience(Exception):  # noqa: N818 - says what happened
    """A dependency stayed unavailable for longer than the caller wants to wait."""

    def __init__(self, queue: str, reason: str) -> None:
        super().__init__(
            f"{queue} could not go on: {reason}. Nothing is lost: run the same command again when it is back"
        )
        self.queue = queue
        self.reason = reason


def pause_after(times: int) -> float:
    """Return how many seconds to wait after so many failures in a row."""
    return min(LONGEST_PAUSE, SHORTEST_PAUSE * 2.0 ** min(times - 1, 20))


class Pauses:
    """The pauses of one queue, or of one step. ``patience`` is how many seconds it may be without progress."""

    def __init__(self, what: str, patience: float = math.inf) -> None:
        self._what, self._patience = what, patience
        self._since: float | None = None
        self._until = 0.0
        self._times = 0

    def progress(self) -> None:
        """Note that there was progress: a pause that is under way ends, and the next is a short one."""
        self._since, self._until, self._times = None, 0.0, 0

    def trouble(self, fault: Transient, *, pause: bool = True) -> None:
        """Begin a pause, if there is to be one. What else fails during it doesn't make the next one longer.

        Raises OutOfPatience.
        """
        now = asyncio.get_running_loop().time()
        self._since = now if self._since is None else self._since
        if now - self._since > self._patience:
            raise OutOfPatience(self._what, fault.reason)
        if not pause:
            return
        seconds = fault.retry_after
        if now >= self._until:
            self._times += 1
            seconds = max(seconds, pause_after(self._times))
        self._until = max(self._until, now + seconds)

    def left(self) -> float:
        """Return how many seconds the present pause still has; 0 where there is none."""
        return max(0.0, self._until - asyncio.get_running_loop().time())
