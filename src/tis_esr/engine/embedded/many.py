"""One statement for many rows, without blocking other threads."""

import sqlite3
from collections.abc import Sequence
from typing import Any

_AT_ONCE = 50


def execute_many(connection: sqlite3.Connection, sql: str, rows: Sequence[Sequence[Any]]) -> int:
    """Execute a statement for each of the rows; return how many rows of the table it changed in all.

    Within one call of ``executemany`` the thread takes Python's lock back after each row, before any other can: for
    as long as that call lasts the event loop may have to wait. Between two calls it has its turn.
    """
    changed = 0
    for start in range(0, len(rows), _AT_ONCE):
        changed += connection.executemany(sql, rows[start : start + _AT_ONCE]).rowcount
    return changed
