"""The rows of a file of ours, read back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO

from tis_esr.errors import Exit, TisEsrError
from tis_esr.records.cells import cells
from tis_esr.records.file_names import FileName
from tis_esr.records.record_types import LAYOUTS
from tis_esr.records.row_writing import format_row, trailer
from tis_esr.records.values import UnwritableValueError, Value, from_json, read_value

SENT_RECORDS = {"APP": "APP", "DNC": "NOT", "DNF": "NOT"}
"""The record type of each type of our files."""
_OF_THE_FILE = "effectiveDate"
"""The one column of an APP that is the file's, not the record's."""


@dataclass(frozen=True)
class SentRow:
    """A data row: its number from 1, its text, and its columns in the form of stored records."""

    number: int
    text: str
    fields: dict[str, Any]


class DamagedSentFileError(TisEsrError):
    """A file that this program has sent, or a copy of one, has not all of its rows."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is not complete: its last row does not count its rows. Find a complete copy of it, and repeat"
            " tis-esr recover with --sent FOLDER, which has all copies"
        )


def read_sent(stream: BinaryIO, name: FileName) -> list[SentRow]:
    """Return the data rows of a file that this program has written. Raises DamagedSentFileError."""
    record_type = SENT_RECORDS[name.type]
    lines = stream.read().decode(errors="replace").splitlines()
    if lines[-1:] != [format_row("TRL", trailer(len(lines)))]:
        raise DamagedSentFileError(str(name))
    rows = (line for line in lines if line.startswith(f"{record_type},"))
    return [SentRow(number, line, _fields(record_type, line)) for number, line in enumerate(rows, 1)]


def _fields(record_type: str, line: str) -> dict[str, Any]:
    found, _ = cells(line)
    read = {
        column.name: read_value(column, cell)
        for column, cell in zip(LAYOUTS[record_type].columns, found[1:], strict=False)
    }
    fields = {name: _stored(value) for name, value in read.items() if value is not None}
    fields.pop(_OF_THE_FILE, None)
    return fields


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
