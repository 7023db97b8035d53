"""Tables as CSV for spreadsheets, in which no cell is taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

from starlette.responses import Response

_STARTS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def cell(value: Any) -> str:
    """Return a cell; a text that a spreadsheet would calculate gets an apostrophe before it, so that it is text."""
    if value is None:
        return ""
    text = str(value)
    if isinstance(value, int | float) or not text.lstrip(" ").startswith(_STARTS_FORMULA):
        return text
    return f"'{text}"


def named(name: str, rows: int, most: int) -> str:
    """Return the name of a file that has at most ``most`` of some rows: one that lacks any must not look complete."""
    return name if rows <= most else f"{name}-first-{most}-of-{rows}"


def table(name: str, headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Return a CSV file to save, with the byte order mark that spreadsheets tell UTF-8 by."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([cell(header) for header in headers])
    writer.writerows([cell(value) for value in row] for row in rows)
    return csv_file(name, text.getvalue())


def csv_file(name: str, text: str) -> Response:
    """Return the text of a CSV file, whose cells are safe already, to save."""
    return Response(
        "\ufeff" + text,
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
