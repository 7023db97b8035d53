"""Answers that are expensive and the same for everybody: asked once, and given to all for a short while."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime
from typing import Final, Generic, TypeVar

from tis_esr import wall_clock

T = TypeVar("T")
_MOST: Final = 200
_OUTLIVES: Final = 8
"""How many times as long as it is kept an answer may still be given while a newer one is found."""


class Remembered(Generic[T]):
    """Keeps each answer for ``seconds``; who asks while it is being found waits for that one, and gets its error too.

    What is far too old is dropped when the next answer is found: some are large, and nobody asks for them any more.
    """

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._now = seconds, now
        self._found: dict[Hashable, tuple[float, datetime, T]] = {}
        self._useful_until: dict[Hashable, float] = {}
        self._tasks: dict[Hashable, asyncio.Task[tuple[T, datetime]]] = {}
        self._begun: set[asyncio.Task[tuple[T, datetime]]] = set()

    async def ready(
        self, key: Hashable, find: Callable[[], Awaitable[T]], *, times: int = 1
    ) -> tuple[T, datetime]:
        """Return an answer at once if there is one that is not far too old; a newer one is found meanwhile."""
        kept = self._found.get(key)
        if kept is None or self._now() - kept[0] >= self._seconds * times * _OUTLIVES:
            return await self.get(key, find, times=times)
        if self._now() - kept[0] >= self._seconds * times:
            self._finding(key, find, times)
        return kept[2], kept[1]

    async def soon(
        self, key: Hashable, find: Callable[[], Awaitable[T]], *, times: int = 1, seconds: float = 1.0
    ) -> tuple[T, datetime] | None:
        """Return an answer as ``ready`` does; None if it takes longer than ``seconds``, and is found for later meanwhile."""
        task = asyncio.create_task(self.ready(key, find, times=times))
        self._begun.add(task)
        task.add_done_callback(self._ended)
        done, _ = await asyncio.wait({task}, timeout=seconds)
        return task.result() if done else None

    async def get(
        self, key: Hashable, find: Callable[[], Awaitable[T]], *, times: int = 1
    ) -> tuple[T, datetime]:
        """Return the answer to ``key``, and the moment (UTC) from which it is; it is kept ``times`` as long as others."""
        kept = self._found.get(key)
        if kept is not None and self._now() - kept[0] < self._seconds * times:
            return kept[2], kept[1]
        return await asyncio.shield(self._finding(key, find, times))

    def _finding(
        self, key: Hashable, find: Callable[[], Awaitable[T]], times: int
    ) -> asyncio.Task[tuple[T, datetime]]:
        """Return what finds an answer, for all who wait for it; it goes on when nobody waits any more."""
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.create_task(self._find(key, find, times))
            task.add_done_callback(self._ended)
            task.add_done_callback(lambda _: self._tasks.pop(key, None))
        return task

    async def _find(self, key: Hashable, find: Callable[[], Awaitable[T]], times: int) -> tuple[T, datetime]:
        answer, at = await find(), wall_clock.now()
        now = self._now()
        self._forget(key)
        for old in [one for one, until in self._useful_until.items() if until <= now]:
            self._forget(old)
        while len(self._found) >= _MOST:
            self._forget(next(iter(self._found)))
        self._found[key] = (now, at, answer)
        self._useful_until[key] = now + self._seconds * times * _OUTLIVES
        return answer, at

    def _forget(self, key: Hashable) -> None:
        self._found.pop(key, None)
        self._useful_until.pop(key, None)

    def _ended(self, task: asyncio.Task[tuple[T, datetime]]) -> None:
        """Drop an error that nobody waits for any more: the next who asks gets one of their own."""
        self._begun.discard(task)
        if not task.cancelled():
            task.exception()
