"""An APC's message holds what was typed: it is mended where it breaks the row, and only there."""

import io

import pytest

from tis_esr.records.reading import Record, read_records


def read(line: str) -> Record:
    [record] = read_records(io.BytesIO(line.encode() + b"\n"))
    return record


def codes(record: Record) -> list[str]:
    return [problem.code for problem in record.problems]


def test_a_missing_last_column_is_nothing_to_mend() -> None:
    row = read('APC,"WES/1","SUCCESS","INFO","all well","A1",9,123,456')
    assert codes(row) == []
    assert row.values["messageText"] == "all well"
    assert row.values["positionNumber"] == 456
    assert row.values["esrVacancyId"] is None


def test_a_surplus_column_does_not_move_the_position_of_a_row_in_order() -> None:
    row = read('APC,"WES/1","FAIL","ERROR","bad, very","A1",9,123,456,7,"more"')
    assert codes(row) == ["surplus"]
    assert row.surplus == ("more",)
    assert row.values["messageText"] == "bad, very"
    assert (row.values["positionId"], row.values["positionNumber"], row.values["esrVacancyId"]) == (
        123,
        456,
        7,
    )


@pytest.mark.parametrize("message", ["a, b", "12, 34", "1, 2, 3, 4, 5", "a, b, c, d, e, f"])
def test_an_unquoted_message_with_commas_is_mended_whatever_is_between_them(message: str) -> None:
    row = read(f'APC,"WES/1","FAIL","ERROR",{message},"A1",9,123,456,7')
    assert codes(row) == ["mended-text"]
    assert row.values["messageText"] == message
    assert row.values["applicantNumber"] == "A1"
    assert (row.values["positionId"], row.values["positionNumber"], row.values["esrVacancyId"]) == (
        123,
        456,
        7,
    )
