"""Whatever ESR sends, every line becomes a row, and what is odd about it is said."""

import io
from decimal import Decimal

import pytest

from tis_esr.records.lines import LONGEST_LINE, looks_like_text
from tis_esr.records.reading import Record, read_records

SHIFTED = (
    b'POS,7607373,,"C","34611829","Medical and Dental\\","Specialty Registrar (Cornerways)","800","General Practice",'
    b'"WES/J82150/800/GPST/003","WES","RBD","NHS","MS02","Specialty Registrar ST2/ SpR2",""\n'
)


def read(data: bytes) -> list[Record]:
    return list(read_records(io.BytesIO(data)))


def codes(record: Record) -> list[str]:
    return [problem.code for problem in record.problems]


def test_a_title_cut_at_a_backslash_is_joined_and_the_row_moved_back() -> None:
    [row] = read(SHIFTED)
    assert codes(row) == ["mended-shift"]
    assert row.values["positionTitle"] == "Medical and Dental|Specialty Registrar (Cornerways)"
    assert row.values["occupationCode"] == "800"
    assert row.values["areaOfWork"] == "General Practice"
    assert row.values["secondSpeciality"] is None
    assert row.values["deaneryNumber"] == "WES/J82150/800/GPST/003"
    assert row.values["gradeDesc"] == "Specialty Registrar ST2/ SpR2"
    assert row.values["positionNumber"] == 34611829


def test_a_backslash_at_the_end_of_a_value_is_an_ordinary_character() -> None:
    [row] = read(b'POR,1,"","C",2,"Surgery\\","EOE/1"\n')
    assert row.values["positionTitle"] == "Surgery\\"
    assert row.problems == ()


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (
            b'APC,"WES/1",FAIL,"ERROR","Postcodes "Doha, Qatar" and "YO12 5EX,"",,,123,456,7\n',
            'Postcodes "Doha, Qatar" and "YO12 5EX,"',
        ),
        (b'APC,"WES/1","FAIL","ERROR",a, b, c,"A1",9,123,456,7\n', "a, b, c"),
        (b'APC,"WES/1","SUCCESS","INFO","all well","A1",9,123,456,7\n', "all well"),
    ],
)
def test_the_message_of_a_confirmation_may_hold_commas_and_quotes(line: bytes, text: str) -> None:
    [row] = read(line)
    assert row.values["messageText"] == text
    assert (row.values["positionId"], row.values["positionNumber"], row.values["esrVacancyId"]) == (
        123,
        456,
        7,
    )


def test_bytes_that_are_not_utf_8_are_windows_1252() -> None:
    [row] = read('POR,1,"","C",2,"Café","EOE/1"\n'.encode("cp1252"))
    assert row.values["positionTitle"] == "Café"


def test_a_byte_that_is_neither_is_replaced_and_said() -> None:
    [row] = read(b'POR,1,"","C",2,"\x81","EOE/1"\n')
    assert codes(row) == ["encoding"]


def test_line_ends_of_windows_and_a_byte_order_mark_make_no_difference() -> None:
    rows = read(b'\xef\xbb\xbfHDR,"a","b","EOE","RMF"\r\nTRL,2\r\n')
    assert [row.type for row in rows] == ["HDR", "TRL"]
    assert rows[1].values == {"rowCount": 2}


def test_an_unknown_record_type_can_not_be_used_and_keeps_its_line() -> None:
    [row] = read(b'XYZ,1,"what"\n')
    assert row.raw == 'XYZ,1,"what"'
    assert [(problem.code, problem.fatal) for problem in row.problems] == [("unknown-record-type", True)]


def test_surplus_columns_are_kept_and_said() -> None:
    [row] = read(b'TRL,2,"more","and more"\n')
    assert row.surplus == ("more", "and more")
    assert codes(row) == ["surplus"]


def test_missing_trailing_columns_are_empty() -> None:
    [row] = read(b'POR,1,"","C",2,"T","EOE/1"\n')
    assert row.values["esrLocation"] is None
    assert row.problems == ()


def test_a_missing_mandatory_value_names_its_column() -> None:
    [row] = read(b'POR,1,"","C",2,"T",""\n')
    assert [(p.column, p.fatal, p.text) for p in row.problems] == [
        ("deaneryNumber", True, "column deaneryNumber is mandatory and empty")
    ]


def test_an_ill_formed_optional_number_is_empty_and_said_without_its_value() -> None:
    [row] = read(b'POR,1,"","C",secret,"T","EOE/1"\n')
    assert row.values["positionNumber"] is None
    assert [(p.column, p.fatal) for p in row.problems] == [("positionNumber", False)]
    assert "secret" not in row.problems[0].text


def test_the_last_line_may_be_cut() -> None:
    [row] = read(b'POR,1,"","C",2,"T","EOE/1')
    assert row.values["deaneryNumber"] == "EOE/1"
    assert codes(row) == ["quotes", "no-line-end"]


def test_an_empty_file_has_no_rows_and_a_blank_line_is_one() -> None:
    assert read(b"") == []
    assert [(row.row, row.type) for row in read(b"\n\n")] == [(1, ""), (2, "")]


def test_decimals_are_decimals() -> None:
    [row] = read(b'ASG,1,"","C",2,"","",,,"","","",,,"",0.6\n')
    assert row.values["fte"] == Decimal("0.6")


def test_an_endless_line_is_one_row_and_does_not_stay_in_memory() -> None:
    rows = read(b"POR," + b"x" * (3 * LONGEST_LINE) + b"\nTRL,2\n")
    assert [row.type for row in rows] == ["POR", "TRL"]
    assert "too-long" in codes(rows[0])
    assert len(rows[0].raw) <= LONGEST_LINE


def test_reading_goes_on_from_where_a_row_ended() -> None:
    data = b'HDR,"a","b","EOE","RMF"\r\nPOR,1,"","C",2,"T","EOE/1"\nTRL,3\n'
    whole = read(data)
    stream = io.BytesIO(data)
    stream.seek(whole[0].next_offset)
    assert list(read_records(stream, first_row=2)) == whole[1:]


@pytest.mark.parametrize(
    ("head", "is_text"),
    [
        (b"HDR,1\n", True),
        ("Café".encode("cp1252"), True),
        (b"", True),
        (b"PK\x03\x04\0\0", False),
        (bytes(range(32)), False),
    ],
)
def test_a_file_that_is_no_text_is_told_by_its_first_bytes(head: bytes, is_text: bool) -> None:
    assert looks_like_text(head) is is_text
