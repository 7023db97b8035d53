"""A report as CSV; one for a trust begins with what it is."""

from tis_esr.operations.csv_values import csv_text
from tis_esr.operations.dates import day
from tis_esr.operations.reports.kinds import ReportKind
from tis_esr.operations.reports.report import Report


def csv_of(report: Report) -> str:
    """Return a report's rows under their columns; one for a trust begins with what it is, its day, version and limits."""
    rows = ([row.get(name) for name in report.columns] for row in report.rows)
    before = opening(report) if report.for_trust else []
    return csv_text(report.columns, rows, opening=before, line_end="\r\n")


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
