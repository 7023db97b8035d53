"""The embedded engine's transactions: plain SQLite calls, each executed as a whole on one writer thread."""

import asyncio
import contextlib
import sqlite3
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

from tis_esr.engine import monotonic_clock
from tis_esr.engine.collection import Collection, Where
from tis_esr.engine.embedded import claiming, parking, purging
from tis_esr.engine.embedded.many import blocks, execute_for, write_rows
from tis_esr.engine.embedded.schema import lock, make_collections, open_state, table
from tis_esr.engine.embedded.searching import column_value, selected
from tis_esr.engine.envelope import Identity, Message
from tis_esr.engine.faults import (
    ConflictError,
    LeaseLostError,
    TransientError,
)
from tis_esr.engine.protocol import Commit, Cursor, Depths, OldMessage, Put, Standing, Stored
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.engine.supervision import wait_for_event

R = TypeVar("R")

_SOON = 0.1
_SWITCH_SECONDS = 0.0005
"""How long Python keeps its lock from a waiting thread: the state file's needs it again after each row that it reads."""


class EmbeddedEngine:
    """One SQLite file (WAL) used by one process; survives a crash of the process at any point.

    Claims, and the delays of released messages, are in memory only, by a monotonic clock; so after a crash every
    unacknowledged message is ready again. ``opened_at`` replaces the wall clock at the opening. The file is locked while it is open: raises StateInUseError if another
    process uses it.
    """

    def __init__(
        self, path: Path, collections: Iterable[Collection[Any]], opened_at: datetime | None = None
    ) -> None:
        self.path = path
        self._connection = open_state(path)
        self._lock = lock(path)
        try:
            make_collections(self._connection, collections)
            claiming.count_deaths(self._connection)
        except sqlite3.OperationalError as error:
            raise TransientError(f"{path}: {error}") from error
        sys.setswitchinterval(_SWITCH_SECONDS)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="state")
        self._claimed: set[Identity] = set()
        self._isolated: set[Identity] = set()
        self._isolating = False
        self._delayed: dict[Identity, float] = {}
        self._changed: dict[str, asyncio.Event] = {}
        opened = time.time() if opened_at is None else opened_at.timestamp()
        self._offset = opened - monotonic_clock.elapsed()

    def close(self) -> None:
        """Finish work in progress and close the file."""
        self._thread.shutdown()
        self._connection.close()
        self._lock.close()

    def time(self) -> float:
        """See Engine.time: the wall clock at the opening, continued by a monotonic clock."""
        return self._offset + monotonic_clock.elapsed()

    async def get(self, collection: Collection[Any], keys: Sequence[str]) -> list[Stored]:
        """See Engine.get."""
        return await self._run(lambda: _get(self._connection, collection, keys))

    async def find(
        self, collection: Collection[Any], where: Where, order_by: Sequence[str], limit: int | None
    ) -> list[Stored]:
        """See Engine.find."""
        return await self._run(lambda: _find(self._connection, collection, where, order_by, limit))

    async def commit(self, commit: Commit) -> None:
        """See Engine.commit."""
        now = self.time()
        day = (commit.day or datetime.fromtimestamp(now, UTC).date()).isoformat()
        await self._run(lambda: self._transaction(lambda: _apply(self._connection, commit, day, now)))
        self._forget([*commit.done, *(message for message, *_ in commit.parked)])
        self._wake(
            [*(message.queue for message in commit.messages), *(queue for queue, _ in commit.requeued)]
        )

    async def claim(self, queue: str, limit: int) -> list[Message]:
        """See Engine.claim."""
        not_now = [id_ for name, id_ in [*self._claimed, *self._waiting([queue])] if name == queue]
        ready = claiming.Ready(queue, limit, not_now, isolated=not (self._isolated or self._isolating))
        self._isolating = self._isolating or ready.isolated
        try:
            claimed = await self._run(
                lambda: self._transaction(lambda: claiming.claim(self._connection, ready))
            )
        finally:
            self._isolating = self._isolating and not ready.isolated
        self._claimed.update(message.identity for message in claimed.messages)
        if len(claimed.messages) == 1 and claimed.messages[0].is_isolated:
            self._isolated.add(claimed.messages[0].identity)
        self._delayed.update(dict.fromkeys(claimed.isolated, time.monotonic() + _SOON))
        return claimed.messages

    async def release(self, messages: Iterable[Message], delay: float) -> None:
        """See Engine.release."""
        given = list(messages)
        with contextlib.suppress(TransientError):  # what can't be written only counts too much
            await self._run(lambda: self._transaction(lambda: claiming.release(self._connection, given)))
        if delay > 0:
            self._delayed.update({message.identity: time.monotonic() + delay for message in given})
        self._forget(given)
        self._wake(message.queue for message in given)

    def _forget(self, messages: Sequence[Message]) -> None:
        keys = [message.identity for message in messages]
        self._claimed.difference_update(keys)
        if self._isolated:
            self._isolated.difference_update(keys)

    async def next_ready(self, queues: Sequence[str]) -> float | None:
        """See Engine.next_ready."""
        delayed = self._waiting(queues)
        not_now = len(delayed) + sum(queue in queues for queue, _ in self._claimed)
        marks = ",".join("?" * len(queues))
        query = f"SELECT 1 FROM messages WHERE state = 'ready' AND queue IN ({marks}) LIMIT ?"
        values = (*queues, not_now + 1)
        left = len(await self._run(lambda: self._connection.execute(query, values).fetchall()))
        if not left or left > not_now:
            return 0.0 if left else None
        return max(0.0, min(delayed.values()) - time.monotonic()) if delayed else _SOON

    def _waiting(self, queues: Sequence[str]) -> dict[Identity, float]:
        """Return which messages of the queues are delayed, and until when; remove delays that have passed."""
        now = time.monotonic()
        self._delayed = {key: until for key, until in self._delayed.items() if until > now}
        return {key: until for key, until in self._delayed.items() if key[0] in queues}

    async def replay(self, parked: Iterable[Identity]) -> int:
        """See Engine.replay."""
        keys = list(parked)
        done = await self._run(
            lambda: self._transaction(lambda: parking.end_parking(self._connection, keys, None))
        )
        self._wake(queue for queue, _ in keys)
        return done

    async def discard(self, parked: Iterable[Identity], reason: str) -> int:
        """See Engine.discard."""
        keys = list(parked)
        return await self._run(
            lambda: self._transaction(lambda: parking.end_parking(self._connection, keys, reason))
        )

    async def wait(self, queue: str, seconds: float) -> None:
        """See Engine.wait."""
        changed = self._changed.setdefault(queue, asyncio.Event())
        changed.clear()
        ready = await self.next_ready([queue])
        if ready is not None:
            seconds = min(seconds, ready)
        await wait_for_event(changed, seconds)

    async def standing(self, messages: Sequence[Identity]) -> dict[Identity, Standing]:
        """See Engine.standing."""
        return await self._run(lambda: parking.standing(self._connection, messages))

    async def written_before(
        self, collection: Collection[Any], day: date, after: Cursor | None, limit: int
    ) -> list[Stored]:
        """See Engine.written_before."""
        return await self._run(lambda: purging.written(self._connection, collection, day, after, limit))

    async def handled_before(
        self, day: date, after: Cursor | None, limit: int, *, parked: bool
    ) -> list[OldMessage]:
        """See Engine.handled_before."""
        return await self._run(lambda: purging.handled(self._connection, day, after, limit, parked=parked))

    async def rows_of(self, file: str, after: int, limit: int) -> list[int]:
        """See Engine.rows_of."""
        return await self._run(lambda: purging.rows_of(self._connection, file, after, limit))

    async def outcomes(self, file: str, after: int, limit: int) -> list[Row]:
        """See Engine.outcomes."""
        return await self._run(lambda: parking.outcomes(self._connection, file, after, limit))

    async def rows_at(self, places: Sequence[tuple[str, int]]) -> list[Row]:
        """See Engine.rows_at."""
        return await self._run(lambda: parking.rows_at(self._connection, places))

    async def row_states(self, file: str) -> dict[RowState, int]:
        """See Engine.row_states."""
        return await self._run(lambda: purging.row_states(self._connection, file))

    async def unfinished(self, files: str, queues: Sequence[str]) -> dict[str, int]:
        """See Engine.unfinished."""
        return await self._run(lambda: _unfinished(self._connection, files, queues))

    async def depths(self) -> Depths:
        """See Engine.depths."""
        return await self._run(lambda: _depths(self._connection, self.time()))

    async def trouble(self) -> str:
        """See Engine.trouble."""
        try:
            await self._run(lambda: self._connection.execute("SELECT 1"))
        except TransientError as fault:
            return fault.reason
        return ""

    def _wake(self, queues: Iterable[str]) -> None:
        for queue in set(queues):
            if queue in self._changed:
                self._changed[queue].set()

    async def _run(self, call: Callable[[], R]) -> R:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, call)
        except sqlite3.OperationalError as error:
            raise TransientError(f"{self.path}: {error}") from error

    def _transaction(self, call: Callable[[], R]) -> R:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            result = call()
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise
        return result


