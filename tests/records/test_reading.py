"""Whatever ESR sends, every line becomes a row, and what is odd about it is said."""

import io
from decimal import Decimal

import pytest

from tis_esr.records.lines import LONGEST_LINE, looks_like_text
from tis_esr.records.row_reading import Record, read_records

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


def test_a_mended_row_keeps_its_line_and_leaves_its_neighbours_alone() -> None:
    before, shifted, after = read(b'POR,1,"","C",2,"T","EOE/1"\n' + SHIFTED + b"TRL,3\n")
    assert shifted.raw == SHIFTED.decode().rstrip("\n")
    assert [problem.fatal for problem in shifted.problems] == [False]
    assert (before.problems, after.problems, after.row) == ((), (), 3)


def test_a_title_that_ends_in_a_backslash_before_an_occupation_that_fits_is_whole() -> None:
    [row] = read(b'POS,1,"","C",2,"Surgery\\","800","Surgery","001","EOE/1"\n')
    assert (row.values["positionTitle"], row.values["occupationCode"]) == ("Surgery\\", "800")
    assert row.problems == ()


@pytest.mark.parametrize("number", [b"34611829", b'"34611829"', b" 34611829 ", b"0034611829"])
def test_a_number_is_read_bare_quoted_and_padded(number: bytes) -> None:
    [row] = read(b'POS,1,"","C",' + number + b',"T","800","","","EOE/1"\n')
    assert row.values["positionNumber"] == 34611829
    assert row.problems == ()


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


@pytest.mark.parametrize(
    ("line", "column", "value"),
    [
        (b'APC,"WES/1","FAIL","ERROR","","A1, A2",9,123,456,7\n', "applicantNumber", "A1, A2"),
        (b'APC,"x,FAIL,ERROR,y","FAIL","ERROR","m","A1",9,123,456,7\n', "deaneryNumber", "x,FAIL,ERROR,y"),
        (b'APC,"WES/1","FAIL","ERROR","say ""hi"", now","",9,123,456,7\n', "messageText", 'say "hi", now'),
    ],
)
def test_a_confirmation_whose_quotes_are_in_order_is_taken_as_it_stands(
    line: bytes, column: str, value: str
) -> None:
    [row] = read(line)
    assert row.values[column] == value
    assert row.problems == ()


def test_a_confirmation_may_lack_its_last_column_whatever_its_message_holds() -> None:
    [row] = read(b'APC,"WES/1","FAIL","ERROR","a, b","A1",9,123,456\n')
    assert (row.values["messageText"], row.values["applicantNumber"]) == ("a, b", "A1")
    assert (row.values["positionId"], row.values["positionNumber"], row.values["esrVacancyId"]) == (
        123,
        456,
        None,
    )
    assert row.problems == ()


def test_what_was_taken_as_message_text_is_said_and_hurts_nothing() -> None:
    [row] = read(b'APC,"WES/1","FAIL","ERROR",a, b, c,"A1",9,123,456,7\n')
    assert [(problem.code, problem.fatal) for problem in row.problems] == [("mended-text", False)]


def test_a_confirmation_that_stops_early_has_a_row_and_says_what_is_missing() -> None:
    [row] = read(b'APC,"WES/1","FAIL","ERR')
    assert row.values["loadStatusCode"] == "FAIL"
    assert [p.column for p in row.problems if p.fatal] == ["positionId", "positionNumber"]


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
    [row] = read(b'ASG,1,"","C",2,"","",,,"","","",,,"",secret\n')
    assert row.values["fte"] is None
    assert [(p.column, p.fatal) for p in row.problems] == [("fte", False)]
    assert "secret" not in row.problems[0].text


def test_a_value_in_which_the_file_ends_is_not_taken_for_whole() -> None:
    [row] = read(b'POR,1,"","C",2,"T","EOE/1","Lea')
    assert (row.values["deaneryNumber"], row.values["managingOffice"]) == ("EOE/1", None)
    assert codes(row) == ["quotes", "no-line-end"]
    assert row.unusable == ""


def test_a_row_in_whose_key_the_file_ends_can_not_be_used() -> None:
    [row] = read(b'POR,1,"","C",2,"T","EOE/1')
    assert row.values["deaneryNumber"] is None
    assert "the file ends within this row" in row.unusable


def test_a_number_at_the_end_of_a_cut_file_may_lack_digits() -> None:
    [row] = read(b'APC,"WES/1","FAIL","ERROR","m","A1",9,123,456,7')
    assert row.unusable == "the file ends within this row"


def test_a_last_line_without_its_end_is_said_except_of_the_trailer() -> None:
    assert codes(read(b'POR,1,"","C",2,"T","EOE/1"')[0]) == ["no-line-end"]
    assert read(b"TRL,2")[0].problems == ()


@pytest.mark.parametrize("trailer", [b"", b"TRL,99\n", b"TRL,\n", b"TRL,two\n"])
def test_a_trailer_that_is_wrong_or_missing_costs_no_row(trailer: bytes) -> None:
    rows = read(b'HDR,"a","b","EOE","RMF"\nPOR,1,"","C",2,"T","EOE/1"\n' + trailer)
    assert [row.values.get("positionID") for row in rows if row.type == "POR"] == [1]
    assert rows[1].problems == ()


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


