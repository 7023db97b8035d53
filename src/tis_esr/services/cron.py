"""Computes when a cron expression fires, in London time, correct over both clock changes."""

from datetime import UTC, date, datetime, time

from cronsim import CronSim, CronSimError

from tis_esr.errors import TisEsrError
from tis_esr.wall_clock import LONDON

_FIELDS = 5  # CronSim takes a sixth, for seconds, and then doesn't look after the clock changes


class BadCronError(TisEsrError, ValueError):
    """A cron expression that can't be used."""

    def __init__(self, expression: str, problem: str) -> None:
        super().__init__(
            f"{expression!r} is not a valid cron expression ({problem}); 14:00 every day is '0 14 * * *'"
        )
        self.expression = expression


def next_after(cron: str, moment: datetime) -> datetime:
    """Return when ``cron`` fires next after ``moment`` (with a zone), in UTC; the earliest of several expressions.

    Expressions are separated by semicolons. Raises BadCronError.
    """
    return min(_next_of_one(one.strip(), moment) for one in cron.split(";"))


def next_day(cron: str, day: date) -> date:
    """Return the next day after ``day`` on which ``cron`` fires, in London. Raises BadCronError."""
    return next_after(cron, datetime.combine(day, time.max, LONDON)).astimezone(LONDON).date()


def _next_of_one(cron: str, moment: datetime) -> datetime:
    if (fields := len(cron.split())) != _FIELDS:
        raise BadCronError(cron, f"it must have {_FIELDS} fields, not {fields}")
    try:
        # In the hour that occurs twice, CronSim begins with what fired the first time: that is over.
        fires = (local.astimezone(UTC) for local in CronSim(cron, moment.astimezone(LONDON)))
        return next(fire for fire in fires if fire > moment)
    except (CronSimError, StopIteration) as error:
        raise BadCronError(cron, str(error) or "it never occurs") from error
