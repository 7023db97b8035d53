"""Finds and removes old data in a state file; see Engine.written_before and the methods beside it."""

import sqlite3
from datetime import date
from typing import Any

from tis_esr.engine.collection import Collection
from tis_esr.engine.embedded.many import execute_many
from tis_esr.engine.embedded.parking import end_parking
from tis_esr.engine.embedded.schema import table
from tis_esr.engine.faults import ConflictError
from tis_esr.engine.protocol import Commit, Cursor, OldMessage, Stored
from tis_esr.engine.row_accounting import RowState

_NOT_PARKED = "NOT EXISTS (SELECT 1 FROM parkings p WHERE p.file = r.file AND p.row = r.row)"


def written(
    connection: sqlite3.Connection, collection: Collection[Any], day: date, after: Cursor | None, limit: int
) -> list[Stored]:
    """Return documents last written before a day, in the order of that day and their key."""
    rows = connection.execute(
        f"SELECT key, version, body, written_on FROM {table(collection)}"
        " WHERE written_on < ? AND (written_on, key) > (?, ?) ORDER BY written_on, key LIMIT ?",
        (day.isoformat(), *(after or ("", "")), limit),
    )
    return [Stored(*row) for row in rows]


def handled(
    connection: sqlite3.Connection, day: date, after: Cursor | None, limit: int, *, parked: bool
) -> list[OldMessage]:
    """Return messages that were done or parked before a day, in the order of that day and their sending."""
    state, last = "parked" if parked else "done", day.isoformat()
    spans: list[tuple[str, list[Any]]] = [
        ("handled_on > ? AND handled_on < ?", [after[0] if after else "", last])
    ]
    if after is not None and after[0] < last:
        spans.insert(0, ("handled_on = ? AND seq > ?", [*after]))
    found: list[OldMessage] = []
    for span, values in spans:
        rows = connection.execute(
            f"SELECT queue, id, handled_on, seq FROM messages INDEXED BY messages_old_{state}"
            f" WHERE state = '{state}' AND {span} ORDER BY handled_on, seq LIMIT ?",
            (*values, limit - len(found)),
        )
        found += [OldMessage((queue, id_), (handled_on, seq)) for queue, id_, handled_on, seq in rows]
    return found


def rows_of(connection: sqlite3.Connection, file: str, after: int, limit: int) -> list[int]:
    """Return numbers of a file's rows that no parked message covers."""
    rows = connection.execute(
        f"SELECT row FROM rows r WHERE file = ? AND row > ? AND {_NOT_PARKED} ORDER BY row LIMIT ?",
        (file, after, limit),
    )
    return [row for (row,) in rows]


def row_states(connection: sqlite3.Connection, file: str) -> dict[RowState, int]:
    """Return the number of rows of a file by state; a row is parked while a parked message covers it."""
    shown = f"SELECT CASE WHEN {_NOT_PARKED} THEN state ELSE 'parked' END AS shown FROM rows r WHERE file = ?"
    sums = ", ".join(f"sum(shown = '{state.value}')" for state in RowState)
    counts = connection.execute(f"SELECT {sums} FROM ({shown})", (file,)).fetchone()
    return {state: number for state, number in zip(RowState, counts, strict=True) if number}


def remove(connection: sqlite3.Connection, commit: Commit) -> None:
    """Remove what a commit names. Raises ConflictError where a document has moved, or a row has been parked."""
    for removal in commit.removals:
        gone = connection.execute(
            f"DELETE FROM {table(removal.collection)} WHERE key = ? AND version = ?",
            (removal.key, removal.version),
        )
        if gone.rowcount != 1:
            raise ConflictError(removal.collection.name)
    execute_many(
        connection, "DELETE FROM messages WHERE queue = ? AND id = ? AND state = 'done'", commit.forgotten
    )
    rows_gone = execute_many(
        connection, f"DELETE FROM rows AS r WHERE file = ? AND row = ? AND {_NOT_PARKED}", commit.rows_gone
    )
    if rows_gone != len(commit.rows_gone):
        raise ConflictError("rows")
    for (queue, id_), why in commit.discarded:
        if not end_parking(connection, [(queue, id_)], why):
            raise ConflictError("messages")
