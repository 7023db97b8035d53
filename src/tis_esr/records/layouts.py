"""What a column and a layout are, and the layout of every record type.

Layouts are data: a copy of NHS0098 corrects a column in ``inbound_layouts`` or ``outbound_layouts``, and no code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property


class Kind(Enum):
    """The type notation of the interface's specification."""

    TEXT = "X"
    FIXED = "F"
    NUMBER = "N"
    PADDED = "L"
    DATE = "D"


@dataclass(frozen=True)
class Column:
    """One column: its JSON name, its kind, its length and, for numbers, the digits after the point.

    ``code`` is the specification's field code (``T_POR11``) if it is public. ``is_key`` says that a row with an
    unreadable value can't be used, although the value may be missing. ``codes`` are the only values; if ``others`` are
    allowed, another value is reported and accepted.
    """

    name: str
    kind: Kind
    length: int = 8
    decimals: int = 0
    mandatory: bool = False
    code: str = ""
    is_key: bool = False
    codes: tuple[str, ...] = ()
    others: bool = False

    @cached_property
    def decisive(self) -> bool:
        """Return whether the row can't be used if the value is unreadable."""
        return self.mandatory or self.is_key

    @cached_property
    def is_plain(self) -> bool:
        """Return whether any text is a value of the column."""
        return self.quoted and not self.codes

    @cached_property
    def by_code(self) -> Mapping[str, str]:
        """Return the codes by their lower-case form."""
        return {code.casefold(): code for code in self.codes}

    @cached_property
    def quoted(self) -> bool:
        """Return whether the column is in double quotes."""
        return self.kind is Kind.TEXT or self.kind is Kind.FIXED

    def __str__(self) -> str:
        """Return the type as the specification writes it, e.g. ``N(5,4)``."""
        if self.kind is Kind.DATE:
            return "D"
        return f"{self.kind.value}({self.length}{f',{self.decimals}' if self.decimals else ''})"


@dataclass(frozen=True)
class Layout:
    """The columns of one record type; the record type itself is column 1 and not among them."""

    record_type: str
    columns: tuple[Column, ...]

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """Return the columns by name."""
        return {column.name: column for column in self.columns}


def layout(record_type: str, table: str) -> Layout:
    """Read a layout from a table of one column a line: ``name type [M] [K] [O] [= code | code]``.

    M is mandatory, K a key, O says that other codes are allowed. Field codes are numbered as the columns are, from 2,
    for the record types whose codes are public.
    """
    columns = []
    for number, line in enumerate((line for line in table.splitlines() if line.strip()), 2):
        definition, _, codes = line.partition("=")
        name, notation, *flags = definition.split()
        kind, _, size = notation.rstrip(")").partition("(")
        length, _, decimals = size.partition(",")
        code = f"T_{record_type}{number:02d}" if record_type in {"POR", "POS", "PER", "ADD", "ABS"} else ""
        column = Column(
            name,
            Kind(kind),
            int(length or 8),
            int(decimals or 0),
            mandatory="M" in flags,
            code=code,
            is_key="K" in flags,
            codes=tuple(word.strip() for word in codes.split("|") if word.strip()),
            others="O" in flags,
        )
        columns.append(column)
    return Layout(record_type, tuple(columns))
