"""Alarms as stored: one for each cause, from its first finding until it is cleared, and what people say about it."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

import msgspec

from tis_esr.engine.collection import Collection
from tis_esr.operations.alarms.kinds import Severity

MOST_EVENTS = 50
"""Events of an alarm that are kept: repetitions go first, then what else evaluations noted, the oldest first."""


class AlarmState(StrEnum):
    """PENDING until its condition has held for long enough, then ACTIVE until its cause is gone, then CLEARED.

    NO_LONGER_WATCHED is one that ended because it is too old to be judged: its cause was there when it was last judged.
    """

    PENDING = "PENDING"
    ACTIVE = "ACTIVE"
    CLEARED = "CLEARED"
    NO_LONGER_WATCHED = "NO_LONGER_WATCHED"


ENDED = (AlarmState.CLEARED, AlarmState.NO_LONGER_WATCHED)
"""The states of an alarm that needs nobody any more."""


class What(StrEnum):
    """What happened to an alarm."""

    RAISED = "RAISED"
    REPEATED = "REPEATED"
    ESCALATED = "ESCALATED"
    CLEARED = "CLEARED"
    NO_LONGER_WATCHED = "NO_LONGER_WATCHED"
    OWNED = "OWNED"
    NOTED = "NOTED"
    SILENCED = "SILENCED"


class AlarmEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened to an alarm: when (UTC), what, by whom ("" for the evaluation), and a text."""

    at: datetime
    what: What
    who: str = ""
    text: str = ""


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """One cause. ``id`` is its kind and cause; if the cause returns, the same alarm is raised again.

    ``since`` is when the cause began, ``raised_at`` when it became active, ``notified_at`` when people were notified
    last, None if they were not: it was raised in a silence. ``members``, ``number``, ``text`` and ``consequence`` are those of the last finding. ``seen_at`` is about when
    it was last found, ``watched_until`` from when on its cause is too old to be found, None for never; ``process`` the process
    that judges it, "" if any does. While it is silenced, up to and without
    the day ``silenced_until``, nobody is notified; ``silenced_members`` are those that it had then. ``more_members``
    are fingerprints of the members beyond those that are named, where a silence depends on them. Events are in the order in which they happened.
    """

    id: str
    kind: str
    state: AlarmState
    severity: Severity
    members: list[str]
    number: int
    text: str
    consequence: str = ""
    since: datetime
    raised_at: datetime | None = None
    notified_at: datetime | None = None
    cleared_at: datetime | None = None
    more_members: list[str] = []
    seen_at: datetime
    watched_until: datetime | None = None
    process: str = ""
    owner: str = ""
    silenced_until: date | None = None
    silenced_members: list[str] = []
    events: list[AlarmEvent] = []

    @property
    def times(self) -> int:
        """Return how often it was raised, as far as its events are kept."""
        return sum(1 for event in self.events if event.what is What.RAISED)

    def with_event(self, event: AlarmEvent) -> "Alarm":
        """Return the alarm with one more event; of too many, what people did is dropped last."""
        events = [*self.events, event]
        while len(events) > MOST_EVENTS:
            del events[_least_worth(events)]
        return msgspec.structs.replace(self, events=events)


def _least_worth(events: Sequence[AlarmEvent]) -> int:
    """Return the place of the event that is dropped first; the newest is not."""
    older = events[:-1]
    repeated = [place for place, event in enumerate(older) if event.what is What.REPEATED]
    noted_by_nobody = [place for place, event in enumerate(older) if not event.who]
    return next(iter([*repeated, *noted_by_nobody, 0]))


ALARMS = Collection("alarms.alarms", Alarm, lambda alarm: alarm.id, (("state",),))
