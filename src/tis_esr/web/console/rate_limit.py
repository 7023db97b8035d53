"""How often one client may do something: so many times at once, then as often as they come back."""

import time
from collections.abc import Callable
from typing import Final

from tis_esr.web.console.problems import ProblemError

_MOST_CLIENTS: Final = 10_000


class RateLimit:
    """Allows each client ``times`` a minute. Counted in this process: several processes allow as many times more."""

    def __init__(self, times: int, now: Callable[[], float] = time.monotonic) -> None:
        self._times, self._now = times, now
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, client: str) -> None:
        """Count one attempt. Raises ProblemError (429) for one too many."""
        now = self._now()
        left, at = self._left.pop(client, (float(self._times), now))
        left = min(float(self._times), left + (now - at) * self._times / 60)
        allowed = left >= 1
        if len(self._left) >= _MOST_CLIENTS:
            del self._left[next(iter(self._left))]
        self._left[client] = (left - 1 if allowed else left, now)
        if not allowed:
            raise ProblemError(
                429, "There were too many attempts in a short time.", "Wait a minute, then try again."
            )
