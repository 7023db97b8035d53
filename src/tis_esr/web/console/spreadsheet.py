"""Tables as CSV for spreadsheets, in which no cell is taken for a formula."""

from collections.abc import Iterable, Sequence
from typing import Any

from starlette.responses import Response

from tis_esr.operations.csv_values import csv_text


def named(name: str, rows: int, most: int) -> str:
    """Return the name of a file that has at most ``most`` of some rows: one that lacks any must not look complete."""
    return name if rows <= most else f"{name}-first-{most}-of-{rows}"


def table(name: str, headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Return a CSV file to save, with the byte order mark that spreadsheets tell UTF-8 by."""
    return csv_file(name, csv_text(headers, rows, line_end="\r\n"))


def csv_file(name: str, text: str) -> Response:
    """Return the text of a CSV file, whose cells are safe already, to save."""
    return Response(
        "\ufeff" + text,
        media_type="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
