"""Writing is strict: what breaks its column is an error that names the column."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from tis_esr.records.file_names import FileName
from tis_esr.records.layouts import Column, Kind
from tis_esr.records.record_types import LAYOUTS
from tis_esr.records.row_writing import format_row, header, trailer
from tis_esr.records.values import UnwritableValueError, Value, misfit_reason, write_value


def test_text_is_quoted_even_when_empty_and_numbers_and_dates_are_bare() -> None:
    row = format_row("PBD", {"personId": 7, "body": 'The "Council"', "expiryDate": date(2026, 1, 9)})
    assert row == 'PBD,7,"","","The ""Council""","",20260109'


def test_a_row_has_every_column_and_no_comma_after_the_last() -> None:
    row = format_row("ABS", {"personId": 7, "absenceID": "A1"})
    assert row == 'ABS,7,"","",,,,"A1"'


def test_a_backslash_is_written_as_it_is() -> None:
    row = format_row("POR", {"positionID": 1, "positionTitle": "Surgery\\", "deaneryNumber": "EOE/1"})
    assert row == 'POR,1,"","",,"Surgery\\","EOE/1","","","","","",""'


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("0.6"), "0.6"),
        (Decimal("1.0000"), "1.0000"),
        (Decimal("0E+1"), "0"),
        (Decimal("1E-4"), "0.0001"),
        (1, "1"),
        (0, "0"),
        (None, ""),
    ],
)
def test_a_decimal_is_written_plainly(value: Value, written: str) -> None:
    assert format_row("ASG", {"assignmentId": 1, "personId": 2, "fte": value}).split(",")[15] == written


@pytest.mark.parametrize(("value", "written"), [(7, "00007"), (12345, "12345"), (None, "")])
def test_a_padded_number_has_its_noughts(value: Value, written: str) -> None:
    assert write_value(Column("any", Kind.PADDED, 5), value) == written


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        (Column("any", Kind.TEXT, 3), "abc", ""),
        (Column("any", Kind.TEXT, 3), "abcd", "it must have at most 3 characters, not 4"),
        (Column("any", Kind.TEXT, 3), 12, "it must be text"),
        (Column("any", Kind.TEXT, 3, mandatory=True), "", "it is mandatory and missing"),
        (Column("any", Kind.FIXED, 3), "abc", ""),
        (Column("any", Kind.FIXED, 3), "", ""),
        (Column("any", Kind.FIXED, 3), "ab", "it must have exactly 3 characters, not 2"),
        (Column("any", Kind.NUMBER, 3), 999, ""),
        (Column("any", Kind.NUMBER, 3), 1000, "it must have at most 3 digits"),
        (Column("any", Kind.NUMBER, 3), -1, "it must be zero or more"),
        (Column("any", Kind.NUMBER, 3), True, "it must be a number"),
        (Column("any", Kind.NUMBER, 3), "12", "it must be a number"),
        (Column("any", Kind.NUMBER, 3), 1.0, "it must be a number"),
        (Column("any", Kind.NUMBER, 3), Decimal("1.5"), "it must have 0 digits after the point, not 1"),
        (Column("any", Kind.NUMBER, 3, 1), Decimal("99.9"), ""),
        (Column("any", Kind.NUMBER, 3, 1), Decimal("999.9"), "it must have at most 3 digits"),
        (Column("any", Kind.NUMBER, 3, 1), Decimal("0.25"), "it must have 1 digit after the point, not 2"),
        (Column("any", Kind.NUMBER, 3, 1), Decimal("NaN"), "it must be zero or more"),
        (Column("any", Kind.NUMBER, 3, 1), Decimal("Infinity"), "it must be zero or more"),
        (Column("any", Kind.NUMBER, 3), Decimal("1E+3"), "it must have at most 3 digits"),
        (Column("any", Kind.PADDED, 3), 1000, "it must have at most 3 digits"),
        (Column("any", Kind.DATE), date(2028, 2, 29), ""),
        (Column("any", Kind.DATE), 20260101, "it must be a date"),
        (Column("any", Kind.DATE, mandatory=True), None, "it is mandatory and missing"),
    ],
)
def test_what_a_column_takes_and_what_it_says_otherwise(column: Column, value: Value, reason: str) -> None:
    assert misfit_reason(column, value) == reason


_TOO_MUCH = {
    Kind.TEXT: lambda column: "x" * (column.length + 1),
    Kind.FIXED: lambda column: "x" * (column.length + 1),
    Kind.NUMBER: lambda column: 10**column.length,
    Kind.DATE: lambda column: "20260101",
}
_LEAST = {Kind.TEXT: "x", Kind.NUMBER: 1, Kind.DATE: date(2026, 1, 9)}


