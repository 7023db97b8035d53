"""Work that a person requested and nobody waits for: it goes on after the answer, and ends with the process."""

import asyncio
from collections.abc import Coroutine
from typing import Any

Work = Coroutine[Any, Any, None]


class Background:
    """Runs pieces of work by name, each name once at a time. A piece stores its own end, and raises nothing."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._next: dict[str, Work] = {}

    def start(self, name: str, work: Work) -> None:
        """Begin a piece of work; one of a name that is going on begins after it, and of several such the first alone.

        What goes on may have stored its end already, so that a person could request what follows.
        """
        if name not in self._tasks:
            self._begin(name, work)
        elif name not in self._next:
            self._next[name] = work
        else:
            work.close()

    async def finished(self) -> None:
        """Return when nothing is going on."""
        while self._tasks:
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def close(self) -> None:
        """End all of it: what was interrupted is shown as such, and can be requested again."""
        while self._next:
            self._next.popitem()[1].close()
        for task in self._tasks.values():
            task.cancel()
        await self.finished()

    def _begin(self, name: str, work: Work) -> None:
        task = self._tasks[name] = asyncio.create_task(work, name=name)
        task.add_done_callback(lambda _: self._ended(name))

    def _ended(self, name: str) -> None:
        del self._tasks[name]
        if (work := self._next.pop(name, None)) is not None:
            self._begin(name, work)
