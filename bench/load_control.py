"""Compare rules for the number of calls in flight on a simulated TCS: python bench/load_control.py

The table is the one of docs/decisions/0020-load-control.md. Nothing is random but by seed, and no time passes.
"""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from statistics import mean, quantiles
from typing import Protocol

from tis_esr.tcs.load_control import LoadControl

BOUND = 64
SECONDS = 300.0
SERVICE_SECONDS = 0.1
CAPACITY = 32
KIND = "GET /api/posts/{id}"
CALLERS = 200
PAUSE_AFTER_FAILURE = 0.2


class Rule(Protocol):
    def allowed(self, now: float) -> int: ...
    def entered(self) -> None: ...
    def left(self) -> None: ...
    def answered(self, kind: str, began: float, now: float, *, failed: bool) -> None: ...


@dataclass
class Fixed:
    limit: float = 16
    in_flight: int = 0

    def allowed(self, now: float) -> int:  # noqa: ARG002 - the rules' common form
        return max(1, min(BOUND, int(self.limit)))

    def entered(self) -> None:
        self.in_flight += 1

    def left(self) -> None:
        self.in_flight -= 1

    def answered(self, kind: str, began: float, now: float, *, failed: bool) -> None:
        pass


@dataclass
class AimdPerCall(Fixed):
    """Every failed call halves the limit, every other one raises it by 1/limit."""

    halved: float = -1.0

    def answered(self, kind: str, began: float, now: float, *, failed: bool) -> None:  # noqa: ARG002
        if failed and began >= self.halved:
            self.limit, self.halved = max(1.0, self.limit / 2), now
        elif not failed:
            self.limit = min(float(BOUND), self.limit + 1 / self.limit)


@dataclass
class Gradient(Fixed):
    """Netflix's Gradient2: the long average of the times against the present one, failures left out."""

    long: float = 0.0
    samples: int = 0

    def answered(self, kind: str, began: float, now: float, *, failed: bool) -> None:  # noqa: ARG002
        if failed:
            return
        short = now - began
        self.samples += 1
        self.long += (short - self.long) / min(self.samples, 600)
        if self.long / short > 2:
            self.long *= 0.95
        if self.in_flight < self.limit / 2:
            return
        gradient = max(0.5, min(1.0, 1.5 * self.long / short))
        wanted = self.limit * gradient + 4
        self.limit = max(1.0, min(float(BOUND), self.limit * 0.8 + wanted * 0.2))


@dataclass
class Scene:
    """What TCS is like at a moment: how many calls it works on at once, and shares that fail or are slow."""

    name: str
    capacity: Callable[[float], int] = lambda _now: CAPACITY
    failing: Callable[[float], float] = lambda _now: 0.0
    slow: float = 0.0


SCENES = (
    Scene("healthy"),
    Scene(
        "a quarter from 60 s to 180 s", capacity=lambda now: CAPACITY // 4 if 60 <= now < 180 else CAPACITY
    ),
    Scene("10 % fail, 5 % slow by 2 s", failing=lambda _now: 0.1, slow=0.05),
    Scene("outage from 60 s to 120 s", failing=lambda now: 1.0 if 60 <= now < 120 else 0.0),
)


@dataclass
class Run:
    """A TCS that works on ``capacity`` calls at once and lets the others wait; 200 callers always want more."""

    rule: Rule
    scene: Scene
    random: Random = field(default_factory=lambda: Random(1))  # noqa: S311 - reproducible on purpose
    now: float = 0.0
    working: int = 0
    tick: int = 0
    waiting: list[float] = field(default_factory=list)
    events: list[tuple[float, int, str, float]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    excess: list[int] = field(default_factory=list)
    failures: int = 0
    paused: int = 0

    def add(self, at: float, what: str, began: float) -> None:
        self.tick += 1
        heapq.heappush(self.events, (at, self.tick, what, began))

    def end(self) -> None:
        self.add(0.0, "look", 0.0)
        in_flight = 0
        while self.events and self.now < SECONDS:
            self.now, _, what, began = heapq.heappop(self.events)
            if what == "look":
                if 60 <= self.now < 180:
                    self.excess.append(max(0, in_flight - self.scene.capacity(self.now)))
                self.add(self.now + 0.1, "look", 0.0)
            elif what == "again":
                self.paused -= 1
            elif what == "worked":
                self.working -= 1
                late = 2.0 if self.random.random() < self.scene.slow else 0.0
                self.add(self.now + late, "ok", began)
            else:
                in_flight -= 1
                self.rule.left()
                self.rule.answered(KIND, began, self.now, failed=what == "failed")
                self.note(what, began)
            while in_flight < self.rule.allowed(self.now) and in_flight + self.paused < CALLERS:
                in_flight += 1
                self.rule.entered()
                self.begin()
            while self.waiting and self.working < self.scene.capacity(self.now):
                self.work(self.waiting.pop(0))

    def note(self, what: str, began: float) -> None:
        if what == "ok":
            self.times.append(self.now - began)
        else:
            self.failures += 1
            self.paused += 1
            self.add(self.now + PAUSE_AFTER_FAILURE, "again", 0.0)

    def begin(self) -> None:
        if self.random.random() < self.scene.failing(self.now):
            self.add(self.now + 0.005, "failed", self.now)
        else:
            self.waiting.append(self.now)

    def work(self, began: float) -> None:
        self.working += 1
        self.add(self.now + SERVICE_SECONDS * self.random.uniform(0.7, 1.3), "worked", began)


RULES: tuple[tuple[str, Callable[[], Rule]], ...] = (
    ("fixed 16", Fixed),
    ("fixed 64", lambda: Fixed(64)),
    ("AIMD, each failure", lambda: AimdPerCall(8)),
    ("AIMD by windows", lambda: LoadControl(BOUND)),
    ("gradient2", lambda: Gradient(8)),
)


def main() -> None:
    print("| TCS | rule | calls/s | p95 | in excess of capacity, mean of 60 s to 180 s | failed calls |")
    print("|---|---|---|---|---|---|")
    for scene in SCENES:
        for name, make in RULES:
            run = Run(make(), scene)
            run.end()
            p95 = quantiles(run.times, n=20)[-1] if len(run.times) > 1 else math.inf
            print(
                f"| {scene.name} | {name} | {len(run.times) / SECONDS:.0f} | {p95:.2f} s "
                f"| {mean(run.excess):.1f} | {run.failures} |"
            )


if __name__ == "__main__":
    main()
