"""The schedule of commands: a cron expression for each, in London time, correct over both clock changes.

Finding that a run is due and requesting it is one transaction, so it is requested once, whatever fails and however many
processes check. A missed run is caught up, with the day it was scheduled for; of several missed ones only the last.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from tis_esr.engine.collection import Collection
from tis_esr.engine.work import Work
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.contracts.commands import ask
from tis_esr.services.cron import next_after
from tis_esr.wall_clock import LONDON


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """When a command is due next."""

    command: str
    cron: str
    at: datetime


SCHEDULE = Collection("schedule.commands", Due, lambda due: due.command)


class Schedule:
    """Sends commands when they are due. ``crons`` has an expression for each command."""

    def __init__(self, crons: Mapping[str, str]) -> None:
        self._crons = dict(crons)

    async def tick(self, begin: Callable[[], Work], now: datetime) -> list[str]:
        """Request what is due at ``now``; return the commands. Raises ConflictError if another process was faster."""
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
    """Return the last time up to ``now`` at which the schedule was due."""
    last = due.at
    while (later := next_after(due.cron, last)) <= now:
        last = later
    return last
