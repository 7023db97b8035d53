"""Pauses after errors: they increase until there is progress, and patience is limited."""

import asyncio
import math

from tis_esr.engine.faults import TransientError
from tis_esr.errors import Exit, TisEsrError

SHORTEST_PAUSE = 0.05
LONGEST_PAUSE = 30.0


class PatienceExhaustedError(TisEsrError):
    """A dependency stayed unavailable for longer than the caller wants to wait."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, queue: str, reason: str) -> None:
        super().__init__(
            f"{queue} stopped: {reason}. Nothing is lost: run the same command again once it is available"
        )
        self.queue = queue
        self.reason = reason


def pause_after(times: int) -> float:
    """Return how many seconds to wait after this many failures in a row."""
    return min(LONGEST_PAUSE, SHORTEST_PAUSE * 2.0 ** min(times - 1, 20))


class Pauses:
    """The pauses of one queue, or of one step.

    ``patience`` is the time in seconds without progress that is accepted; expected waits don't count.
    """

    def __init__(self, what: str, patience: float = math.inf) -> None:
        self._what, self._patience = what, patience
        self._since: float | None = None
        self._excused = 0.0
        self._reason = ""
        self._until = 0.0
        self._times = 0

    def progress(self) -> None:
        """Record progress: the current pause ends, and the next one is short."""
        self._since, self._until, self._times = None, 0.0, 0

    def trouble(self, fault: TransientError, *, pause: bool = True) -> None:
        """Begin a pause, if needed.

        Further failures during it do not make the next one longer. Raises PatienceExhaustedError, also if the requested
        pause would exceed the patience.
        """
        now = _now()
        seconds = fault.retry_after
        if fault.expected:
            self._excuse(now, seconds)
        else:
            left = self._patience_left(now, fault.reason)
            if left < 0 or (pause and seconds > left):
                raise PatienceExhaustedError(self._what, fault.reason)
            if pause and now >= self._until:
                self._times += 1
                seconds = max(seconds, min(pause_after(self._times), max(SHORTEST_PAUSE, left)))
        if pause:
            self._until = max(self._until, now + seconds)

    def idle(self, seconds: float) -> None:
        """Record that the queue has to wait this long; raises PatienceExhaustedError if that exceeds the patience."""
        if self._since is not None and seconds > self._patience - (_now() - self._since):
            raise PatienceExhaustedError(self._what, self._reason)

    def _patience_left(self, now: float, reason: str) -> float:
        """Return how many seconds of patience are left; the first error starts the count."""
        self._reason = reason
        if self._since is None:
            self._since = self._excused = now
        return self._patience - (now - self._since)

    def _excuse(self, now: float, seconds: float) -> None:
        """Extend the patience by an expected wait; overlapping waits count once."""
        if self._since is not None:
            self._since += max(0.0, now + seconds - max(now, self._excused))
            self._excused = max(self._excused, now + seconds)

    def left(self) -> float:
        """Return the remaining seconds of the current pause; 0 if there is none."""
        return max(0.0, self._until - _now())


def _now() -> float:
    return asyncio.get_running_loop().time()
