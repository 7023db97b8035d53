"""Writing is strict: what breaks its column is an error that names the column."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from tis_esr.records.filenames import FileName
from tis_esr.records.values import UnwritableValue
from tis_esr.records.writing import format_row, header, trailer


def test_text_is_quoted_even_when_empty_and_numbers_and_dates_are_bare() -> None:
    row = format_row("PBD", {"personId": 7, "body": 'The "Council"', "expiryDate": date(2026, 1, 9)})
    assert row == 'PBD,7,"","","The ""Council""","",20260109'


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
    with pytest.raises(UnwritableValue) as refused:
        format_row(record_type, values)  # type: ignore[arg-type]
    assert (refused.value.record_type, refused.value.column) == (record_type, column)


def test_an_error_does_not_tell_the_value() -> None:
    with pytest.raises(
        UnwritableValue, match=r"^POR\.deaneryNumber: it takes 30 characters at most, not 36$"
    ):
        format_row("POR", {"positionID": 1, "deaneryNumber": "personal" * 4 + "data"})


@pytest.mark.parametrize(
    ("vpd", "written"), [("96", '"096"'), ("0234", '"0234"'), ("7", '"007"'), (None, '""')]
)
def test_a_vpd_has_three_digits_at_least(vpd: str | None, written: str) -> None:
    cells = format_row("NOT", {"notificationTitleCode": "1", "employingOrgVPDCode": vpd}).split(",")
    assert cells[36] == written


def test_header_and_trailer() -> None:
    name = FileName("EOE", "APP", date(2026, 11, 24), 3117)
    assert format_row("HDR", header(name, datetime(2026, 11, 24, 14, 0, 5))) == (  # noqa: DTZ001
        'HDR,"DE_EOE_APP_20261124_00003117.DAT","20261124 140005","EOE","APP"'
    )
    assert format_row("TRL", trailer(12)) == "TRL,12"
