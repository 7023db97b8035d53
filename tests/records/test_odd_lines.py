"""Line ends, padding, control characters, cut quotes and codes: each odd row is one row, its neighbours are read."""

import io
import time

import pytest

from tis_esr.records.lines import LONGEST_LINE
from tis_esr.records.row_reading import Record, read_records

POR = b'POR,1,"","C",2,"T","EOE/1"'
NEXT = b'POR,2,"","C",3,"T","EOE/2"'


def read(data: bytes) -> list[Record]:
    return list(read_records(io.BytesIO(data)))


def usable(data: bytes) -> list[int]:
    """Return the ids of the positions whose rows can be used."""
    return [
        int(str(row.values["positionID"])) for row in read(data) if row.type == "POR" and not row.unusable
    ]


class Endless(io.RawIOBase):
    """A file of one piece over and over, without holding it; ``most`` bytes of it."""

    def __init__(self, piece: bytes, most: int) -> None:
        self.piece, self.left = piece * (65536 // len(piece)), most

    def read(self, size: int = -1) -> bytes:  # type: ignore[override]
        part = self.piece[: min(size, self.left)]
        self.left -= len(part)
        return part

    def tell(self) -> int:
        return 0


ENDS = {
    "LF": b"\n",
    "CR LF": b"\r\n",
    "CR": b"\r",
    "CR CR LF": b"\r\r\n",
    "NEL": b"\xc2\x85",
    "line separator": b"\xe2\x80\xa8",
    "form feed": b"\x0c",
    "record separator": b"\x1e",
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_row_ends_by_any_convention(end: bytes) -> None:
    rows = read(end.join([POR, NEXT, b"TRL,3"]) + b"\n")
    assert [(row.row, row.type, row.problems) for row in rows] == [
        (1, "POR", ()),
        (2, "POR", ()),
        (3, "TRL", ()),
    ]
    assert rows[-1].next_offset == len(end.join([POR, NEXT, b"TRL,3"]) + b"\n")


@pytest.mark.parametrize("size", [65535, 65536, 65537])
def test_a_line_end_at_the_edge_of_a_block_is_one_line_end(size: int) -> None:
    first = POR + b" " * (size - 1 - len(POR)) + b"\r\n"
    assert [row.type for row in read(first + NEXT + b"\r\n")] == ["POR", "POR"]


@pytest.mark.parametrize("mark", [b"\x1a", b"\x1a\r\n", b"\0" * 511, b"\x1a" + b"\0" * 300])
def test_an_end_of_file_mark_or_padding_behind_the_last_row_is_blank(mark: bytes) -> None:
    rows = read(POR + b"\nTRL,2\n" + mark)
    assert [row.type for row in rows] == ["POR", "TRL", ""]
    assert [problem.code for problem in rows[-1].problems] == ["blank"]


@pytest.mark.parametrize("mark", [b"\x1a", b"\0\0\0", b"\x1a\0\0"])
def test_padding_in_the_last_line_is_no_part_of_it(mark: bytes) -> None:
    assert read(b"TRL,2" + mark)[0].values == {"rowCount": 2}


@pytest.mark.parametrize("byte", [b"\0", b"\x01", b"\x1b", b"\x7f", b"\xc2\x80"])
def test_a_row_with_a_control_character_is_one_row_that_can_not_be_used(byte: bytes) -> None:
    damaged = POR.replace(b'"T"', b'"T' + byte + b'"')
    rows = read(damaged + b"\n" + NEXT + b"\n")
    assert rows[0].unusable == "the row contains a NUL or another control character"
    assert rows[1].problems == ()


def test_a_tab_is_a_blank_and_not_a_control_character() -> None:
    assert usable(POR.replace(b'"T"', b'"T\tU"') + b"\n") == [1]


def test_a_byte_order_mark_is_no_part_of_any_row() -> None:
    assert usable(b"\xef\xbb\xbf" + POR + b"\n\xef\xbb\xbf" + NEXT + b"\n") == [1, 2]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_a_line_end_within_quotes_ends_no_row(end: bytes) -> None:
    address = (
        b'ADD,7,"","C","H","Y","1 Old Mill' + end + b'Sample Lane","","","Exampleton","","ZZ99 3VZ","GB"'
    )
    first, second, third = read(address + end + POR + end + NEXT + end)
    assert first.values["address1"] == "1 Old Mill\nSample Lane"
    assert (first.row, first.lines, first.unusable) == (1, 2, "")
    assert [problem.code for problem in first.problems] == ["mended-lines"]
    assert (second.row, third.row) == (3, 4)


def test_a_quote_that_never_closes_costs_its_row_and_no_other() -> None:
    rows = read(b'POR,1,"","C",2,"T,"EOE/1"\n' + NEXT + b"\nTRL,3\n")
    assert [row.type for row in rows] == ["POR", "POR", "TRL"]
    assert "a quote is not closed" in rows[0].unusable
    assert rows[1].problems == ()


def test_what_follows_an_open_quote_and_is_no_row_is_parked_line_by_line() -> None:
    rows = read(b'ADD,7,"","C","H","Y","1 Old\nMill "Lane\n' + NEXT + b"\n")
    assert [(row.row, row.type, bool(row.unusable)) for row in rows] == [
        (1, "ADD", True),
        (2, "Mil…", True),
        (3, "POR", False),
    ]


def test_a_swallowed_column_is_not_taken_for_a_value() -> None:
    [row] = read(b'PER,7,"","C,"","","ZZ123456Z","Sample","Testa"\n')
    assert "a quote is not closed" in row.unusable


@pytest.mark.parametrize("indicator", ["D ", " D", "d", " d "])
def test_a_code_is_read_trimmed_and_in_any_letter_case(indicator: str) -> None:
    [row] = read(f'por ,1,"","{indicator}",2,"T","EOE/1"\n'.encode())
    assert (row.type, row.values["changeDeleteIndicator"], row.problems) == ("POR", "D", ())


@pytest.mark.parametrize(
    ("line", "column"),
    [
        ('POR,1,"","X",2,"T","EOE/1"', "changeDeleteIndicator"),
        ('POR,1,"","C",2,"T","EOE/1","","Guest Employer"', "hostLeadIndicator"),
        ('ADD,7,"","C","H","?"', "primaryFlag"),
        ('APC,"EOE/1","MAYBE","","","",,1,2,3', "loadStatusCode"),
    ],
)
def test_a_row_with_an_unknown_code_can_not_be_used_and_names_the_column(line: str, column: str) -> None:
    [row] = read(line.encode() + b"\n")
    assert [(p.column, p.code, p.fatal) for p in row.problems] == [(column, "unknown-code", True)]


def test_a_code_that_is_missing_is_not_an_unknown_one() -> None:
    assert usable(b'POR,1,"","",2,"T","EOE/1"\n') == [1]


@pytest.mark.parametrize("number", ["27000001.0", "27000001.", "027000001.000", '"27000001.0"'])
def test_a_whole_number_with_noughts_behind_its_point_is_that_number(number: str) -> None:
    [row] = read(f'POR,1,"","C",{number},"T","EOE/1"\n'.encode())
    assert (row.values["positionNumber"], row.unusable) == (27000001, "")


@pytest.mark.parametrize("number", ["2.7E+07", "27000001.5", "27,000,001", "27 000 001", "-1"])
def test_a_position_number_that_can_not_be_read_parks_its_row(number: str) -> None:
    [row] = read(f'POR,1,"","C","{number}","T","EOE/1"\n'.encode())
    assert "column positionNumber (N(10)) is not a whole number" in row.unusable


@pytest.mark.parametrize("lost", ["EOE/\ufffd", "EOE/¿1"])
def test_a_post_number_that_lost_letters_parks_its_row(lost: str) -> None:
    [row] = read(f'POR,1,"","C",2,"T","{lost}"\n'.encode())
    assert row.unusable == "column deaneryNumber has lost letters"


@pytest.mark.parametrize("day", ["47121231", "99991231", "99990101"])
def test_the_end_of_time_is_no_end(day: str) -> None:
    [row] = read(f'ABS,7,"","C",20260302,{day},,"A1"\n'.encode())
    assert (row.values["absenceEnd"], row.problems) == (None, ())


def test_an_absence_whose_days_can_not_be_read_is_not_half_an_absence() -> None:
    [row] = read(b'ABS,7,"","C",20260302,20260231,5,"A1"\n')
    assert row.unusable == "column absenceEnd (D) is not a valid yyyyMMdd date"


def test_a_mandatory_text_of_blanks_is_missing() -> None:
    [row] = read(b'POR,1,"","C",2,"T","   "\n')
    assert row.unusable == "column deaneryNumber is mandatory and empty"


@pytest.mark.timeout(20)
def test_a_line_of_100_megabytes_is_one_row_and_leaves_its_neighbour() -> None:
    records = read_records(Endless(b"x", 100_000_000))  # type: ignore[arg-type]
    [row] = list(records)
    assert (len(row.raw), row.next_offset, row.lines) == (LONGEST_LINE, 100_000_000, 1)


@pytest.mark.timeout(40)
def test_millions_of_empty_lines_are_few_rows_that_account_for_each() -> None:
    records = list(read_records(Endless(b"\n", 2_000_000)))  # type: ignore[arg-type]
    assert sum(record.lines for record in records) == 2_000_000
    assert (len(records), records[-1].problems[0].text) == (1001, "1,999,000 blank lines")


@pytest.mark.parametrize(
    "piece", [b"\n", b"\r", b"\r\n\r", b'"\n', b'POR,"\n', b'POR,"\nx\n', b'"\r', b"\x0c", b"\xc2\x85"]
)
def test_a_file_of_any_piece_takes_time_by_its_length(piece: bytes) -> None:
    def seconds(pieces: int) -> float:
        """Measure what the processor took: a machine that is busy with something else takes no part in it."""
        began = time.process_time()
        assert sum(record.lines for record in read_records(io.BytesIO(piece * pieces))) >= 1
        return time.process_time() - began

    assert seconds(40_000) < 10 * max(seconds(10_000), 0.02)  # 16 times as long if it were quadratic
