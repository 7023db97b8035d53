"""What is longer than it may be: kept and said where it can be, and never more than a row's trouble."""

import io

import pytest

from tis_esr.records.lines import LONGEST_LINE
from tis_esr.records.row_reading import Record, read_records


def read(data: bytes) -> list[Record]:
    return list(read_records(io.BytesIO(data)))


def problems(record: Record) -> list[tuple[str, str, bool]]:
    return [(problem.column, problem.code, problem.fatal) for problem in record.problems]


def test_a_number_longer_than_its_column_is_kept_and_said() -> None:
    [row] = read(b'POR,1234567890123456,"","C",12345678901,"T","EOE/1"\n')
    assert row.values["positionID"] == 1234567890123456
    assert row.values["positionNumber"] == 12345678901
    assert problems(row) == [("positionID", "too-long", False), ("positionNumber", "too-long", False)]


def test_zeros_before_a_number_are_not_too_long() -> None:
    [row] = read(b"TRL,0000000000000000012\n")
    assert row.values["rowCount"] == 12
    assert row.problems == ()


def test_an_id_that_no_database_holds_can_not_be_used() -> None:
    [row] = read(b'POR,9999999999999999999,"","C",2,"T","EOE/1"\n')
    assert row.values["positionID"] is None
    assert problems(row) == [("positionID", "ill-formed", True)]


def test_a_decimal_with_more_digits_than_its_column_is_kept_and_said() -> None:
    [row] = read(b'ASG,1,"","C",2,"","",,,"","","",,,"",0.123456\n')
    assert str(row.values["fte"]) == "0.123456"
    assert problems(row) == [("fte", "too-long", False)]


@pytest.mark.parametrize("record_type", ["PORX", "TRLX", "HDRX", "ASGASG"])
def test_a_longer_record_type_is_not_taken_for_the_one_it_begins_with(record_type: str) -> None:
    [row] = read(f"{record_type},1\n".encode())
    assert row.type == f"{record_type[:3]}…"
    assert problems(row) == [("", "unknown-record-type", True)]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_line_of_exactly_the_longest_length_is_whole(end: bytes) -> None:
    [row] = read(b"TRL,2" + b" " * (LONGEST_LINE - 5) + end)
    assert problems(row) == []
    assert row.values["rowCount"] == 2


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_line_one_byte_longer_is_said_to_be_cut(end: bytes) -> None:
    [row] = read(b"TRL,2" + b" " * (LONGEST_LINE - 5) + b"9" + end)
    assert problems(row) == [("", "too-long", True)]


@pytest.mark.parametrize("born", ["19901332", "19900230", "00000000", "1990-01-01", "1 Jan 90", "9" * 5000])
def test_a_date_that_is_none_is_told_without_the_date(born: str) -> None:
    [row] = read(f'PER,1,"","C","","","","","","","","","",{born}\n'.encode())
    assert row.values["dob"] is None
    assert [problem.text for problem in row.problems] == ["column dob (D) is not a valid yyyyMMdd date"]


@pytest.mark.parametrize("share", ["1.2.3", "half", "0x1", "." * 30, "9" * 5000])
def test_a_decimal_that_is_none_is_told_without_it(share: str) -> None:
    [row] = read(f'ASG,1,"","C",2,"","",,,"","","",,,"",{share}\n'.encode())
    assert row.values["fte"] is None
    assert [problem.text for problem in row.problems] == ["column fte (N(5,4)) is not a number"]


def test_an_id_of_more_noughts_than_python_reads_is_a_number() -> None:
    [row] = read(b"TRL," + b"0" * 5000 + b"2\n")
    assert row.values["rowCount"] == 2
