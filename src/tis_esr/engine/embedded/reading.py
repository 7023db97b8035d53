"""Reading a state file for people: counts, rows, messages and documents, while a day may be running."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tis_esr.engine.documents import Collection, Where
from tis_esr.engine.embedded.schema import open_state, table
from tis_esr.engine.embedded.store import find_documents
from tis_esr.engine.reading import Trace
from tis_esr.engine.rows import Row, RowState

T = TypeVar("T", bound=msgspec.Struct)


class StateReader:
    """A state file opened for reading only. Raises UnusableState."""

    def __init__(self, path: Path) -> None:
        self._connection = open_state(path, read_only=True)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def get(self, collection: Collection[T], keys: Sequence[str]) -> list[T]:
        """Return the documents that exist of ``keys``, in no particular order."""
        return self.find(collection, {"key": list(keys)})

    def find(
        self, collection: Collection[T], where: Where, order_by: Sequence[str] = (), limit: int | None = None
    ) -> list[T]:
        """Return the documents that meet ``where``; none where the collection was never made."""
        try:
            stored = find_documents(self._connection, collection, where, order_by, limit)
        except sqlite3.OperationalError:
            return []
        return [msgspec.json.decode(document.body, type=collection.type) for document in stored]

    def counts(self, collection: Collection[Any], *fields: str) -> dict[tuple[Any, ...], int]:
        """Return how many documents there are by the JSON fields named."""
        chosen = ", ".join(f"json_extract(body, '$.{field}')" for field in fields)
        try:
            rows = self._connection.execute(
                f"SELECT {chosen}, count(*) FROM {table(collection)} GROUP BY {chosen}"
            )
            return {tuple(row[:-1]): row[-1] for row in rows}
        except sqlite3.OperationalError:
            return {}

    def counts_within(self, collection: Collection[Any], field: str) -> dict[str, int]:
        """Return how often each value stands in a list field of the collection's documents."""
        query = (
            f"SELECT value, count(*) FROM {table(collection)}, json_each(body, '$.{field}') GROUP BY value"
        )
        try:
            return dict(self._connection.execute(query).fetchall())
        except sqlite3.OperationalError:
            return {}

    def row_counts(self) -> dict[str, dict[RowState, int]]:
        """Return for each inbound file how many of its rows are in which state."""
        counts: dict[str, dict[RowState, int]] = {}
        grouped = self._connection.execute("SELECT file, state, count(*) FROM rows GROUP BY file, state")
        covered = self._connection.execute(
            "SELECT file, state, count(*) FROM rows WHERE (file, row) IN (SELECT file, row FROM parkings)"
            " GROUP BY file, state"
        )
        parked = {(file, state): number for file, state, number in covered}
        for file, state, number in grouped:
            of_file = counts.setdefault(file, {})
            beneath = parked.get((file, state), 0)
            for shown, some in ((RowState(state), number - beneath), (RowState.PARKED, beneath)):
                if some:
                    of_file[shown] = of_file.get(shown, 0) + some
        return counts

    def rows(self, places: Sequence[tuple[str, int]]) -> list[Row]:
        """Return the outcome of the rows at these places (file, row)."""
        query = (
            "SELECT file, row, type, state, reason,"
            " (SELECT reason FROM parkings p WHERE p.file = r.file AND p.row = r.row ORDER BY seq DESC LIMIT 1)"
            " FROM rows r WHERE file = ? AND row = ?"
        )
        found = [self._connection.execute(query, place).fetchone() for place in places]
        return [_row(*columns) for columns in filter(None, found)]

    def parked(self) -> list[Trace]:
        """Return the parked messages, oldest first."""
        return self._traces("state = 'parked'", ())

    def messages_of(self, correlation_ids: Sequence[str]) -> list[Trace]:
        """Return every message that one of these rows caused, in the order sent."""
        marks = ",".join("?" * len(correlation_ids))
        return self._traces(f"correlation_id IN ({marks})", correlation_ids)

    def waiting(self) -> dict[str, int]:
        """Return how many messages are still to be handled, by queue."""
        query = "SELECT queue, count(*) FROM messages WHERE state = 'ready' GROUP BY queue"
        return dict(self._connection.execute(query).fetchall())

    def _traces(self, condition: str, values: Sequence[str]) -> list[Trace]:
        query = (
            "SELECT seq, id, queue, state, attempts, correlation_id, source_file, row, reason, created"
            f" FROM messages WHERE {condition} ORDER BY seq"
        )
        names = Trace.__struct_fields__
        return [
            Trace(**dict(zip(names, row, strict=True))) for row in self._connection.execute(query, values)
        ]


def _row(file: str, row: int, type_: str, state: str, reason: str, parked: str | None) -> Row:
    if parked is not None:
        return Row(file=file, row=row, type=type_, state=RowState.PARKED, reason=parked)
    return Row(file=file, row=row, type=type_, state=RowState(state), reason=reason)
