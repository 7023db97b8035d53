"""A report as CSV can't be taken for formulas, and one for a trust begins with what it is."""

import csv
from datetime import date
from io import StringIO

import pytest

from tis_esr.operations.csv_values import cell
from tis_esr.operations.reports.csv_reports import csv_of
from tis_esr.operations.reports.kinds import ReportKind
from tis_esr.operations.reports.report import DISCLAIMER, Filters, made


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("+44", "'+44"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\n=1", "'\n=1"),
        ("  =1", "'  =1"),
        ("\u00a0=1", "'\u00a0=1"),
        ("\uff1dcmd", "'\uff1dcmd"),
        ("\uff20SUM(A1)", "'\uff20SUM(A1)"),
        ("\r=1", "\\r=1"),
        ("Specimen\x1b[2J", "Specimen\\x1b[2J"),
        ("EOE/RX1", "EOE/RX1"),
        (-5, "-5"),
        (None, ""),
    ],
)
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(value: str | int | None, expected: str) -> None:
    assert cell(value) == expected


def test_a_report_for_a_trust_begins_with_its_title_trust_day_version_and_limits() -> None:
    rows = [{"post_number": "=cmd", "trust": "RX1", "state": "without position"}]
    filters = Filters(deaneries=["EOE"], trust="RX1")
    columns = ("post_number", "trust", "state")
    report = made(ReportKind.POSTS, date(2026, 11, 24), filters, rows, columns, for_trust=True)
    title, trust, day, limits, empty, heads, row = csv.reader(StringIO(csv_of(report)))
    assert title == ["Current posts in TIS, with and without positions in ESR"]
    assert trust == ["For trust RX1"]
    assert day == [f"As of 24 Nov 2026, tis-esr {report.version}"]
    assert limits == [DISCLAIMER]
    assert "100 %" in DISCLAIMER
    assert empty == []
    assert heads == list(columns)
    assert row == ["'=cmd", "RX1", "without position"]
