"""Answers that are expensive and the same for everybody: asked once, and given to all for a short while."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable
from datetime import UTC, datetime
from typing import Final, Generic, TypeVar

T = TypeVar("T")
_MOST: Final = 200


class Remembered(Generic[T]):
    """Keeps each answer for ``seconds``; who asks while it is being found waits for that one."""

    def __init__(self, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._now = seconds, now
        self._found: dict[Hashable, tuple[float, datetime, T]] = {}
        self._locks: dict[Hashable, asyncio.Lock] = {}

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
