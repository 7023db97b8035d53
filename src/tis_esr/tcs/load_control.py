"""The limit on concurrent calls, which adapts to how TCS responds (guarantee 12).

Calls are judged in windows of one round trip each, by their shares, so that single failures and single slow calls
change nothing. A window in which most calls failed or were slow halves the limit; a good one that used the limit raises
it by one. Pure: times are seconds of any clock, given by the caller. The choice is recorded in
``docs/decisions/0020-load-control.md``.
"""

from collections import Counter
from dataclasses import dataclass, field
from math import inf
from statistics import median
from typing import Final, Literal, get_args

Change = Literal["raised", "halved_failures", "halved_latency", "share"]
CHANGES: Final[tuple[Change, ...]] = get_args(Change)

INITIAL: Final = 8
"""Few, so that the usual times are those of a TCS without our load."""
SMALLEST_WINDOW: Final = 20
TOO_MANY_FAILED: Final = 0.4
TOO_MANY_SLOW: Final = 0.5
FEW: Final = 0.25
"""Up to this share of failed, and of slow, calls the limit may grow."""
IN_A_ROW: Final = 10
SLOW_FACTOR: Final = 2.0
SLOW_SECONDS: Final = 0.05
"""A call is slow when it took longer than twice the usual time and 50 ms."""
FORGET_SECONDS: Final = 600.0
"""An increased usual time is accepted after about this long, because our load may be the reason."""
_UNLOADED: Final = 2
_SAMPLES: Final = 5
_ADOPTED: Final = 0.25


@dataclass(slots=True)
class _Window:
    began: float = -inf
    calls: int = 0
    failed: int = 0
    failed_in_a_row: int = 0
    slow: int = 0
    most_in_flight: int = 0


class LoadControl:
    """The limit of one process, from 1 to ``bound``, which a share sets. ``changes`` counts why it moved."""

    def __init__(self, bound: int, initial: int = INITIAL) -> None:
        self.in_flight = 0
        self.changes: Counter[Change] = Counter()
        self._limit = min(initial, bound)
        self.bound = bound
        self._until = inf
        self._window = _Window()
        self._usual = _UsualTimes()

    @property
    def limit(self) -> int:
        """The limit on concurrent calls from TCS's responses and the bound."""
        return min(self._limit, self.bound)

    def allowed(self, now: float) -> int:
        """Return how many concurrent calls are allowed now; 0 if the share has expired."""
        return self.limit if now < self._until else 0

    def share(self, bound: int, until: float) -> None:
        """Bound the limit by a share of the budget of all processes, which expires at ``until``."""
        before, self.bound, self._until = self.limit, bound, until
        if bound:
            self._limit = min(self._limit, bound)
        if self.limit != before:
            self.changes["share"] += 1

    def entered(self) -> None:
        """Record that a call was sent."""
        self.in_flight += 1
        self._window.most_in_flight = max(self._window.most_in_flight, self.in_flight)

    def left(self) -> None:
        """Record that a call has ended, in any way."""
        self.in_flight -= 1

    def answered(self, kind: str, began: float, now: float, *, failed: bool) -> None:
        """Record the outcome of a call; ``kind`` distinguishes calls of different duration.

        A call that began before the window says nothing about the present limit: so a window lasts for a round trip,
        and the limit is halved once in it.
        """
        window = self._window
        if not failed:
            window.failed_in_a_row = 0
        if began < window.began:
            return
        window.calls += 1
        window.failed += failed
        window.failed_in_a_row += failed
        if not failed:
            window.slow += self._usual.slow(kind, now - began)
        self._judge(now)

    def _judge(self, now: float) -> None:
        window, size = self._window, max(SMALLEST_WINDOW, self._limit)
        if window.failed >= TOO_MANY_FAILED * size or window.failed_in_a_row >= IN_A_ROW:
            self._change("halved_failures", self._limit // 2, now)
        elif window.slow > TOO_MANY_SLOW * size:
            self._change("halved_latency", self._limit // 2, now)
        elif window.calls >= size:
            used = window.most_in_flight >= self.limit
            well = window.failed <= FEW * window.calls and window.slow <= FEW * window.calls
            self._change("raised", self._limit + 1 if used and well else self._limit, now)

    def _change(self, reason: Change, limit: int, now: float) -> None:
        self._usual.learn(now, unloaded=self._limit <= _UNLOADED)
        before, self._limit = self._limit, max(1, min(limit, self.bound or 1))
        if self._limit != before:
            self.changes[reason] += 1
        self._window = _Window(began=now, most_in_flight=self.in_flight)


@dataclass(slots=True)
class _Usual:
    seconds: float | None = None
    learned: float = 0.0
    recent: list[float] = field(default_factory=list)


class _UsualTimes:
    """How long each kind of call usually takes: follows faster calls at once, and slower ones gradually."""

    def __init__(self) -> None:
        self._kinds: dict[str, _Usual] = {}

    def slow(self, kind: str, seconds: float) -> bool:
        """Record one call's time; return whether it is slow."""
        usual = self._kinds.setdefault(kind, _Usual())
        usual.recent.append(seconds)
        return usual.seconds is not None and seconds > SLOW_FACTOR * usual.seconds + SLOW_SECONDS

    def learn(self, now: float, *, unloaded: bool) -> None:
        """Move each usual time towards the median of the latest calls.

        ``unloaded``: so few calls were in flight that our load is not the reason for a longer time.
        """
        for usual in self._kinds.values():
            if len(usual.recent) < _SAMPLES:
                continue
            middle, usual.recent = median(usual.recent), []
            if usual.seconds is None:
                usual.seconds = middle
            elif middle < usual.seconds or unloaded:
                usual.seconds += _ADOPTED * (middle - usual.seconds)
            else:
                weight = min(1.0, max(0.0, now - usual.learned) / FORGET_SECONDS)
                usual.seconds += weight * (middle - usual.seconds)
            usual.learned = now
