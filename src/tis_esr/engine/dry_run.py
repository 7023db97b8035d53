"""An engine that keeps commits in memory only: shows what a step would do, without storing anything."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import msgspec

from tis_esr.engine.collection import Between, Collection, Where
from tis_esr.engine.envelope import Identity, Message
from tis_esr.engine.protocol import Commit, Cursor, Depths, Engine, OldMessage, Standing, Stored
from tis_esr.engine.row_accounting import Row, RowState


class DryRun:
    """Reads from an engine, overlaid with what was committed here; messages and rows are discarded. See Engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._written: dict[str, dict[str, Stored]] = {}

    def time(self) -> float:
        """Return the engine's time."""
        return self._engine.time()

    async def get(self, collection: Collection[Any], keys: Sequence[str]) -> list[Stored]:
        """Return documents as they would be stored."""
        own = self._written.get(collection.name, {})
        there = await self._engine.get(collection, [key for key in keys if key not in own])
        return [*there, *(own[key] for key in keys if key in own)]

    async def find(
        self, collection: Collection[Any], where: Where, order_by: Sequence[str], limit: int | None
    ) -> list[Stored]:
        """Return the documents that would match ``where``, in the requested order, then by key."""
        own = self._written.get(collection.name, {})
        more = None if limit is None else limit + len(own)
        there = await self._engine.find(collection, where, order_by, more)
        found = [stored for stored in there if stored.key not in own]
        found += [stored for stored in own.values() if _meets(msgspec.json.decode(stored.body), where)]
        if own:
            found.sort(key=lambda stored: _place(stored, order_by))
        return found[:limit]

    async def commit(self, commit: Commit) -> None:
        """Keep the documents here."""
        for put in commit.puts:
            stored = Stored(put.key, put.version + 1, put.body)
            self._written.setdefault(put.collection.name, {})[put.key] = stored

    async def claim(self, queue: str, limit: int) -> list[Message]:  # noqa: ARG002 - the protocol's
        """Return nothing: a dry run handles no messages."""
        return []

    async def release(self, messages: Iterable[Message], delay: float) -> None:
        """Do nothing: no message was claimed."""

    async def next_ready(self, queues: Sequence[str]) -> float | None:  # noqa: ARG002 - the protocol's
        """Return None: there is nothing to handle."""
        return None

    async def wait(self, queue: str, seconds: float) -> None:
        """Return at once."""

    async def replay(self, parked: Iterable[tuple[str, str]]) -> int:  # noqa: ARG002 - the protocol's
        """Return 0: nothing is requeued."""
        return 0

    async def discard(self, parked: Iterable[tuple[str, str]], reason: str) -> int:  # noqa: ARG002 - the protocol's
        """Return 0: nothing is discarded."""
        return 0

    async def standing(self, messages: Sequence[Identity]) -> dict[Identity, Standing]:
        """Return the engine's."""
        return await self._engine.standing(messages)

    async def written_before(
        self, collection: Collection[Any], day: date, after: Cursor | None, limit: int
    ) -> list[Stored]:
        """Return the engine's."""
        return await self._engine.written_before(collection, day, after, limit)

    async def handled_before(
        self, day: date, after: Cursor | None, limit: int, *, parked: bool
    ) -> list[OldMessage]:
        """Return the engine's."""
        return await self._engine.handled_before(day, after, limit, parked=parked)

    async def rows_of(self, file: str, after: int, limit: int) -> list[int]:
        """Return the engine's."""
        return await self._engine.rows_of(file, after, limit)

    async def outcomes(self, file: str, after: int, limit: int) -> list[Row]:
        """Return the engine's."""
        return await self._engine.outcomes(file, after, limit)

    async def rows_at(self, places: Sequence[tuple[str, int]]) -> list[Row]:
        """Return the engine's."""
        return await self._engine.rows_at(places)

    async def row_states(self, file: str) -> dict[RowState, int]:
        """Return the engine's."""
        return await self._engine.row_states(file)

    async def unfinished(self, files: str, queues: Sequence[str]) -> dict[str, int]:
        """Return the engine's."""
        return await self._engine.unfinished(files, queues)

    async def depths(self) -> Depths:
        """Return the engine's."""
        return await self._engine.depths()

    async def trouble(self) -> str:
        """Return the engine's."""
        return await self._engine.trouble()


def _meets(document: dict[str, Any], where: Where) -> bool:
    return all(_holds(document.get(name), wanted) for name, wanted in where.items())


def _holds(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, Between):
        return value is not None and bool(_plain(wanted.first) <= value < _plain(wanted.end))
    if isinstance(wanted, list | tuple | set):
        return value in [_plain(one) for one in wanted]
    return bool(value == _plain(wanted))


def _place(stored: Stored, order_by: Sequence[str]) -> list[tuple[bool, Any]]:
    document = msgspec.json.decode(stored.body)
    values = [document.get(name) for name in order_by]
    return [*((value is not None, value) for value in values), (True, stored.key)]


def _plain(value: Any) -> Any:
    """Return a value as it is in a document's JSON."""
    return msgspec.to_builtins(value)
