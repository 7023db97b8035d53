"""CSV that a spreadsheet opens without taking a cell for a formula."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from tis_esr.operations.dates import day
from tis_esr.operations.reports.kinds import ReportKind
from tis_esr.operations.reports.report import Report, Value

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def cell(value: Value) -> str:
    """Return a value as a cell: text that begins like a formula gets an apostrophe, which spreadsheets don't show."""
    text = "" if value is None else str(value)
    is_formula = isinstance(value, str) and text.lstrip(" ").startswith(_FORMULA)
    return f"'{text}" if is_formula else text


def csv_of(report: Report) -> str:
    """Return a report's rows under their columns; one for a trust begins with what it is, its day, version and limits."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    if report.for_trust:
        writer.writerows([cell(line)] for line in opening(report))
        writer.writerow([])
    writer.writerow(report.columns)
    writer.writerows(_cells(report.rows, report.columns))
    return text.getvalue()


def opening(report: Report) -> list[str]:
    """Return the lines that say what a report is: for whom, as of which day, by which version, and its limits."""
    is_about_posts = report.kind in {ReportKind.POSTS, ReportKind.POSITIONS}
    lines = [
        report.heading,
        f"For trust {report.filters.trust}" if report.for_trust else "",
        f"As of {day(report.day)}, tis-esr {report.version}",
        report.disclaimer if report.for_trust or is_about_posts else "",
    ]
    return [line for line in lines if line]


def _cells(rows: Iterable[dict[str, Value]], columns: Sequence[str]) -> Iterable[list[str]]:
    return ([cell(row.get(name)) for name in columns] for row in rows)
