"""Formats days and times for people: ``25 Nov 2026``, ``25 Nov 2026 14:00``, in London."""

from datetime import UTC, date, datetime, time

from tis_esr.wall_clock import LONDON


def day(value: date) -> str:
    """Return a day as ``5 Nov 2026``."""
    return f"{value.day} {value:%b %Y}"


def period(first: date | None, last: date | None) -> str:
    """Return a period as ``5 Nov 2026 to 3 Mar 2027``; a missing start or end is named."""
    return f"{day(first) if first else '(no start)'} to {day(last) if last else '(no end)'}"


def moment(seconds: float) -> datetime | None:
    """Return a moment of an engine's clock in London time, to the second; None if it was not stored."""
    if not seconds:
        return None
    return datetime.fromtimestamp(seconds, UTC).astimezone(LONDON).replace(microsecond=0)


def in_london(at: datetime) -> datetime:
    """Return the same moment in London time."""
    return at.astimezone(LONDON)


def midnight(value: date) -> datetime:
    """Return the moment at which a day begins in London."""
    return datetime.combine(value, time.min, LONDON)


def iso(seconds: float) -> str:
    """Return a moment of an engine's clock as ``2026-11-25T14:00:05+00:00``, London time; "" if not stored."""
    at = moment(seconds)
    return at.isoformat() if at else ""


def readable(text: str) -> str:
    """Return an ISO day or moment as ``25 Nov 2026`` or ``25 Nov 2026 14:00:05``; "" for ""."""
    if "T" not in text:
        return day(date.fromisoformat(text)) if text else ""
    at = datetime.fromisoformat(text)
    return f"{day(at.date())} {at:%H:%M:%S}"
