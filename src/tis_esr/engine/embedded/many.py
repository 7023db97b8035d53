"""Statements for many rows at once, without waiting for other threads.

Python's lock is released for each step of a statement. While the event loop is busy the thread gets it back only after
the interpreter's switch interval, so a step for each row would cost that for each row.

Statements of many rows say ``OR FAIL``: SQLite then keeps no copy of each page to undo the statement alone. The caller
undoes the whole transaction if one fails.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

_ROWS = 50
"""Rows of a statement. Each number of rows is a statement of its own, of which sqlite3 keeps 128 prepared."""
_KEYS = 500
Values = Sequence[Sequence[Any]]


def write_rows(connection: sqlite3.Connection, sql: str, rows: Values) -> int:
    """Execute a statement for blocks of rows, which it names ``VALUES {rows}``; return how many rows of the table it changed.

    Each row has the same number of values.
    """
    changed = 0
    for start in range(0, len(rows), _ROWS):
        block = rows[start : start + _ROWS]
        marks = f"({','.join('?' * len(block[0]))})"
        query = sql.format(rows=",".join([marks] * len(block)))
        changed += connection.execute(query, [value for row in block for value in row]).rowcount
    return changed


def execute_for(connection: sqlite3.Connection, sql: str, before: Sequence[Any], keys: Sequence[Any]) -> int:
    """Execute a statement for blocks of keys, which it names ``IN ({keys})`` last; return how many rows it changed.

    ``before`` are the values of its other marks.
    """
    changed = 0
    for block in blocks(keys):
        query = sql.format(keys=",".join("?" * len(block)))
        changed += connection.execute(query, [*before, *block]).rowcount
    return changed


def execute_many(connection: sqlite3.Connection, sql: str, rows: Values) -> int:
    """Execute a statement for each of a few rows; return how many rows of the table it changed.

    Between two blocks another thread has its turn.
    """
    return sum(
        connection.executemany(sql, rows[start : start + _ROWS]).rowcount
        for start in range(0, len(rows), _ROWS)
    )


def blocks(keys: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """Return the keys in blocks that one statement can have."""
    return (keys[start : start + _KEYS] for start in range(0, len(keys), _KEYS))