def _get(connection: sqlite3.Connection, collection: Collection[Any], keys: Sequence[str]) -> list[Stored]:
    found = []
    for part in blocks(keys):
        marks = ",".join("?" * len(part))
        rows = connection.execute(
            f"SELECT key, version, body, written_on FROM {table(collection)} WHERE key IN ({marks})", part
        )
        found += [Stored(*row) for row in rows]
    return found


def _find(
    connection: sqlite3.Connection,
    collection: Collection[Any],
    where: Where,
    order_by: Sequence[str],
    limit: int | None,
) -> list[Stored]:
    columns = ("key", "version", "body", "written_on")
    return [Stored(*row) for row in selected(connection, collection, columns, where, order_by, limit)]


def _apply(connection: sqlite3.Connection, commit: Commit, day: str, now: float) -> None:
    by_collection: dict[str, list[Put]] = {}
    for put in commit.puts:
        by_collection.setdefault(put.collection.name, []).append(put)
    for puts in by_collection.values():
        _put(connection, puts, day)
    write_rows(
        connection,
        "INSERT OR FAIL INTO messages (queue, id, correlation_id, source_file, deanery, row, last_row, body,"
        " created, state) VALUES {rows} ON CONFLICT (queue, id) DO NOTHING",
        [
            (*m.identity, m.correlation_id, m.source_file, m.deanery, m.row, m.last_row, m.body, now, "ready")
            for m in commit.messages
        ],
    )
    parking.account(connection, commit.rows)
    _finish(connection, commit.done, day)
    parking.park(connection, commit.parked, day, now)
    purging.remove(connection, commit)
    if parking.end_parking(connection, commit.requeued, None) != len(commit.requeued):
        raise ConflictError("messages")


