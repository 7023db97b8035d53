"""An APC's message holds what was typed: it is mended where it breaks the row, and only there."""

import io

import pytest

from tis_esr.records.row_reading import Record, read_records


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


@pytest.mark.parametrize(
    ("status", "severity", "read_as"),
    [
        ("success", "Error", ("SUCCESS", "ERROR")),
        (" FAIL ", " warning ", ("FAIL", "WARNING")),
        ("Fail", "", ("FAIL", None)),
    ],
)
@pytest.mark.parametrize("text", ["all well", 'Postcodes "Doha, Qatar" and "YO12 5EX,"'])
def test_codes_of_a_confirmation_are_read_in_any_case_whatever_its_message_holds(
    status: str, severity: str, read_as: tuple[str, str | None], text: str
) -> None:
    row = read(f'APC,"WES/1","{status}","{severity}","{text}","A1",9,123,456,7')
    assert row.unusable == ""
    assert (row.values["loadStatusCode"], row.values["messageType"]) == read_as
    assert (row.values["messageText"], row.values["positionId"], row.values["esrVacancyId"]) == (text, 123, 7)


@pytest.mark.parametrize(
    "line", ['APC,"WES/1","FAIL","Hint ","m","A1",9,123,456,7', 'DCC,1,"W/1","1","FAIL","Hint"']
)
def test_a_severity_that_is_not_known_is_told_and_its_answer_is_taken(line: str) -> None:
    row = read(line)
    assert (row.unusable, codes(row), row.values["messageType"]) == ("", ["unknown-code"], "Hint")
    assert row.problems[0].text == "column messageType (X(7)) is not one of the codes ERROR, WARNING, INFO"


@pytest.mark.parametrize(
    "line",
    [
        'POR,1,"","C",27,"Reg "A", B","EOE/1","EOE","Lead Employer","R","200","Org","here"',
        'DCC,1,"EOE/1","1","FAIL","ERROR","they said "no", twice",1,1001',
    ],
)
def test_a_row_whose_stray_quotes_may_have_moved_its_values_is_parked(line: str) -> None:
    assert "values may stand in wrong columns" in read(line).unusable


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
