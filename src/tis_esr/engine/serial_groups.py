"""Runs batches of different queues that write the same documents one after the other, which avoids conflicts.

A batch that waits for a slow dependency does not block the others.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

LOOK_SECONDS = 0.1
"""Seconds between checks of whether a batch waits for something slow."""


class SerialGroups:
    """The serial groups of one process, by name."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def taken(self, name: str, is_waiting: Callable[[], bool]) -> AsyncIterator[None]:
        """Wait for the turn and keep it while the block runs, but only until ``is_waiting`` for something slow."""
        loop = asyncio.get_running_loop()
        lock = self._locks.setdefault(name, asyncio.Lock())
        await lock.acquire()
        is_kept = True

        def leave() -> None:
            nonlocal is_kept
            if is_kept:
                is_kept = False
                lock.release()

        def look() -> None:
            if is_waiting():
                leave()
            else:
                timers.append(loop.call_later(LOOK_SECONDS, look))
                del timers[0]

        timers = [loop.call_later(LOOK_SECONDS, look)]
        try:
            yield
        finally:
            timers[0].cancel()
            leave()