def _finish(connection: sqlite3.Connection, messages: Sequence[Message], day: str) -> None:
    finished = 0
    for queue in {message.queue for message in messages}:
        finished += execute_for(
            connection,
            "UPDATE OR FAIL messages SET state = 'done', body = NULL, handled_on = ?"
            " WHERE queue = ? AND state = 'ready' AND id IN ({keys})",
            (day, queue),
            [message.id for message in messages if message.queue == queue],
        )
    if finished != len(messages):
        raise LeaseLostError


def _unfinished(connection: sqlite3.Connection, files: str, queues: Sequence[str]) -> dict[str, int]:
    counts = {
        queue: connection.execute(
            "SELECT count(*) FROM messages WHERE state = 'ready' AND queue = ? AND substr(source_file, 1, ?) = ?",
            (queue, len(files), files),
        ).fetchone()[0]
        for queue in queues
    }
    return {queue: number for queue, number in counts.items() if number}


def _depths(connection: sqlite3.Connection, now: float) -> Depths:
    waiting = connection.execute(
        "SELECT queue, count(*), min(created) FROM messages WHERE state = 'ready' GROUP BY queue"
    )
    parked = connection.execute(
        "SELECT queue, reason, count(*) FROM messages WHERE state = 'parked' GROUP BY queue, reason"
    )
    first = connection.execute(
        "SELECT min(created) FROM messages WHERE state = 'parked' AND created > 0"
    ).fetchone()[0]
    return Depths(
        queues={queue: (number, max(0.0, now - oldest)) for queue, number, oldest in waiting},
        parked={(queue, reason): number for queue, reason, number in parked},
        open_longest=max(0.0, now - first) if first else 0.0,
    )


def _put(connection: sqlite3.Connection, puts: list[Put], day: str) -> None:
    collection = puts[0].collection
    names = ["key", "version", "body", "written_on", *(f'"{name}"' for name in collection.searched)]
    new, known = [p for p in puts if p.version == 0], [p for p in puts if p.version]
    try:
        write_rows(
            connection,
            f"INSERT OR FAIL INTO {table(collection)} ({', '.join(names)}) VALUES {{rows}}",
            [_columns(put, day) for put in new],
        )
    except sqlite3.IntegrityError as error:
        raise ConflictError(collection.name) from error
    sets = ", ".join(f"{name} = new.column{number}" for number, name in enumerate(names[1:], 2))
    changed = write_rows(
        connection,
        f"UPDATE OR FAIL {table(collection)} AS old SET {sets} FROM (VALUES {{rows}}) AS new"
        " WHERE old.key = new.column1 AND old.version = new.column2 - 1",
        [_columns(put, day) for put in known],
    )
    if changed != len(known):
        raise ConflictError(collection.name)


def _columns(put: Put, day: str) -> tuple[Any, ...]:
    return put.key, put.version + 1, put.body, put.written_on or day, *map(column_value, put.searched)