@pytest.mark.parametrize(
    ("record_type", "name"),
    [(layout.record_type, column.name) for layout in LAYOUTS.values() for column in layout.columns],
)
def test_every_column_refuses_what_it_can_not_hold_by_its_own_name(record_type: str, name: str) -> None:
    layout = LAYOUTS[record_type]
    values = {
        column.name: _LEAST.get(column.kind, "x" * column.length)
        for column in layout.columns
        if column.mandatory
    }
    format_row(record_type, values)
    refusals = [values | {name: _TOO_MUCH[layout.by_name[name].kind](layout.by_name[name])}]
    if layout.by_name[name].mandatory:
        refusals += [values | {name: None}, {key: values[key] for key in values if key != name}]
    for refusal in refusals:
        with pytest.raises(UnwritableValueError) as refused:
            format_row(record_type, refusal)
        assert (refused.value.record_type, refused.value.column) == (record_type, name)


@pytest.mark.parametrize(
    ("record_type", "values", "column"),
    [
        ("TRL", {"rowCount": 1_000_000_000}, "rowCount"),
        ("TRL", {"rowCount": -1}, "rowCount"),
        ("TRL", {"rowCount": "2"}, "rowCount"),
        ("TRL", {}, "rowCount"),
        ("POR", {"positionID": 1, "deaneryNumber": "x" * 31}, "deaneryNumber"),
        ("POR", {"positionID": 1, "deaneryNumber": ""}, "deaneryNumber"),
        ("POR", {"positionID": 1, "deaneryNumber": "a\nb"}, "deaneryNumber"),
        (
            "POR",
            {"positionID": 1, "deaneryNumber": "a", "changeDeleteIndicator": "CD"},
            "changeDeleteIndicator",
        ),
        ("ABS", {"personId": 1, "absenceID": "A", "absenceStart": "20260101"}, "absenceStart"),
        ("ABS", {"personId": 1, "absenceID": "A", "absenceStart": datetime(2026, 1, 1)}, "absenceStart"),  # noqa: DTZ001
        (
            "NOT",
            {"notificationTitleCode": "1", "workingHourIndicator": Decimal("0.75")},
            "workingHourIndicator",
        ),
        ("TRL", {"rowCount": 2, "nonsense": 1}, "nonsense"),
    ],
)
def test_a_value_that_breaks_its_column_is_refused_by_its_name(
    record_type: str, values: dict[str, object], column: str
) -> None:
    with pytest.raises(UnwritableValueError) as refused:
        format_row(record_type, values)  # type: ignore[arg-type]
    assert (refused.value.record_type, refused.value.column) == (record_type, column)


def test_an_error_does_not_tell_the_value() -> None:
    with pytest.raises(
        UnwritableValueError, match=r"^POR\.deaneryNumber: it must have at most 30 characters, not 36$"
    ):
        format_row("POR", {"positionID": 1, "deaneryNumber": "personal" * 4 + "data"})


@pytest.mark.parametrize(
    ("column", "place"),
    [
        ("employingOrgVPDCode", 37),
        ("currentTraineeVpdForNextPlacement", 13),
        ("nextAppointmentCurrentPlacementVpd", 18),
        ("replacementTraineeCurrentPlacementVpd", 29),
    ],
)
@pytest.mark.parametrize(
    ("vpd", "written"), [("96", '"096"'), ("0234", '"0234"'), ("7", '"007"'), (None, '""')]
)
def test_a_vpd_has_three_digits_at_least(column: str, place: int, vpd: str | None, written: str) -> None:
    cells = format_row("NOT", {"notificationTitleCode": "1", column: vpd}).split(",")
    assert cells[place - 1] == written


@pytest.mark.parametrize("vpd", [96, "09600"])
def test_a_vpd_that_is_a_number_or_too_long_is_refused(vpd: Value) -> None:
    with pytest.raises(UnwritableValueError, match=r"^NOT\.employingOrgVPDCode: "):
        format_row("NOT", {"notificationTitleCode": "1", "employingOrgVPDCode": vpd})


def test_an_unknown_vpd_of_a_trainee_is_written_as_words() -> None:
    values: dict[str, Value] = {
        "notificationTitleCode": "1",
        "currentTraineeVpdForNextPlacement": "NOT KNOWN",
    }
    assert format_row("NOT", values).split(",")[12] == '"NOT KNOWN"'


def test_header_and_trailer() -> None:
    name = FileName("EOE", "APP", date(2026, 11, 24), 3117)
    assert format_row("HDR", header(name, datetime(2026, 11, 24, 14, 0, 5))) == (  # noqa: DTZ001
        'HDR,"DE_EOE_APP_20261124_00003117.DAT","20261124 140005","EOE","APP"'
    )
    assert format_row("TRL", trailer(12)) == "TRL,12"
