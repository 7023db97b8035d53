"""Tables as CSV that a spreadsheet can't take for formulas, whatever texts from outside are in them."""

import csv
import io
from collections.abc import Iterable, Sequence

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_text(
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    opening: Sequence[str] = (),
    line_end: str = "\n",
) -> str:
    """Return a table with its header; None is an empty cell. The lines of an ``opening`` and an empty one come before it."""
    to = io.StringIO()
    writer = csv.writer(to, lineterminator=line_end)
    if opening:
        writer.writerows([cell(line)] for line in opening)
        writer.writerow([])
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return to.getvalue()


def cell(value: object) -> str:
    """Return a value as a cell: a text that begins like a formula gets an apostrophe, which spreadsheets don't show."""
    if value is None:
        return ""
    is_formula = isinstance(value, str) and value.lstrip(" ").startswith(_BEGINS_A_FORMULA)
    return f"'{value}" if is_formula else str(value)
