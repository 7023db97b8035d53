"""Reads a column's text leniently, and writes a value strictly."""

import re
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from tis_esr.counted import counted
from tis_esr.errors import TisEsrError
from tis_esr.records.layouts import Column, Kind

Value = str | int | Decimal | date | None


class UnwritableValueError(TisEsrError):
    """A value that violates its column's type or length; names record type and column, not the value."""

    def __init__(self, record_type: str, column: str, reason: str) -> None:
        super().__init__(f"{record_type}.{column}: {reason}")
        self.record_type = record_type
        self.column = column
        self.reason = reason


def read_value(column: Column, text: str) -> Value:
    """Return the value of a column, None if it is empty or means "no end".

    Raises ValueError for an ill-formed number or date, and for a value that is not one of the column's codes.
    """
    stripped = text.strip()
    if not stripped:
        return None
    if column.quoted:
        return _code(column, stripped) if column.codes else text
    if column.kind is Kind.DATE:
        return _day(stripped)
    if column.decimals:
        return _decimal(stripped)
    return _whole(stripped)


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_DATE_DIGITS = 8
_LAST_YEAR = 9999
_LONGEST_NUMBER = 18  # what every database holds: 64 bits


_END_OF_TIME = date(4712, 12, 31)
"""Oracle's last day, which means "no end"; so does any day of the year 9999."""


def _code(column: Column, text: str) -> str:
    known = column.by_code.get(text.casefold())
    if known is None:
        raise ValueError(f"not one of the codes {', '.join(column.codes)}")
    return known


def _whole(text: str) -> int:
    """Read a whole number, also as a spreadsheet writes it: ``27000001.0``."""
    digits, point, after = text.partition(".")
    significant = digits.lstrip("0")
    if not _plain_digits(digits) or len(significant) > _LONGEST_NUMBER or (point and after.strip("0")):
        raise ValueError("not a whole number")
    return int(significant or "0")


def _plain_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _day(text: str) -> date | None:
    if len(text) == _DATE_DIGITS and _plain_digits(text):
        with suppress(ValueError):  # its own text holds the value
            day = date.fromisoformat(text)
            return None if day == _END_OF_TIME or day.year == _LAST_YEAR else day
    raise ValueError("not a valid yyyyMMdd date")


def _decimal(text: str) -> Decimal:
    if not _plain_digits(text.replace(".", "", 1)) or len(text) > _LONGEST_NUMBER:
        raise ValueError("not a number")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError("not a number") from None


def from_json(column: Column, value: str | float | None) -> Value:
    """Return the value of a column in a message: dates and decimals are text."""
    if value is None or column.quoted:
        return None if value is None else str(value)
    if column.kind is Kind.DATE:
        return date.fromisoformat(str(value))
    return Decimal(str(value)) if column.decimals else int(value)


def misfit_reason(column: Column, value: Value) -> str:
    """Return why a value does not fit its column; "" if it does."""
    if value is None:
        return "it is mandatory and missing" if column.mandatory else ""
    if column.quoted:
        return _text_fits(column, value)
    if column.kind is Kind.DATE:
        return "" if isinstance(value, date) and not isinstance(value, datetime) else "it must be a date"
    return _number_fits(column, value)


def _text_fits(column: Column, value: Value) -> str:
    if not isinstance(value, str):
        return "it must be text"
    if column.mandatory and not value:
        return "it is mandatory and missing"
    if len(value) > column.length:
        return f"it must have at most {counted(column.length, 'character')}, not {len(value)}"
    if column.kind is Kind.FIXED and value and len(value) != column.length:
        return f"it must have exactly {counted(column.length, 'character')}, not {len(value)}"
    if not (value.isascii() and value.isprintable()) and _CONTROL.search(value):
        return "it contains a control character or a line end"
    return ""


def _number_fits(column: Column, value: Value) -> str:
    if type(value) is int and 0 <= value < 10**column.length:
        return ""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return "it must be a number"
    number = Decimal(value)
    if not number.is_finite() or number < 0:
        return "it must be zero or more"
    _, digits, exponent = number.as_tuple()
    after = max(0, -int(exponent))
    if after > column.decimals:
        return f"it must have {counted(column.decimals, 'digit')} after the point, not {after}"
    if max(len(digits) + max(0, int(exponent)), after) > column.length:
        return f"it must have at most {counted(column.length, 'digit')}"
    return ""


def write_value(column: Column, value: Value) -> str:
    """Return a valid value as it is written in the file."""
    if column.quoted:
        text = "" if value is None else str(value)
        return '"' + text.replace('"', '""') + '"'
    if value is None:
        return ""
    if isinstance(value, date):
        return f"{value:%Y%m%d}".zfill(8)
    if column.kind is Kind.PADDED:
        return str(value).zfill(column.length)
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


_LOST = re.compile("[\ufffd¿]")


def has_lost_letters(text: str) -> bool:
    """Return whether letters of a text were replaced: by U+FFFD, or by the ``¿`` of an Oracle conversion."""
    return not text.isascii() and _LOST.search(text) is not None
