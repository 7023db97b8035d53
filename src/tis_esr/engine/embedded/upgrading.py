"""Upgrades a state file in one transaction: killed at any point, it is as it was, and the upgrade begins again."""

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tis_esr.engine.collection import Collection
from tis_esr.engine.embedded.backing_up import back_up
from tis_esr.engine.embedded.many import execute_many
from tis_esr.engine.embedded.schema import (
    SCHEMA_VERSION,
    create_tables,
    disk_trouble,
    locked,
    make_collections,
    open_any_version,
    table,
)
from tis_esr.engine.embedded.searching import column_value
from tis_esr.engine.faults import UnusableStateError
from tis_esr.engine.upgrading import (
    PAGE,
    Json,
    Page,
    Step,
    Upgrade,
    Written,
    converted,
    converted_body,
    refuse_loss,
)

Progress = Callable[[str], None]
_OLD = "before upgrade: "
_KEYS_A_QUERY = 500
_NEW_COLUMNS = (
    "held INTEGER NOT NULL DEFAULT 0",
    "deaths INTEGER NOT NULL DEFAULT 0",
    "cause TEXT NOT NULL DEFAULT ''",
    "parked_at REAL NOT NULL DEFAULT 0",
    "handled_on TEXT NOT NULL DEFAULT ''",
)


class Upgraded(NamedTuple):
    """The release that a state file was upgraded from, and the copy of the file as it was."""

    release: str
    copy: Path


def upgrade_state(
    path: Path,
    upgrades: Sequence[Upgrade],
    collections: Iterable[Collection[Any]],
    progress: Progress = lambda _: None,
) -> Upgraded | None:
    """Bring a state file to the present schema; None if there was nothing to do.

    The copy is beside it, with the release at the end of its name. Raises UnusableStateError for a version that
    cannot be upgraded, StateInUseError, UnconvertibleError, and TransientError where the disk is full or fails. ``progress`` gets the name of each step before it begins.
    """
    with closing(open_any_version(path)) as connection:
        if _upgrade_of(path, connection, upgrades) is None:
            return None
        with locked(path), disk_trouble(path):
            upgrade = _upgrade_of(path, connection, upgrades)
            if upgrade is None:  # another process has upgraded it meanwhile
                return None
            progress("copy")
            copy = path.with_name(f"{path.name}.{upgrade.release}")
            back_up(connection, copy)
            connection.execute("BEGIN IMMEDIATE")
            try:
                _upgrade(connection, upgrade, list(collections), progress)
                progress("commit")
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        return Upgraded(upgrade.release, copy)


