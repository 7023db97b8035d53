"""What the reader of inbound files promises for any bytes. Raises AssertionError where a promise is broken."""

import io

from tis_esr.records.lines import LONGEST_LINE, read_lines
from tis_esr.records.row_reading import Record, read_records

_JOINED_AT_MOST = 21


def check_reading(data: bytes) -> None:
    """No error, every byte in exactly one row, rows in order, and reading goes on after any row as if it had not stopped."""
    records = list(read_records(io.BytesIO(data)))
    _is_gapless(data, records)
    _is_bounded(data, records)
    _goes_on(data, records)
    _keeps_its_word(records)


def _is_gapless(data: bytes, records: list[Record]) -> None:
    rows = [1, *(record.next_row for record in records)]
    assert [record.row for record in records] == rows[:-1]
    ends = [record.next_offset for record in records]
    assert ends == sorted(set(ends))
    assert (ends or [0])[-1] == len(data)
    lines = list(read_lines(io.BytesIO(data)))
    assert sum(line.length for line in lines) == len(data)
    assert sum(record.lines for record in records) == len(lines)


def _is_bounded(data: bytes, records: list[Record]) -> None:
    for record in records:
        assert len(record.raw) <= LONGEST_LINE
        assert record.lines <= _JOINED_AT_MOST or record.type == ""
        assert len(record.type) <= 4


def _goes_on(data: bytes, records: list[Record]) -> None:
    middle = len(records) // 2
    if middle:
        stream = io.BytesIO(data)
        stream.seek(records[middle - 1].next_offset)
        again = list(read_records(stream, first_row=records[middle].row))
        assert again == records[middle:]


def _keeps_its_word(records: list[Record]) -> None:
    """A row that can be used has its keys whole, its codes known, and no control character."""
    for record in records:
        values = record.values
        if record.unusable or not values:
            continue
        assert values.get("changeDeleteIndicator") in {None, "C", "D"}
        assert values.get("loadStatusCode") in {None, "SUCCESS", "FAIL"}
        for value in values.values():
            assert not (isinstance(value, str) and "\0" in value)
        for key in ("deaneryNumber", "absenceID"):
            value = values.get(key)
            assert not (isinstance(value, str) and ("\ufffd" in value or "¿" in value))
