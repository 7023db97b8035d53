"""Batches of different queues that write the same documents go one after the other, which saves conflicts.

Only while that costs little: a batch that waits for a slow dependency doesn't hold up the others.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

SLOW_SECONDS = 0.25
"""Seconds after which a batch counts as slow, so that others are begun beside it."""


class Turns:
    """The turns of one process, by name."""

    def __init__(self) -> None:
        self._locks: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def taken(self, name: str, *, overlaps: bool) -> AsyncIterator[None]:
        """Wait for the turn and keep it while the block runs; one that ``overlaps`` only until it counts as slow."""
        lock = self._locks.setdefault(name, asyncio.Lock())
        await lock.acquire()
        is_kept = True

        def leave() -> None:
            nonlocal is_kept
            if is_kept:
                is_kept = False
                lock.release()

        timer = asyncio.get_running_loop().call_later(SLOW_SECONDS, leave) if overlaps else None
        try:
            yield
        finally:
            if timer is not None:
                timer.cancel()
            leave()
