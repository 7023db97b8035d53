"""The time on the wall: the moment in UTC, and London's day. Stores and retries have clocks of their own."""

from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

LONDON: Final = ZoneInfo("Europe/London")
"""The days of all rules, files and people are days there."""


def now() -> datetime:
    """Return the moment, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place


def today() -> date:
    """Return London's day, which is today for every rule."""
    return now().astimezone(LONDON).date()
