"""Searches in the tables of collections, by their searched columns."""

import sqlite3
from collections.abc import Sequence
from datetime import date
from typing import Any

from tis_esr.engine.collection import Between, Collection, Where, is_impossible
from tis_esr.engine.embedded.schema import table


def selected(
    connection: sqlite3.Connection,
    collection: Collection[Any],
    columns: Sequence[str],
    where: Where,
    order_by: Sequence[str],
    limit: int | None,
) -> list[Any]:
    """Return these ``columns``, the key first, of the documents that match ``where``, in the requested order, then by key.

    SQLite sorts only if an order or a limit is requested, for which there must be an index.
    """
    if is_impossible(where):
        return []
    conditions, values = conditions_of(where)
    query = f"SELECT {', '.join(columns)} FROM {table(collection)} WHERE {conditions}"
    if not order_by and limit is None:
        return sorted(connection.execute(query, values), key=lambda row: row[0])
    order = ", ".join([*(f'"{name}"' for name in order_by), "key"])
    tail = "" if limit is None else f" LIMIT {limit:d}"
    return connection.execute(f"{query} ORDER BY {order}{tail}", values).fetchall()


def column_value(value: Any) -> Any:
    """Return the indexed column's value for a field's value: dates as ISO text."""
    return value.isoformat() if isinstance(value, date) else value


def conditions_of(where: Where) -> tuple[str, list[Any]]:
    """Return the SQL condition on the searched columns, and its values."""
    conditions: list[str] = ["1"]
    values: list[Any] = []
    for name, wanted in where.items():
        if isinstance(wanted, Between):
            conditions.append(f'"{name}" >= ? AND "{name}" < ?')
            values += [column_value(wanted.first), column_value(wanted.end)]
        elif isinstance(wanted, list | tuple | set):
            conditions.append(f'"{name}" IN ({",".join("?" * len(wanted))})')
            values += [column_value(value) for value in wanted]
        else:
            conditions.append(f'"{name}" = ?')
            values.append(column_value(wanted))
    return " AND ".join(conditions), values
