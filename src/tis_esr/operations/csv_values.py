"""Tables as CSV that a spreadsheet can't take for formulas, whatever texts from outside are in them."""

import csv
import io
from collections.abc import Iterable, Sequence

from tis_esr.visible import visible

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_BREAKS = ("\t", "\n")


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
    """Return a value as a cell: a text that begins like a formula gets an apostrophe, which spreadsheets don't show.

    Characters that would act on a terminal, or that nobody can see, are escaped.
    """
    if not isinstance(value, str):
        return "" if value is None else str(value)
    if value[:1].isalnum() and value.isprintable():
        return value  # nearly all are, and there are many
    text = visible(value)
    is_formula = text.startswith(_BREAKS) or text.lstrip().startswith(_BEGINS_A_FORMULA)
    return f"'{text}" if is_formula else text
