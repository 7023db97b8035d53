"""A watchdog for the event loop: it finds every step that keeps the loop from others for too long.

What the machine does to this process is not counted: of a step that computes, its thread's processor time is
measured; of one that waits in a call (a file system's, a lock's), the time in which it neither ran nor waited for
a processor, as far as another thread of this process could look at it again and again in that time.
"""

import asyncio
import contextlib
import os
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

LIMIT = 0.05
_LOOK_SECONDS = 0.005
_LONGEST_LOOK = 4 * _LOOK_SECONDS
_DEEPEST = 3
_EXPLAINING = "mongodb_plans.py"
"""Asks MongoDB for the plan of a query of a new shape: an act of the tests, which waits in the step of the query."""
_HERE = Path(__file__).parents[2]


class Watchdog:
    """What was found: ``longest`` is the most processor time that any step had, ``found`` the steps over the limit."""

    def __init__(self, limit: float = LIMIT) -> None:
        self.limit = limit
        self.longest = 0.0
        self.found: list[str] = []
        self._step = 0
        self._is_in_step = False
        self._blocked = 0.0
        self._schedstat = -1
        self._seen: Counter[str] = Counter()

    @contextlib.contextmanager
    def watching(self) -> Iterator["Watchdog"]:
        """Watch the event loops that this thread runs within the block."""
        over = threading.Event()
        ident, native = threading.get_ident(), threading.get_native_id()
        self._schedstat = os.open(f"/proc/self/task/{native}/schedstat", os.O_RDONLY)
        looking = threading.Thread(target=self._look, args=(ident, over), name="watchdog", daemon=True)
        original = asyncio.Handle._run

        def run(handle: asyncio.Handle) -> None:
            if threading.get_ident() == ident:
                self._run(handle, original)
            else:
                original(handle)

        asyncio.Handle._run = run  # type: ignore[method-assign]  # each step of a loop goes through it
        looking.start()
        try:
            yield self
        finally:
            asyncio.Handle._run = original  # type: ignore[method-assign]
            over.set()
            looking.join()
            os.close(self._schedstat)
            self._schedstat = -1

    def _run(self, handle: asyncio.Handle, original: object) -> None:
        self._step += 1
        self._blocked, self._seen = 0.0, Counter()
        self._is_in_step = True
        began, scheduled, before = time.monotonic(), self._scheduled(), time.thread_time()
        try:
            original(handle)  # type: ignore[operator]  # the loop's own method
        finally:
            self._is_in_step = False
            if self._schedstat >= 0:  # else the watch ended within this step
                idle = time.monotonic() - began - (self._scheduled() - scheduled)
                self._blocked = min(self._blocked, idle)
                self._ended(time.thread_time() - before)

    def _scheduled(self) -> float:
        """Return the seconds for which the loop's thread has run or waited for a processor."""
        ran, waited, _ = os.pread(self._schedstat, 100, 0).split()
        return (int(ran) + int(waited)) / 1e9

    def _ended(self, computed: float) -> None:
        self.longest = max(self.longest, computed)
        if max(computed, self._blocked) <= self.limit or any(_EXPLAINING in place for place in self._seen):
            return
        where = "; ".join(f"{number}x {place}" for place, number in self._seen.most_common(3))
        self.found.append(
            f"{computed * 1000:.0f} ms computed, {self._blocked * 1000:.0f} ms blocked: {where or 'never looked at'}"
        )

    def _look(self, ident: int, over: threading.Event) -> None:
        """Look at the loop's thread every few milliseconds, and at what it has done since the last look."""
        last: tuple[int, object, int, float, float] | None = None
        while not over.wait(_LOOK_SECONDS):
            frame = sys._current_frames().get(ident)
            step, now = self._step, time.monotonic()
            if frame is None or not self._is_in_step:
                last = None
                continue
            used = self._scheduled()
            self._seen[_place(frame)] += 1
            if last is not None and last[:3] == (step, frame, frame.f_lasti):
                idle = (now - last[3]) - (used - last[4])
                if self._step == step and idle > 0.8 * (now - last[3]):
                    self._blocked += min(idle, _LONGEST_LOOK)
            last = (step, frame, frame.f_lasti, now, used)


def _place(frame: FrameType) -> str:
    """Return where a thread is: its last calls, the innermost first."""
    calls = traceback.extract_stack(frame)[::-1]
    ours = [
        call
        for call in calls
        if call.filename.startswith(str(_HERE)) and "site-packages" not in call.filename
    ]
    shown = [f"{call.name} ({Path(call.filename).name}:{call.lineno})" for call in [calls[0], *ours]]
    return " < ".join(dict.fromkeys(shown[: _DEEPEST + 1]))