def _upgrade_of(path: Path, connection: sqlite3.Connection, upgrades: Sequence[Upgrade]) -> Upgrade | None:
    """Return the upgrade that a state file needs. Raises UnusableStateError if there is none for its version."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version in {0, SCHEMA_VERSION}:
        return None
    upgrade = next((upgrade for upgrade in upgrades if upgrade.embedded == version), None)
    if upgrade is None:
        releases = ", ".join(upgrade.release for upgrade in upgrades)
        reason = f"it has schema version {version}; this tis-esr upgrades the state files of {releases}"
        raise UnusableStateError(str(path), reason)
    return upgrade


def _upgrade(
    connection: sqlite3.Connection,
    upgrade: Upgrade,
    collections: Sequence[Collection[Any]],
    progress: Progress,
) -> None:
    day = datetime.fromtimestamp(time.time(), UTC).date().isoformat()
    for name in upgrade.old_collections:
        _set_aside(connection, name)
    make_collections(connection, collections)
    for step in upgrade.steps:
        progress(step.name)
        _carry_out(connection, step, day)
    progress("messages")
    _convert_messages(connection, upgrade, day)
    for name in upgrade.old_collections:
        connection.execute(f'DROP TABLE "{_OLD}{name}"')
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _set_aside(connection: sqlite3.Connection, name: str) -> None:
    """Rename a table; its indexes keep their purpose, under names that no new one has."""
    indexes = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL",
        (name,),
    ).fetchall()
    for index, _ in indexes:
        connection.execute(f'DROP INDEX "{index}"')
    connection.execute(f'ALTER TABLE "{name}" RENAME TO "{_OLD}{name}"')
    for index, sql in indexes:
        renamed = sql.replace(f'"{index}"', f'"{_OLD}{index}"', 1).replace(f'"{name}"', f'"{_OLD}{name}"', 1)
        connection.execute(renamed)


def _carry_out(connection: sqlite3.Connection, step: Step, day: str) -> None:
    old = _OldTables(connection)
    for page in old.pages(step.reads):
        _write(connection, converted(step, old, page), day)
    refuse_loss(step, lambda name: _count(connection, _OLD + name), lambda name: _count(connection, name))


def _count(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])


def _write(connection: sqlite3.Connection, written: Iterable[Written], day: str) -> None:
    in_order = sorted(written, key=lambda one: one[0].name)
    for _, group in groupby(in_order, key=lambda one: one[0].name):
        of_one = list(group)
        collection = of_one[0][0]
        names = "".join(f', "{name}"' for name in collection.searched)
        marks = ", ?" * len(collection.searched)
        execute_many(
            connection,
            f"INSERT INTO {table(collection)} (key, version, body, written_on{names}) VALUES (?, 1, ?, ?{marks})",
            [
                (
                    collection.key(document),
                    msgspec.json.encode(document),
                    day,
                    *(column_value(getattr(document, name)) for name in collection.searched),
                )
                for _, document in of_one
            ],
        )


def _convert_messages(connection: sqlite3.Connection, upgrade: Upgrade, day: str) -> None:
    known = {row[1] for row in connection.execute("PRAGMA table_info(messages)")}
    for column in _NEW_COLUMNS:
        if column.split()[0] not in known:
            connection.execute(f"ALTER TABLE messages ADD COLUMN {column}")
    create_tables(connection)
    for queue, convert in upgrade.bodies.items():
        _replace(connection, queue, "body", convert)
    connection.execute("UPDATE messages SET handled_on = ? WHERE state IN ('done', 'parked')", (day,))
    connection.execute(
        "UPDATE messages SET parked_at = ?, cause = 'other' WHERE state = 'parked'", (time.time(),)
    )
    for queue, cause in upgrade.causes.items():
        _replace(connection, queue, "cause", cause)
    connection.execute(
        "INSERT OR IGNORE INTO parkings (file, row, queue, id, reason)"
        " SELECT r.file, r.row, m.queue, m.id, m.reason FROM messages m JOIN rows r ON r.file = m.source_file"
        " AND r.row BETWEEN m.row AND max(m.row, m.last_row) WHERE m.state = 'parked' AND r.state = 'parked'"
    )
    connection.execute("UPDATE rows SET state = 'pending', reason = '' WHERE state = 'parked'")
    execute_many(
        connection,
        "INSERT OR IGNORE INTO messages (queue, id, state, correlation_id, source_file, deanery, row, body, created)"
        " VALUES (?, ?, 'ready', ?, ?, ?, ?, ?, ?)",
        [
            (m.queue, m.id, m.correlation_id, m.source_file, m.deanery, m.row, m.body, time.time())
            for m in upgrade.requests
        ],
    )


def _replace(
    connection: sqlite3.Connection, queue: str, column: str, convert: Callable[[bytes], str | bytes]
) -> None:
    found = connection.execute(
        "SELECT seq, id, body FROM messages WHERE queue = ? AND state IN ('ready', 'parked')", (queue,)
    ).fetchall()
    execute_many(
        connection,
        f"UPDATE messages SET {column} = ? WHERE seq = ?",
        [(converted_body(queue, id_, convert, body), seq) for seq, id_, body in found],
    )


class _OldTables:
    """The tables that were set aside, see OldDocuments."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def pages(self, collection: str) -> Iterator[Page]:
        after = ""
        while True:
            found = self._connection.execute(
                f'SELECT key, body FROM "{_OLD}{collection}" WHERE key > ? ORDER BY key LIMIT ?',
                (after, PAGE),
            ).fetchall()
            if not found:
                return
            after = found[-1][0]
            yield [(key, msgspec.json.decode(body)) for key, body in found]

    def get(self, collection: str, keys: Sequence[str]) -> list[Json]:
        return self.find(collection, "key", keys)

    def find(self, collection: str, field: str, values: Sequence[Any]) -> list[Json]:
        found = []
        for start in range(0, len(values), _KEYS_A_QUERY):
            part = values[start : start + _KEYS_A_QUERY]
            marks = ",".join("?" * len(part))
            found += self._connection.execute(
                f'SELECT key, body FROM "{_OLD}{collection}" WHERE "{field}" IN ({marks})', part
            ).fetchall()
        return [msgspec.json.decode(body) for _, body in sorted(found)]
