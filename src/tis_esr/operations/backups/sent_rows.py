"""The rows of a file of ours, read back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO

from tis_esr.records.cells import cells
from tis_esr.records.record_types import LAYOUTS
from tis_esr.records.row_writing import format_row
from tis_esr.records.values import UnwritableValueError, Value, from_json, read_value

_OF_THE_FILE = "effectiveDate"
"""The one column of an APP that is the file's, not the record's."""


@dataclass(frozen=True)
class SentRow:
    """A data row: its number from 1, its text, and its columns in the form of stored records."""

    number: int
    text: str
    fields: dict[str, Any]


def read_sent(stream: BinaryIO, record_type: str) -> Iterator[SentRow]:
    """Yield the data rows of a file that this program has written."""
    layout, number = LAYOUTS[record_type], 0
    for line in stream.read().decode().splitlines():
        found, _ = cells(line)
        if found[0] != record_type:
            continue
        number += 1
        read = {
            column.name: read_value(column, cell)
            for column, cell in zip(layout.columns, found[1:], strict=False)
        }
        fields = {name: _stored(value) for name, value in read.items() if value is not None}
        fields.pop(_OF_THE_FILE, None)
        yield SentRow(number, line, fields)


def _stored(value: Value) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def as_written(record_type: str, fields: Mapping[str, Any]) -> str:
    """Return a record's row as it would be written; "" if it could not be."""
    columns = LAYOUTS[record_type].by_name
    try:
        return format_row(
            record_type, {name: from_json(columns[name], value) for name, value in fields.items()}
        )
    except (UnwritableValueError, ValueError, KeyError):
        return ""
