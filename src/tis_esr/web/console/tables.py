"""Tables of pages: sorted on the server by any column, a page at a time from a place that doesn't shift, and as CSV.

Whatever is sorted by is in the address: a column with personal data is not ``sortable``.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, Generic, TypeVar

from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import Response

from tis_esr.operations.dates import iso
from tis_esr.visible import visible
from tis_esr.web.console.addresses import with_query
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.spreadsheet import named
from tis_esr.web.console.spreadsheet import table as spreadsheet
from tis_esr.web.console.wording import day, ident, moment, number

T = TypeVar("T")
Value = str | int | float | date | datetime | None
A_PAGE: Final = 50
MOST_IN_A_SPREADSHEET: Final = 50_000
_LONGEST_PLACE: Final = 8000
"""Of a place in an address: a value and a key, each of which may be the name of a file."""


@dataclass(frozen=True)
class Column(Generic[T]):
    """A column: its name in addresses, its header, its value in sorting and in CSV, and how a page shows it.

    Without ``show`` a page writes the value: numbers with separators, days, moments in London with UTC on hover.
    ``is_text`` keeps sentences from being squeezed. ``written`` is what CSV has instead of a value that only sorts.
    """

    name: str
    header: str
    value: Callable[[T], Value]
    show: Callable[[T], Markup] | None = None
    is_number: bool = False
    is_text: bool = False
    sortable: bool = True
    written: Callable[[T], Value] | None = None

    def csv_cell(self, row: T) -> object:
        """Return the cell of a row for CSV."""
        return _plain((self.written or self.value)(row))

    def cell(self, row: T) -> Markup:
        """Return the cell of a row as HTML."""
        return self.show(row) if self.show is not None else _shown(self.value(row))


@dataclass(frozen=True)
class Header:
    """The head of a column as a page shows it; ``href`` sorts by it, "" if it can't; ``sorted`` is for ``aria-sort``."""

    text: str
    is_number: bool
    href: str
    sorted: str


@dataclass(frozen=True)
class Row:
    """A row as a page shows it; ``key`` is what a ticked box sends."""

    key: str
    cells: list[Markup]


@dataclass(frozen=True)
class Listed:
    """One page of a table for the macro ``listing`` of table.html; ``next``, ``first`` and ``csv`` are addresses or ""."""

    headers: list[Header]
    classes: list[str]
    rows: list[Row]
    total: int
    next: str
    first: str
    csv: str


@dataclass(frozen=True)
class Table(Generic[T]):
    """A table. ``key`` is unique; ``sort`` is the column that it is sorted by first, ``-name`` from the largest down."""

    columns: Sequence[Column[T]]
    key: Callable[[T], str]
    sort: str

    def without_links(self, *names: str) -> "Table[T]":
        """Return the table with some columns as text to copy, for people who may not open where these lead."""
        return replace(self, columns=[_as_text(one) if one.name in names else one for one in self.columns])

    def page(self, request: Request, found: Iterable[T], *, csv: str = "", limit: int = A_PAGE) -> Listed:
        """Return the page that the address asks for. Raises ProblemError for a column or place that there is not.

        It begins behind a row, by value and key: rows that come or go meanwhile shift nothing.
        """
        column, down = self._sorted_by(request)
        rows = self._in_order(found, column, down=down)
        place = _read(request.query_params.get("after", ""))
        try:
            rest = [row for row in rows if not place or _is_behind(self._place(column, row), place, down)]
        except TypeError:
            raise _no_place() from None
        last = self._place(column, rest[limit - 1]) if len(rest) > limit else None
        return Listed(
            headers=[self._header(request, one, column, down=down) for one in self.columns],
            classes=[
                "app-number" if one.is_number else "app-text" if one.is_text else "" for one in self.columns
            ],
            rows=[Row(self.key(row), [one.cell(row) for one in self.columns]) for row in rest[:limit]],
            total=len(rows),
            next=with_query(request, after=_written(last)) if last else "",
            first=with_query(request, after=None) if place else "",
            csv=with_query(request, csv, after=None) if csv else "",
        )

    def csv(self, request: Request, name: str, found: Iterable[T]) -> Response:
        """Return every row of what the page shows, all pages of it, in the same order; the name of a cut file says so."""
        column, down = self._sorted_by(request)
        all_ = self._in_order(found, column, down=down)
        rows, name = all_[:MOST_IN_A_SPREADSHEET], named(name, len(all_), MOST_IN_A_SPREADSHEET)
        headers = [one.header for one in self.columns]
        return spreadsheet(name, headers, ([one.csv_cell(row) for one in self.columns] for row in rows))

    def _sorted_by(self, request: Request) -> tuple[Column[T], bool]:
        wanted = request.query_params.get("sort", "") or self.sort
        name = wanted.removeprefix("-")
        for column in self.columns:
            if column.name == name and column.sortable:
                return column, wanted.startswith("-")
        known = ", ".join(column.name for column in self.columns if column.sortable)
        raise ProblemError(400, "The address sorts by a column that there is not.", f"It can be: {known}.")

    def _in_order(self, found: Iterable[T], column: Column[T], *, down: bool) -> list[T]:
        return sorted(found, key=lambda row: self._place(column, row), reverse=down)

    def _place(self, column: Column[T], row: T) -> tuple[Any, ...]:
        return (*_comparable(column.value(row)), self.key(row))

    def _header(self, request: Request, one: Column[T], column: Column[T], *, down: bool) -> Header:
        is_it = one.name == column.name
        href = ""
        if one.sortable:
            order = one.name if is_it and down else f"-{one.name}" if is_it else one.name
            href = with_query(request, sort=order, after=None)
        return Header(
            one.header, one.is_number, href, ("descending" if down else "ascending") if is_it else ""
        )


def _as_text(column: Column[T]) -> Column[T]:
    def show(row: T) -> Markup:
        value = column.value(row)
        return Markup("") if value is None or value == "" else ident(str(value))

    return replace(column, show=show)


def _comparable(value: Value) -> tuple[int, Any]:
    """Return what sorts as the value does, and can be written into an address; nothing is before everything."""
    if value is None or value == "":
        return (0, 0)
    if isinstance(value, datetime):
        return (1, value.timestamp())
    if isinstance(value, date):
        return (1, value.toordinal())
    return (1, value.casefold() if isinstance(value, str) else value)


def _is_behind(place: tuple[Any, ...], last: tuple[Any, ...], down: bool) -> bool:  # noqa: FBT001 - of this module
    return place < last if down else place > last


def _written(place: tuple[Any, ...]) -> str:
    return urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _read(text: str) -> tuple[Any, ...]:
    if not text:
        return ()
    try:
        found = json.loads(urlsafe_b64decode(text[:_LONGEST_PLACE].encode() + b"=="))
    except (ValueError, RecursionError):
        raise _no_place() from None
    if not isinstance(found, list) or len(found) != 3:
        raise _no_place()
    return tuple(found)


def _no_place() -> ProblemError:
    return ProblemError(
        400, "The address begins at a place that this table does not have.", "Begin at its first page."
    )


def _shown(value: Value) -> Markup:
    if isinstance(value, datetime):
        return moment(value.isoformat())
    if isinstance(value, date):
        return day(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return Markup(number(value))  # noqa: S704 - digits and commas
    return escape("" if value is None else visible(str(value)))


def _plain(value: Value) -> object:
    return iso(value.timestamp()) if isinstance(value, datetime) else value
