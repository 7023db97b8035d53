"""Which days count as now and as next. Every function takes its day as an argument: nothing here reads a clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from tis_esr.tcs.models import Placement

NOTIFICATION_WEEKS = 13


def day_after(day: date) -> date:
    """Return the next day."""
    return day + timedelta(days=1)


@dataclass(frozen=True)
class ApplicantWindow:
    """On which days a placement must start to be sent today: ``today+2d <= start < today+13w``.

    ``next_file`` returns the day of the next file after those of a day.
    """

    opens_days: int = 2
    closes_weeks: int = 13
    next_file: Callable[[date], date] = day_after

    def edges(self, today: date) -> tuple[date, date]:
        """Return the first day in the window and the first day after it."""
        return today + timedelta(days=self.opens_days), today + timedelta(weeks=self.closes_weeks)

    def holds(self, start: date, today: date) -> bool:
        """Return whether a placement that starts on ``start`` is to be sent today."""
        first, end = self.edges(today)
        return first <= start < end

    def reached_on(self, start: date) -> date:
        """Return the first day on which a placement that starts on ``start`` is in the window."""
        return start - timedelta(weeks=self.closes_weeks) + timedelta(days=1)

    def last_day(self, start: date) -> date:
        """Return the last day on which a placement that starts on ``start`` is in the window."""
        return start - timedelta(days=self.opens_days)


def notification_period_end(day: date) -> date:
    """Return the day 13 weeks on (EsrNotificationServiceImplTest: 2020-02-28 gives 2020-05-29)."""
    return day + timedelta(weeks=NOTIFICATION_WEEKS)


def is_current(placement: Placement, day: date) -> bool:
    """Return whether a placement covers the day: ``dateFrom <= day <= dateTo`` (TCS: current for posts)."""
    if placement.date_from is None or placement.date_to is None:
        return False
    return placement.date_from <= day <= placement.date_to


def is_next(placement: Placement, day: date) -> bool:
    """Return whether a placement is in the future: ``day < dateFrom < day+13w``.

    TCS's look-up for posts begins two days ahead, which is harmless where an event asks once. Here every position is
    reconciled every day: on the eve of each change of trainees ESR would be sent that nobody follows.
    """
    return placement.date_from is not None and day < placement.date_from < notification_period_end(day)


def is_trainees_future(placement: Placement, day: date) -> bool:
    """Return whether a trainee starts in it: ``day < dateFrom <= day+13w`` (TCS: from two days ahead, see ``is_next``)."""
    return placement.date_from is not None and day < placement.date_from <= notification_period_end(day)
