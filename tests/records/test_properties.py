"""For every layout: what is written is read again. For any bytes: no error, no loop, no lost row."""

import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tis_esr.records.layouts import Column, Kind
from tis_esr.records.record_types import LAYOUTS
from tis_esr.records.row_reading import Record, read_records
from tis_esr.records.row_writing import format_row
from tis_esr.records.vpd import VPD_COLUMNS

_OF_THEIR_OWN: dict[str, st.SearchStrategy[object]] = {
    "messageType": st.sampled_from(["ERROR", "WARNING", "INFO"]),
    **dict.fromkeys(VPD_COLUMNS, st.from_regex(r"[0-9]{3,4}", fullmatch=True)),
}
_WRITABLE = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), exclude_characters="\ufffd")
_AWKWARD = st.sampled_from(['"', ",", "\\", " ", "é"])
_CHARACTERS = st.one_of(_WRITABLE, _AWKWARD)


def text_of(column: Column, least: int) -> st.SearchStrategy[str]:
    """Text that is more than blanks; a key has lost no letters."""
    return st.text(_CHARACTERS, min_size=least, max_size=column.length).filter(
        lambda text: (not text or bool(text.strip())) and not (column.decisive and "¿" in text)
    )


def values_of(column: Column) -> st.SearchStrategy[object]:
    if column.name in _OF_THEIR_OWN:
        return _OF_THEIR_OWN[column.name]
    if column.codes:
        return st.sampled_from(column.codes)
    if column.kind is Kind.TEXT:
        return text_of(column, 1 if column.mandatory else 0)
    if column.kind is Kind.FIXED:
        return text_of(column, column.length)
    if column.kind is Kind.DATE:
        return st.dates(date(1900, 1, 1), date(2999, 12, 31))
    if column.decimals:
        return st.decimals(0, 9, places=column.decimals).map(Decimal)
    return st.integers(0, 10**column.length - 1)


def records(record_type: str) -> st.SearchStrategy[dict[str, object]]:
    columns = LAYOUTS[record_type].columns
    mandatory = {column.name: values_of(column) for column in columns if column.mandatory}
    optional = {column.name: values_of(column) for column in columns if not column.mandatory}
    return st.fixed_dictionaries(mandatory, optional=optional)


def read(data: bytes) -> list[Record]:
    return list(read_records(io.BytesIO(data)))


def held(record: Record) -> dict[str, object]:
    return {name: value for name, value in record.values.items() if value is not None}


@pytest.mark.parametrize("record_type", LAYOUTS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_what_is_written_is_read_again_and_nothing_is_odd_about_it(
    record_type: str, data: st.DataObject
) -> None:
    values = data.draw(records(record_type))
    line = format_row(record_type, values)  # type: ignore[arg-type]
    [record] = read(line.encode() + b"\n")
    assert (record.type, record.row, record.raw) == (record_type, 1, line)
    assert (record.problems, record.surplus) == ((), ())
    assert held(record) == {name: value for name, value in values.items() if value != ""}


@pytest.mark.parametrize("record_type", LAYOUTS)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_what_is_written_is_the_same_row_in_windows_dress(record_type: str, data: st.DataObject) -> None:
    values = data.draw(records(record_type))
    line = format_row(record_type, values)  # type: ignore[arg-type]
    [plain], [dressed] = read(line.encode() + b"\n"), read(b"\xef\xbb\xbf" + line.encode() + b"\r\n")
    assert (dressed.values, dressed.raw, dressed.problems) == (plain.values, plain.raw, plain.problems)


@pytest.mark.parametrize("record_type", LAYOUTS)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_a_row_cut_anywhere_is_a_row_and_its_neighbour_is_read(record_type: str, data: st.DataObject) -> None:
    line = format_row(record_type, data.draw(records(record_type))).encode()  # type: ignore[arg-type]
    cut = data.draw(st.integers(4, len(line)))
    rows = read(line[:cut] + b"\n" + line + b"\n")
    assert [row.type for row in rows] == [record_type, record_type]
    assert rows[1].problems == ()


_PIECES = st.one_of(
    st.binary(max_size=80),
    st.sampled_from(
        [
            b"\n",
            b"\r\n",
            b"\xef\xbb\xbf",
            b'POS,1,"","C",2,"T\\","a long occupation","',
            b'APC,"","FAIL","ERROR","',
            b'APC,,FAIL,,a, "b" ,',
            b'APC,"',
            b"TRL,",
            b'PER,1,"","""',
            b"ASG,1,,,2,,,,,,,,2026,00000000,,..",
            b'"",',
            b"\\",
            b"\r",
            b"\0",
            b"\x1a",
            b"\x0cPOR,",
            b'ADD,7,"","C","H","Y","1',
            b'Street",',
        ]
    ),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(_PIECES, max_size=12).map(b"".join))
def test_no_bytes_make_the_reader_raise_or_lose_a_row(data: bytes) -> None:
    found = read(data)
    assert [record.row for record in found] == [1, *(record.next_row for record in found)][: len(found)]
    ends = [record.next_offset for record in found]
    assert ends == sorted(set(ends))
    assert (ends or [0])[-1] == len(data)
    if b"\r" not in data:
        assert sum(record.lines for record in found) >= data.count(b"\n")


@settings(max_examples=200, deadline=None)
@given(st.lists(_PIECES, max_size=12).map(b"".join), st.data())
def test_reading_goes_on_after_any_row_as_if_it_had_not_stopped(data: bytes, draw: st.DataObject) -> None:
    whole = read(data)
    stopped = draw.draw(st.integers(0, len(whole)))
    stream = io.BytesIO(data)
    stream.seek(whole[stopped - 1].next_offset if stopped else 0)
    assert (
        list(read_records(stream, first_row=whole[stopped - 1].next_row if stopped else 1)) == whole[stopped:]
    )


@settings(max_examples=200, deadline=None)
@given(
    st.text(
        st.characters(
            exclude_categories=("Cs",), exclude_characters="\r\n\ufeff\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"
        ),
        max_size=80,
    )
)
def test_a_row_keeps_its_line_as_it_came(line: str) -> None:
    assert [record.raw for record in read(line.encode() + b"\r\n")] == [line]
