"""What people see of alarms: the active ones, their receivers, and what could not be judged."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.alarms.acts import SinkTest
from tis_esr.operations.alarms.alarm import ALARMS, ENDED, Alarm, AlarmState
from tis_esr.operations.alarms.deliveries import SinkStatus, statuses
from tis_esr.operations.alarms.evaluation import EVALUATIONS
from tis_esr.operations.alarms.lifecycle import active, is_silenced
from tis_esr.operations.alarms.thresholds import STALE
from tis_esr.operations.dates import moment
from tis_esr.wall_clock import LONDON

_CLEARED_SHOWN = 50


class Receiver(msgspec.Struct, frozen=True, kw_only=True):
    """One receiver: messages that wait, since when the oldest does, the last error, the last success within a week."""

    sink: str
    waiting: int
    oldest_at: datetime | None
    attempts: int
    error: str
    sent_at: datetime | None


class Alarms(msgspec.Struct, frozen=True, kw_only=True):
    """Alarms, the most severe first; ``sinks`` are the receivers.

    ``evaluated_at`` is when any process judged alarms last, None if none did within a day; ``is_stale`` says that this
    is too long ago. ``unknown`` has the kinds that could not be judged then, with the reason. ``tests`` are the results
    of test messages.
    """

    alarms: list[Alarm]
    sinks: list[Receiver] = []
    evaluated_at: datetime | None = None
    is_stale: bool = False
    unknown: dict[str, str] = {}
    tests: list[SinkTest] = []


def overview(reader: Reader, sinks: Sequence[str], now: datetime, *, cleared: bool = False) -> Alarms:
    """Return the active alarms, and the last that ended where they are asked for."""
    found = active(reader.find(ALARMS, {"state": AlarmState.ACTIVE.value}))
    if cleared:
        gone = reader.find(ALARMS, {"state": [state.value for state in ENDED]})
        raised = [alarm for alarm in gone if alarm.raised_at is not None]
        raised.sort(key=lambda alarm: alarm.cleared_at or alarm.since, reverse=True)
        found += raised[:_CLEARED_SHOWN]
    day = 86400.0
    moments = Between(now.timestamp() - day, now.timestamp() + day)
    judged = reader.find(EVALUATIONS, {"at": moments})
    last = max((one.at for one in judged), default=None)
    fresh = [one for one in judged if now.timestamp() - one.at < STALE.total_seconds()]
    return Alarms(
        alarms=[in_london(alarm, now.astimezone(LONDON).date()) for alarm in found],
        sinks=[_receiver(status) for status in statuses(reader, sinks, now)],
        evaluated_at=moment(last or 0.0),
        is_stale=not fresh,
        unknown={kind: reason for one in fresh for kind, reason in (one.unknown | one.not_known).items()},
    )


def in_london(alarm: Alarm, today: date) -> Alarm:
    """Return an alarm with its moments in London time, to the second, and without a silence that is over."""
    return msgspec.structs.replace(
        alarm,
        since=_local(alarm.since),
        raised_at=alarm.raised_at and _local(alarm.raised_at),
        notified_at=alarm.notified_at and _local(alarm.notified_at),
        cleared_at=alarm.cleared_at and _local(alarm.cleared_at),
        seen_at=_local(alarm.seen_at),
        silenced_until=alarm.silenced_until if is_silenced(alarm, today) else None,
        events=[msgspec.structs.replace(event, at=_local(event.at)) for event in alarm.events],
    )


def _local(at: datetime) -> datetime:
    return at.astimezone(LONDON).replace(microsecond=0)


def _receiver(status: SinkStatus) -> Receiver:
    return Receiver(
        sink=status.sink,
        waiting=status.waiting,
        oldest_at=moment(status.oldest_at),
        attempts=status.attempts,
        error=status.error,
        sent_at=moment(status.sent_at),
    )
