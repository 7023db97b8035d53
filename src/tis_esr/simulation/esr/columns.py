"""The columns of the record types that ESR is sent, as ESR expects them, and what a row breaks of them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\ufeff]")


@dataclass(frozen=True)
class Column:
    """One column: ``kind`` is X, F, N or D; ``length`` counts characters, or digits of which ``decimals`` are after the point."""

    name: str
    kind: str
    length: int
    decimals: int
    mandatory: bool


@dataclass(frozen=True)
class Cell:
    """A value as it stands in a row, and whether it stood in quotes."""

    text: str
    quoted: bool


@dataclass(frozen=True)
class Misfit:
    """A fault of one value: the column and the reason, never the value. ``form`` says that the row is unreadable."""

    column: str
    reason: str
    form: bool = False


def columns(table: str) -> tuple[Column, ...]:
    """Read ``name type [M], name type ...``; the record type is column 1 and is not listed."""
    found = []
    for entry in table.split(";"):
        name, notation, *more = entry.split()
        kind, _, size = notation.rstrip(")").partition("(")
        length, _, decimals = size.partition(",")
        found.append(Column(name, kind, int(length or 8), int(decimals or 0), mandatory="M" in more))
    return tuple(found)


def values(layout: Sequence[Column], cells: Sequence[Cell]) -> Mapping[str, str]:
    """Return a row's values by column name, "" for missing ones."""
    texts = [cell.text for cell in cells] + [""] * len(layout)
    return {column.name: text for column, text in zip(layout, texts, strict=False)}


def misfits(layout: Sequence[Column], cells: Sequence[Cell]) -> Iterator[Misfit]:
    """Yield everything that a row's cells, the record type left out, break of the layout."""
    if len(cells) != len(layout):
        yield Misfit("", f"the row has {len(cells) + 1} columns, not {len(layout) + 1}", form=True)
        return
    for column, cell in zip(layout, cells, strict=True):
        yield from _misfits(column, cell)


def _misfits(column: Column, cell: Cell) -> Iterator[Misfit]:
    is_text = column.kind in "XF"
    if is_text != cell.quoted:
        said = "is not in quotes" if is_text else "is in quotes"
        yield Misfit(column.name, said, form=True)
    elif not cell.text:
        if column.mandatory:
            yield Misfit(column.name, "is mandatory")
    elif is_text:
        yield from _of_text(column, cell.text)
    elif not _is_date(cell.text) if column.kind == "D" else not _is_number(column, cell.text):
        kind = "yyyyMMdd date" if column.kind == "D" else f"number of {column.length} digits"
        yield Misfit(column.name, f"is no {kind}", form=True)


def _of_text(column: Column, text: str) -> Iterator[Misfit]:
    if len(text) > column.length:
        yield Misfit(column.name, f"is longer than {column.length} characters")
    elif column.kind == "F" and len(text) != column.length:
        yield Misfit(column.name, f"has not {column.length} characters")
    if _CONTROL.search(text):
        yield Misfit(column.name, "holds a character that can't be shown")
    if not text.strip():
        yield Misfit(column.name, "holds blanks only")


def _is_date(text: str) -> bool:
    return re.fullmatch(r"[0-9]{8}", text) is not None and as_date(text) is not None


def _is_number(column: Column, text: str) -> bool:
    after = rf"(\.[0-9]{{1,{column.decimals}}})?" if column.decimals else ""
    return re.fullmatch(r"[0-9]+" + after, text) is not None and len(text.replace(".", "")) <= column.length


def as_date(text: str) -> date | None:
    """Return a ``yyyyMMdd`` day; None where there is none."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])) if text else None
    except ValueError:
        return None