@pytest.mark.parametrize(("length", "said"), [(LONGEST_LINE, False), (LONGEST_LINE + 1, True)])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_is_read_up_to_the_limit_and_what_is_cut_is_said(length: int, said: bool, end: bytes) -> None:
    [row] = read(b"TRL,2,".ljust(length, b"x") + end)
    assert len(row.raw) == LONGEST_LINE
    assert ("too-long" in codes(row)) is said


@pytest.mark.timeout(5)
@pytest.mark.parametrize("piece", [b'"",', b'"', b',"', b'",', b'a"', b',"x"y', b"APC,FAIL,"])
@pytest.mark.parametrize("start", [b'POR,"', b"POR,", b'APC,"', b'APC,"","FAIL","ERROR","'])
def test_no_line_takes_longer_than_its_length_is_worth(start: bytes, piece: bytes) -> None:
    [row] = read(start + piece * (LONGEST_LINE // len(piece) - 20))
    assert row.type == start[:3].decode()


def test_a_quote_in_the_middle_belongs_to_the_text() -> None:
    [row] = read(b'POR,1,"","C",2,"The "Old" Ward","EOE/1"\n')
    assert (row.values["positionTitle"], row.values["deaneryNumber"]) == ('The "Old" Ward', "EOE/1")
    assert codes(row) == ["quotes"]


def test_text_without_quotes_is_read() -> None:
    [row] = read(b"POR,1,,C,2,Ward,EOE/1,EOE\n")
    assert (row.values["positionTitle"], row.values["managingOffice"]) == ("Ward", "EOE")
    assert row.problems == ()


def test_text_that_is_too_long_is_kept_and_said_without_its_value() -> None:
    [row] = read(b'POR,1,"","C",2,"T","EOE/1","","","","02345"\n')
    assert row.values["employingOrgVPDCode"] == "02345"
    assert [(p.column, p.code, p.fatal, p.text) for p in row.problems] == [
        ("employingOrgVPDCode", "too-long", False, "column employingOrgVPDCode is longer than X(4)")
    ]


@pytest.mark.parametrize("vpd", ["096", "0234", "000"])
def test_the_noughts_of_a_vpd_stay(vpd: str) -> None:
    for cell in (vpd, f'"{vpd}"'):
        [row] = read(f'POR,1,"","C",2,"T","EOE/1","","","",{cell}\n'.encode())
        assert row.values["employingOrgVPDCode"] == vpd


@pytest.mark.parametrize("number", [b"x", b"-1", b"1.5", b"1e3", "١".encode(), b"9" * 5000])
def test_a_row_with_an_ill_formed_mandatory_number_can_not_be_used(number: bytes) -> None:
    [row] = read(b"POR," + number + b',"","C",2,"T","EOE/1"\n')
    assert row.values["positionID"] is None
    assert [(p.column, p.code, p.fatal, p.text) for p in row.problems] == [
        ("positionID", "ill-formed", True, "column positionID (N(15)) is not a whole number")
    ]


@pytest.mark.parametrize("day", ["20260229", "2026-1-1", "00000000", "202601", "31012026x", "20261301"])
def test_a_day_that_is_none_is_empty_and_said(day: str) -> None:
    [row] = read(f'PBD,1,"","C","General Medical Council","7000001",{day}\n'.encode())
    assert row.values["expiryDate"] is None
    assert [(p.column, p.code, p.fatal) for p in row.problems] == [("expiryDate", "ill-formed", False)]


def test_a_file_that_is_no_text_still_has_a_row_a_line() -> None:
    rows = read(b"PK\x03\x04\x00\x00\n\x00,\xff\n")
    assert [(row.row, row.values) for row in rows] == [(1, {}), (2, {})]
    assert all(problem.code == "unknown-record-type" for row in rows for problem in row.problems[-1:])


def test_rows_are_read_as_they_are_asked_for() -> None:
    stream = io.BytesIO(b'POR,1,"","C",2,"T","EOE/1"\n' * 10_000)
    next(read_records(stream))
    assert stream.tell() == 1 << 16


def test_reading_goes_on_from_where_a_row_ended() -> None:
    data = b'HDR,"a","b","EOE","RMF"\r\nPOR,1,"","C",2,"T","EOE/1"\nTRL,3\n'
    whole = read(data)
    stream = io.BytesIO(data)
    stream.seek(whole[0].next_offset)
    assert list(read_records(stream, first_row=whole[0].next_row)) == whole[1:]


@pytest.mark.parametrize(
    ("head", "is_text"),
    [
        (b"HDR,1\n", True),
        ("Café".encode("cp1252"), True),
        (b"", True),
        (b"PK\x03\x04\0\0", False),
        (b"\xff\xfeH\0D\0R\0,\0", False),
        (b'POR,1,"","C",2,"T\0","EOE/1"\n', True),
        (b'\0\0\0\npor,1,"","C"\n', True),
        (b"nothing of ESR's\n", True),
        (bytes(range(32)), False),
    ],
)
def test_a_file_that_is_no_text_is_told_by_its_first_bytes(head: bytes, is_text: bool) -> None:
    assert looks_like_text(head) is is_text
