"""Work that a person requested and nobody waits for: it goes on after the answer, and ends with the process."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Background:
    """Runs pieces of work by name, each name once at a time. A piece stores its own end, and raises nothing."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        """Begin a piece of work, unless one of this name is going on."""
        if name in self._tasks:
            work.close()
            return
        task = asyncio.create_task(work, name=name)
        self._tasks[name] = task
        task.add_done_callback(lambda _: self._tasks.pop(name, None))

    async def finished(self) -> None:
        """Return when nothing is going on."""
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def close(self) -> None:
        """End all of it: what was interrupted is shown as such, and can be requested again."""
        for task in self._tasks.values():
            task.cancel()
        await self.finished()
