"""Reading a state file for people: counts, rows, messages and documents, while a day may be running."""

import sqlite3
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from tis_esr.engine.collection import EVERYWHERE, Collection, Where, is_impossible
from tis_esr.engine.embedded.schema import open_state, table
from tis_esr.engine.embedded.searching import conditions_of, selected
from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import TransientError
from tis_esr.engine.reader_protocol import EVERY, Among, ParkedTally, Trace
from tis_esr.engine.row_accounting import Row, RowState

T = TypeVar("T", bound=msgspec.Struct)
_ACCOUNTED = [state for state in RowState if state is not RowState.PARKED]


class StateReader:
    """A state file opened for reading only. Raises UnusableStateError, and TransientError while it can't be read."""

    def __init__(self, path: Path) -> None:
        self._connection = open_state(path, read_only=True)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def time(self) -> float:
        """Return the machine's wall clock, which the process that holds the file began with."""
        return time.time()

    def get(self, collection: Collection[T], keys: Sequence[str]) -> list[T]:
        """Return the documents that exist of ``keys``, in no particular order."""
        return self.find(collection, {"key": list(keys)})

    def find(
        self, collection: Collection[T], where: Where, order_by: Sequence[str] = (), limit: int | None = None
    ) -> list[T]:
        """Return the documents that match ``where``; none if the collection does not exist."""
        try:
            found = selected(self._connection, collection, ("key", "body"), where, order_by, limit)
        except sqlite3.OperationalError as error:
            _refuse_trouble(error)
            return []
        decode = msgspec.json.Decoder(collection.type).decode
        return [decode(body) for _, body in found]

    def count(self, collection: Collection[Any], where: Where) -> int:
        """Return how many documents match ``where``."""
        if is_impossible(where):
            return 0
        conditions, values = conditions_of(where)
        try:
            [[number]] = self._connection.execute(
                f"SELECT count(*) FROM {table(collection)} WHERE {conditions}", values
            )
        except sqlite3.OperationalError as error:
            _refuse_trouble(error)
            return 0
        return int(number)

    def counts(
        self, collection: Collection[Any], *fields: str, where: Where = EVERYWHERE
    ) -> dict[tuple[Any, ...], int]:
        """Return how many documents match ``where`` by the fields named."""
        if is_impossible(where):
            return {}
        conditions, values = conditions_of(where)
        columns = (f'"{f}"' if f in collection.searched else f"json_extract(body, '$.{f}')" for f in fields)
        chosen = ", ".join(columns)
        try:
            rows = self._connection.execute(
                f"SELECT {chosen}, count(*) FROM {table(collection)} WHERE {conditions} GROUP BY {chosen}",
                values,
            )
            return {tuple(row[:-1]): row[-1] for row in rows}
        except sqlite3.OperationalError as error:
            _refuse_trouble(error)
            return {}

    def counts_within(self, collection: Collection[Any], field: str) -> dict[str, int]:
        """Return how often each value occurs in a list field of the collection's documents."""
        query = (
            f"SELECT value, count(*) FROM {table(collection)}, json_each(body, '$.{field}') GROUP BY value"
        )
        try:
            return dict(self._connection.execute(query).fetchall())
        except sqlite3.OperationalError as error:
            _refuse_trouble(error)
            return {}

    def row_counts(self, files: Sequence[str] | None = None) -> dict[str, dict[RowState, int]]:
        """Return the number of rows by state of each inbound file, or of ``files``."""
        if files is not None and not files:
            return {}
        each = ", ".join(f"sum(state = '{state}')" for state in _ACCOUNTED)
        wanted = "1" if files is None else f"file IN ({','.join('?' * len(files))})"
        grouped = f"SELECT file, {each} FROM rows WHERE {wanted} GROUP BY file"
        parked = f"SELECT file, row, state FROM parkings JOIN rows USING (file, row) WHERE {wanted}"
        covered = {
            (file, row): RowState(state) for file, row, state in self._connection.execute(parked, files or ())
        }
        counts = {
            file: Counter(dict(zip(_ACCOUNTED, numbers, strict=True)))
            for file, *numbers in self._connection.execute(grouped, files or ())
        }
        for (file, _), state in covered.items():
            counts[file].update({state: -1, RowState.PARKED: 1})
        return {file: dict(+numbers) for file, numbers in counts.items()}

    def rows(self, places: Sequence[tuple[str, int]]) -> list[Row]:
        """Return the outcome of the rows at these places (file, row)."""
        query = "SELECT file, row, type, state, reason FROM rows WHERE file = ? AND row = ?"
        found = [self._connection.execute(query, place).fetchone() for place in places]
        return [_row(*columns, parked=self._parked(*columns[:2])) for columns in filter(None, found)]

    def _parked(self, file: str, row: int) -> str | None:
        """Return the latest reason for which a row is parked."""
        query = "SELECT seq, reason FROM parkings WHERE file = ? AND row = ?"
        _, reason = max(self._connection.execute(query, (file, row)), default=(0, None))
        return reason

    def parked(self, among: Among = EVERY) -> list[Trace]:
        """See Reader.parked."""
        conditions = ["state = 'parked'", *(f"{name} = ?" for name in among.fields)]
        if among.ids:
            conditions.append(f"id IN ({','.join('?' * len(among.ids))})")
        return self._traces(" AND ".join(conditions), [*among.fields.values(), *among.ids])

    def parked_tallies(self, starts: Sequence[float] = ()) -> list[ParkedTally]:
        """See Reader.parked_tallies."""
        since = "CASE WHEN parked_at > 0 THEN parked_at ELSE created END"
        period = " + ".join([f"({since} > 0)", *(f"({since} >= ?)" for _ in starts)])
        query = (
            f"SELECT deanery, source_file, cause, count(*), min({since}) FROM messages WHERE state = 'parked'"
            f" GROUP BY deanery, source_file, cause, {period}"
        )
        names, rows = ParkedTally.__struct_fields__, self._connection.execute(query, starts)
        return [ParkedTally(**dict(zip(names, row, strict=True))) for row in rows]

    def parked_message(self, queue: str, id_: str) -> Message | None:
        """Return a parked message with its body; None if it is not parked."""
        names = (
            "id",
            "queue",
            "correlation_id",
            "source_file",
            "deanery",
            "row",
            "body",
            "last_row",
            "attempts",
        )
        query = f"SELECT {', '.join(names)} FROM messages WHERE queue = ? AND id = ? AND state = 'parked'"
        found = self._connection.execute(query, (queue, id_)).fetchone()
        return Message(**dict(zip(names, found, strict=True))) if found else None

    def messages_of(self, correlation_ids: Sequence[str]) -> list[Trace]:
        """Return every message that one of these rows caused, in the order sent."""
        if not correlation_ids:
            return []
        marks = ",".join("?" * len(correlation_ids))
        return self._traces(f"correlation_id IN ({marks})", correlation_ids)

    def waiting_with(self, text: bytes, most: int) -> list[Trace]:
        """Return messages that are still to be handled and whose body has a text, at most so many."""
        return self._traces("state = 'ready' AND instr(body, ?) > 0 LIMIT ?", (text, most))

    def waiting(self) -> dict[str, int]:
        """Return how many messages are still to be handled, by queue."""
        query = "SELECT queue, count(*) FROM messages WHERE state = 'ready' GROUP BY queue"
        return dict(self._connection.execute(query).fetchall())

    def _traces(self, condition: str, values: Sequence[str | bytes | int]) -> list[Trace]:
        query = (
            "SELECT seq, id, queue, state, attempts, correlation_id, source_file, row, reason, created,"
            " deanery, cause, parked_at"
            f" FROM messages WHERE {condition}"
        )
        names = Trace.__struct_fields__
        rows = sorted(self._connection.execute(query, values))
        return [Trace(**dict(zip(names, row, strict=True))) for row in rows]


def _refuse_trouble(error: sqlite3.OperationalError) -> None:
    """Return if a collection has no table yet. Raises TransientError for a file that can't be read: it is not empty."""
    if not str(error).startswith("no such "):
        raise TransientError(f"the state file can't be read: {error}") from error


def _row(file: str, row: int, type_: str, state: str, reason: str, *, parked: str | None) -> Row:
    if parked is not None:
        return Row(file=file, row=row, type=type_, state=RowState.PARKED, reason=parked)
    return Row(file=file, row=row, type=type_, state=RowState(state), reason=reason)
