"""Tables as CSV that a spreadsheet can't take for formulas, whatever texts from outside are in them."""

import csv
import io
from collections.abc import Iterable, Sequence

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table with its header, lines ended by a line feed. None is an empty cell."""
    to = io.StringIO()
    writer = csv.writer(to, lineterminator="\n")
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return to.getvalue()


def _cell(value: object) -> object:
    """Return a cell; a text that a spreadsheet would evaluate gets an apostrophe in front, numbers stay."""
    if value is None:
        return ""
    if isinstance(value, str) and value.lstrip(" ").startswith(_BEGINS_A_FORMULA):
        return f"'{value}"
    return value
