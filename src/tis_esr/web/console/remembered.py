"""Answers that are expensive and the same for everybody: asked once, and given to all for a short while."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, Generic, TypeVar

from starlette.exceptions import HTTPException

from tis_esr.errors import TisEsrError

T = TypeVar("T")
_MOST: Final = 200
_OUTLIVES: Final = 8
"""How many times as long as it is kept an answer may still be given while a newer one is found."""


class Remembered(Generic[T]):
    """Keeps each answer for ``seconds``; who asks while it is being found waits for that one."""

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._now = seconds, now
        self._found: dict[Hashable, tuple[float, datetime, T]] = {}
        self._locks: dict[Hashable, asyncio.Lock] = {}
        self._tasks: dict[Hashable, asyncio.Task[None]] = {}
        self._begun: set[asyncio.Task[tuple[T, datetime]]] = set()

    async def ready(
        self, key: Hashable, find: Callable[[], Awaitable[T]], *, times: int = 1
    ) -> tuple[T, datetime]:
        """Return an answer at once if there is one that is not far too old; a newer one is found meanwhile."""
        kept = self._found.get(key)
        if kept is None or self._now() - kept[0] >= self._seconds * times * _OUTLIVES:
            return await self.get(key, find, times=times)
        if self._now() - kept[0] >= self._seconds * times and key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._find_again(key, find, times))
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

    def _ended(self, task: asyncio.Task[tuple[T, datetime]]) -> None:
        self._begun.discard(task)
        if not task.cancelled():
            task.exception()

    async def _find_again(self, key: Hashable, find: Callable[[], Awaitable[T]], times: int) -> None:
        """Find an answer while nobody waits for it: an error is raised to the next one who has to wait."""
        try:
            with suppress(TisEsrError, HTTPException):
                await self.get(key, find, times=times)
        finally:
            del self._tasks[key]

    async def get(
        self, key: Hashable, find: Callable[[], Awaitable[T]], *, times: int = 1
    ) -> tuple[T, datetime]:
        """Return the answer to ``key``, and the moment (UTC) from which it is; it is kept ``times`` as long as others."""
        async with self._locks.setdefault(key, asyncio.Lock()):
            kept = self._found.get(key)
            if kept is not None and self._now() - kept[0] < self._seconds * times:
                return kept[2], kept[1]
            answer, at = await find(), datetime.now(UTC)
            while len(self._found) >= _MOST:
                oldest = next(iter(self._found))
                del self._found[oldest]
                self._locks.pop(oldest, None)
            self._found[key] = (self._now(), at, answer)
            return answer, at
