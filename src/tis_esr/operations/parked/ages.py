"""The ages of parked messages in a few bands, by the Europe/London day on which they were parked."""

from datetime import UTC, datetime, timedelta
from typing import Final

from tis_esr.operations.dates import midnight
from tis_esr.operations.parked.kinds import AgeBand
from tis_esr.wall_clock import LONDON

TITLES: Final = {
    AgeBand.TODAY: "Parked today",
    AgeBand.WEEK: "Parked 1 to 7 days ago",
    AgeBand.MONTH: "Parked 8 to 30 days ago",
    AgeBand.OLDER: "Parked more than 30 days ago",
    AgeBand.UNKNOWN: "Time of parking not stored",
}
_LAST_DAYS: Final = ((0, AgeBand.TODAY), (7, AgeBand.WEEK), (30, AgeBand.MONTH))


def starts_of_bands(now: float) -> list[float]:
    """Return when each band begins but the oldest: messages parked between two of these moments are of one band."""
    today = datetime.fromtimestamp(now, UTC).astimezone(LONDON).date()
    return [midnight(today - timedelta(days=last)).timestamp() for last, _ in _LAST_DAYS]


def age_band(parked_at: float, now: float) -> AgeBand:
    """Return the band of a message, both times in seconds since 1970; after a clock was set back it is TODAY."""
    if not parked_at:
        return AgeBand.UNKNOWN
    parked_on, today = (datetime.fromtimestamp(at, UTC).astimezone(LONDON).date() for at in (parked_at, now))
    days = (today - parked_on).days
    return next((band for last, band in _LAST_DAYS if days <= last), AgeBand.OLDER)
