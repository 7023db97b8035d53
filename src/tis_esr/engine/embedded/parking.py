"""Parked messages, and rows with their outcomes: a row is parked while a parked message covers it."""

import sqlite3
from collections.abc import Sequence

from tis_esr.engine.embedded.many import execute_many, write_rows
from tis_esr.engine.envelope import Identity
from tis_esr.engine.protocol import Parking, Standing
from tis_esr.engine.row_accounting import Row, RowState, discarded


def account(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Write the outcome of rows; the parked messages that cover them are unchanged.

    A row that is accounted for without a record type keeps its present one.
    """
    write_rows(
        connection,
        "INSERT OR FAIL INTO rows (file, row, type, state, reason) VALUES {rows}"
        " ON CONFLICT (file, row) DO UPDATE SET state = excluded.state, reason = excluded.reason,"
        " type = CASE excluded.type WHEN '' THEN type ELSE excluded.type END",
        [(r.file, r.row, r.type, r.state.value, r.reason) for r in rows],
    )


def park(connection: sqlite3.Connection, parked: Sequence[Parking], day: str, now: float) -> None:
    """Park messages, which cover their rows; one that is parked already gets the new reason."""
    execute_many(
        connection,
        "INSERT INTO messages (queue, id, state, correlation_id, source_file, deanery, row, last_row, body,"
        " reason, cause, parked_at, handled_on) VALUES (?, ?, 'parked', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (queue, id) DO UPDATE SET state = 'parked', reason = excluded.reason,"
        " cause = excluded.cause, parked_at = excluded.parked_at, handled_on = excluded.handled_on",
        [
            (
                *(m.queue, m.id, m.correlation_id, m.source_file, m.deanery, m.row, m.last_row, m.body),
                *(why, cause.value, now, day),
            )
            for m, why, cause in parked
        ],
    )
    execute_many(
        connection,
        "INSERT OR REPLACE INTO parkings (file, row, queue, id, reason)"
        " SELECT file, row, ?1, ?2, ?3 FROM rows WHERE file = ?4 AND row BETWEEN ?5 AND ?6 AND"
        " (row = ?5 OR state = 'pending' OR (file, row, ?1, ?2) IN (SELECT file, row, queue, id FROM parkings))",
        [(m.queue, m.id, why, m.source_file, m.row, max(m.row, m.last_row)) for m, why, _ in parked],
    )


def end_parking(connection: sqlite3.Connection, keys: Sequence[Identity], discard: str | None) -> int:
    """Requeue parked messages, or ``discard`` them for a reason; return how many were parked."""
    return sum(_ended(connection, queue, id_, discard) for queue, id_ in keys)


def _ended(connection: sqlite3.Connection, queue: str, id_: str, discard: str | None) -> bool:
    found = connection.execute(
        "UPDATE messages SET state = ?1, reason = '', cause = '', parked_at = 0, held = 0, deaths = 0,"
        " body = CASE ?1 WHEN 'done' THEN NULL ELSE body END"
        " WHERE queue = ?2 AND id = ?3 AND state = 'parked' RETURNING source_file, row, last_row",
        ("ready" if discard is None else "done", queue, id_),
    ).fetchone()
    if found is None:
        return False
    file, row, last_row = found
    uncovered = connection.execute(
        "DELETE FROM parkings WHERE file = ? AND row BETWEEN ? AND ? AND queue = ? AND id = ? RETURNING row",
        (file, row, max(row, last_row), queue, id_),
    ).fetchall()
    if discard is not None:
        for (number,) in uncovered:
            _discard(connection, file, number, discard)
    return True


def _discard(connection: sqlite3.Connection, file: str, row: int, why: str) -> None:
    place = "WHERE file = ? AND row = ?"
    state, reason = connection.execute(f"SELECT state, reason FROM rows {place}", (file, row)).fetchone()
    state, reason = discarded(RowState(state), reason, why)
    connection.execute(f"UPDATE rows SET state = ?, reason = ? {place}", (state.value, reason, file, row))


def standing(connection: sqlite3.Connection, messages: Sequence[Identity]) -> dict[Identity, Standing]:
    """Return how messages stand, by their key; see Engine.standing."""
    query = "SELECT state, reason, cause FROM messages WHERE queue = ? AND id = ?"
    found = {key: connection.execute(query, key).fetchone() for key in messages}
    return {
        key: Standing("waiting" if entry[0] == "ready" else entry[0], *entry[1:])
        for key, entry in found.items()
        if entry
    }


def outcomes(connection: sqlite3.Connection, file: str, after: int, limit: int) -> list[Row]:
    """Return rows of a file in their order, parked ones with the latest reason for parking."""
    found = connection.execute(
        "SELECT row, type, state, reason FROM rows WHERE file = ? AND row > ? ORDER BY row LIMIT ?",
        (file, after, limit),
    ).fetchall()
    covers = connection.execute(
        "SELECT row, seq, reason FROM parkings WHERE file = ? AND row > ? AND row <= ?",
        (file, after, found[-1][0] if found else after),
    )
    parked = {row: reason for row, _, reason in sorted(covers)}
    return [
        Row(file=file, row=row, type=type_, state=RowState.PARKED, reason=parked[row])
        if row in parked
        else Row(file=file, row=row, type=type_, state=RowState(state), reason=reason)
        for row, type_, state, reason in found
    ]


def rows_at(connection: sqlite3.Connection, places: Sequence[tuple[str, int]]) -> list[Row]:
    """Return the rows at these places that exist; see Engine.rows_at."""
    found = ((number, row) for file, number in places for row in outcomes(connection, file, number - 1, 1))
    return [row for number, row in found if row.row == number]
