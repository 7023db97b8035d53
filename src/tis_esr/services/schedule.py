"""When files are made by themselves: a cron expression each, in London's time, right over both clock changes.

That a run was due and that it was asked for is one transaction, so it is asked for once, whatever dies and
however many processes look. A run that was missed is made up for, for the day it was meant for; of several
missed ones only the last.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from cronsim import CronSim, CronSimError

from tis_esr.engine.documents import Collection
from tis_esr.engine.work import Work
from tis_esr.records.filenames import DEANERIES
from tis_esr.services.export_commands import ask

LONDON = ZoneInfo("Europe/London")
_FIELDS = 5  # CronSim takes a sixth, for seconds, and then doesn't look after the clock changes


class BadCron(ValueError):  # noqa: N818 - says what the matter is
    """A cron expression that can't be used."""

    def __init__(self, expression: str, problem: str) -> None:
        super().__init__(f"{expression!r} is no cron expression ({problem}); 14:00 every day is '0 14 * * *'")
        self.expression = expression


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """When a command is to be sent next."""

    command: str
    cron: str
    at: datetime


SCHEDULE = Collection("dataexporter.schedule", Due, lambda due: due.command)


def next_after(cron: str, moment: datetime) -> datetime:
    """Return when ``cron`` fires next after ``moment`` (with a zone), in UTC; of several expressions the first to.

    Expressions are separated by semicolons. Raises BadCron.
    """
    return min(_next_of_one(one.strip(), moment) for one in cron.split(";"))


def _next_of_one(cron: str, moment: datetime) -> datetime:
    if (fields := len(cron.split())) != _FIELDS:
        raise BadCron(cron, f"it takes {_FIELDS} fields, not {fields}")
    try:
        # In the hour that comes twice, CronSim begins with what fired the first time: that is over.
        fires = (local.astimezone(UTC) for local in CronSim(cron, moment.astimezone(LONDON)))
        return next(fire for fire in fires if fire > moment)
    except (CronSimError, StopIteration) as error:
        raise BadCron(cron, str(error) or "it never comes") from error


class Schedule:
    """See the module. ``crons`` has an expression for each command."""

    def __init__(self, crons: Mapping[str, str]) -> None:
        self._crons = dict(crons)

    async def tick(self, begin: Callable[[], Work], now: datetime) -> list[str]:
        """Ask for what is due at ``now``; return the commands. Raises Conflict where another process was faster."""
        work = begin()
        known = await work.get(SCHEDULE, self._crons)
        asked, changed = [], False
        for command, cron in self._crons.items():
            due = known.get(command)
            if due is not None and due.cron == cron and due.at > now:
                continue
            if due is not None and due.at <= now:
                meant = _last_due(due, now)
                day = meant.astimezone(LONDON).date()
                ask(work, command, day, DEANERIES, f"{meant.isoformat()}")
                asked.append(command)
            work.put(SCHEDULE, Due(command=command, cron=cron, at=next_after(cron, now)))
            changed = True
        if changed:
            await work.commit()
        return asked


def _last_due(due: Due, now: datetime) -> datetime:
    """Return the last time that the schedule came due up to ``now``."""
    last = due.at
    while (later := next_after(due.cron, last)) <= now:
        last = later
    return last
