"""An engine that something happens to at a moment of its work: another process overtakes it, or it dies."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from tis_esr.engine.collection import Collection
from tis_esr.engine.faults import TransientError
from tis_esr.engine.protocol import Commit, Engine, Stored


class Watched:
    """The engine of a process to which something happens just before its n-th step."""

    def __init__(self, engine: Engine, at: int, happens: Callable[[], Awaitable[None]]) -> None:
        self._engine, self._at, self._happens = engine, at, happens
        self.steps = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def get(self, collection: Collection[Any], keys: Sequence[str]) -> list[Stored]:
        await self._step()
        return await self._engine.get(collection, keys)

    async def find(self, *asked: Any) -> list[Stored]:
        await self._step()
        return await self._engine.find(*asked)

    async def commit(self, commit: Commit) -> None:
        await self._step()
        await self._engine.commit(commit)

    async def _step(self) -> None:
        self.steps += 1
        if self.steps == self._at:
            await self._happens()


class FailingCommit:
    """The engine of a process that ends just before its n-th commit."""

    def __init__(self, engine: Engine, at: int) -> None:
        self._engine, self._left = engine, at

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def commit(self, commit: Commit) -> None:
        self._left -= 1
        if not self._left:
            raise TransientError("the process ended here")
        await self._engine.commit(commit)
