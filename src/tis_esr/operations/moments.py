"""Reads moments that people write."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from tis_esr.errors import UsageError

YEARS: Final = range(2000, 2100)
"""Any other year is taken for a typing error."""


def moment_of(option: str, text: str) -> datetime:
    """Parse a moment, in London unless it has an offset: ``2026-11-24T15:52``. Raises UsageError."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            option, f"{text!r} is not a valid date and time; write it as 2026-11-24T15:52, London time"
        ) from None
    if at.year not in YEARS:
        raise UsageError(option, f"{text} is not a day from {YEARS[0]} to {YEARS[-1]}; check the year")
    return at if at.tzinfo else at.replace(tzinfo=ZoneInfo("Europe/London"))
