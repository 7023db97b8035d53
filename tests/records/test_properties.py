"""For every layout: what is written is read again. For any bytes: no error, no loop, no lost row."""

import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tis_esr.records.catalogue import LAYOUTS
from tis_esr.records.layouts import Column, Kind
from tis_esr.records.reading import read_records
from tis_esr.records.writing import format_row

_STATUS = {
    "loadStatusCode": st.sampled_from(["SUCCESS", "FAIL"]),
    "messageType": st.sampled_from(["ERROR", "WARNING", "INFO"]),
}
_PRINTABLE = st.characters(exclude_categories=("C", "Zl", "Zp", "Zs"), include_characters=" ")


def values_of(column: Column) -> st.SearchStrategy[object]:
    if column.name in _STATUS:
        return _STATUS[column.name]
    least = 1 if column.mandatory else 0
    kinds: dict[Kind, st.SearchStrategy[object]] = {
        Kind.TEXT: st.text(_PRINTABLE, min_size=least, max_size=column.length),
        Kind.FIXED: st.text(_PRINTABLE, min_size=column.length, max_size=column.length),
        Kind.NUMBER: st.integers(0, 10**column.length - 1),
        Kind.DATE: st.dates(date(1900, 1, 1), date(2999, 12, 31)),
    }
    if column.kind is Kind.NUMBER and column.decimals:
        return st.decimals(0, 9, places=column.decimals).map(Decimal)
    return kinds[column.kind]


def records(record_type: str) -> st.SearchStrategy[dict[str, object]]:
    columns = LAYOUTS[record_type].columns
    mandatory = {column.name: values_of(column) for column in columns if column.mandatory}
    optional = {column.name: values_of(column) for column in columns if not column.mandatory}
    return st.fixed_dictionaries(mandatory, optional=optional)


@pytest.mark.parametrize("record_type", LAYOUTS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_what_is_written_is_read_again(record_type: str, data: st.DataObject) -> None:
    values = data.draw(records(record_type))
    if record_type == "NOT" and str(values.get("employingOrgVPDCode", "")).isdigit():
        values["employingOrgVPDCode"] = str(values["employingOrgVPDCode"]).zfill(3)
    if record_type == "POS" and str(values.get("positionTitle", "")).endswith("\\"):
        values["positionTitle"] = "T"
    line = format_row(record_type, values) + "\n"  # type: ignore[arg-type]
    [record] = read_records(io.BytesIO(line.encode()))
    assert record.type == record_type
    assert not any(problem.fatal for problem in record.problems)
    read = {name: value for name, value in record.values.items() if value is not None}
    assert read == {name: value for name, value in values.items() if value != ""}


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=80), st.sampled_from([b'POS,1,"\\",', b'APC,"', b"TRL,", b'PER,1,"","""'])
        ),
        max_size=12,
    )
)
def test_no_bytes_make_the_reader_raise_or_lose_a_row(parts: list[bytes]) -> None:
    data = b"".join(parts)
    found = list(read_records(io.BytesIO(data)))
    lines = data.split(b"\n")
    assert len(found) == len(lines) - (lines[-1] == b"")
    assert [record.row for record in found] == list(range(1, len(found) + 1))
    assert not found or found[-1].next_offset == len(data)
