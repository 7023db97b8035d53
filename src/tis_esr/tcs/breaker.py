"""The circuit breaker: stops calls to a TCS that does not respond, and detects when it does again.

Incidents A9, A20 and A21: an overloaded TCS was called repeatedly, and thousands of valid messages were discarded.
While the breaker is open nothing is sent, so TCS can recover and messages wait.
"""

import time
from collections.abc import Callable
from typing import Final, Literal

LONGEST_RETRY_AFTER: Final = 300.0
"""Seconds; a longer Retry-After is limited to this, so that one wrong response cannot stop a day."""

State = Literal["closed", "open", "half-open"]


class Breaker:
    """Opens after ``threshold`` failed calls in a row; then lets one call through after each cool-down.

    The cool-down starts at ``cool_down_seconds`` and doubles with each failed trial up to ``longest_seconds``; a longer
    Retry-After of TCS counts, up to ``LONGEST_RETRY_AFTER``. ``clock`` returns monotonic seconds.
    """

    def __init__(
        self,
        threshold: int = 10,
        cool_down_seconds: float = 2.0,
        longest_seconds: float = 60.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._threshold = threshold
        self._shortest = cool_down_seconds
        self._longest = longest_seconds
        self._clock = clock
        self._failures = 0
        self._cool_down = cool_down_seconds
        self._until = 0.0
        self._state: State = "closed"

    @property
    def state(self) -> State:
        """``closed``: calls are sent; ``open``: none are; ``half-open``: one trial call is in progress."""
        return self._state

    @property
    def is_refusing(self) -> bool:
        """Whether calls are refused now. After a cool-down in which nothing was called, it is not known, so no."""
        return self._state == "half-open" or (self._state == "open" and self._until > self._clock())

    @property
    def wait(self) -> float:
        """The remaining seconds without calls while it is not closed; above 0."""
        return max(self._until - self._clock(), self._shortest)

    def admit(self) -> float:
        """Return 0 if a call may be sent now, else the seconds to wait.

        A caller that gets 0 must report the end of the call: ``succeeded``, ``failed`` or ``abandoned``.
        """
        if self._state == "closed":
            return 0.0
        if self._state == "half-open":
            return self._cool_down
        left = self._until - self._clock()
        if left > 0:
            return left
        self._state = "half-open"
        return 0.0

    def succeeded(self) -> None:
        """TCS responded: close."""
        self._state = "closed"
        self._failures = 0
        self._cool_down = self._shortest

    def failed(self, retry_after: float | None = None) -> None:
        """TCS did not respond, or requested a retry after ``retry_after`` seconds."""
        self._failures += 1
        if self._state == "half-open":
            self._cool_down = min(self._cool_down * 2, self._longest)
        elif self._state == "closed" and self._failures < self._threshold:
            return
        if self._state != "open":
            self._state = "open"
            self._until = self._clock() + self._cool_down
        wait = min(retry_after or 0.0, LONGEST_RETRY_AFTER)
        self._until = max(self._until, self._clock() + wait)

    def abandoned(self) -> None:
        """The call ended without information about TCS (it was cancelled): allow another trial."""
        if self._state == "half-open":
            self._state = "open"
