"""What people see of alarms: the active ones, their receivers, and what could not be judged."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from tis_esr.engine.collection import Between
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.alarms.acts import SinkTest
from tis_esr.operations.alarms.alarm import ALARMS, Alarm, AlarmState
from tis_esr.operations.alarms.deliveries import SinkStatus, statuses
from tis_esr.operations.alarms.evaluation import EVALUATIONS
from tis_esr.operations.alarms.lifecycle import active
from tis_esr.operations.alarms.thresholds import STALE

_CLEARED_SHOWN = 50


class Alarms(msgspec.Struct, frozen=True, kw_only=True):
    """Alarms, the most severe first; ``sinks`` are the receivers.

    ``evaluated_at`` is when any process judged alarms last, None if none did within a day; ``is_stale`` says that this
    is too long ago. ``unknown`` has the kinds that could not be judged then, with the reason. ``tests`` are the results
    of test messages.
    """

    alarms: list[Alarm]
    sinks: list[SinkStatus] = []
    evaluated_at: datetime | None = None
    is_stale: bool = False
    unknown: dict[str, str] = {}
    tests: list[SinkTest] = []


def overview(reader: Reader, sinks: Sequence[str], now: datetime, *, cleared: bool = False) -> Alarms:
    """Return the active alarms, and the last cleared ones where they are asked for."""
    found = active(reader.find(ALARMS, {"state": AlarmState.ACTIVE.value}))
    if cleared:
        gone = reader.find(ALARMS, {"state": AlarmState.CLEARED.value})
        raised = [alarm for alarm in gone if alarm.raised_at is not None]
        raised.sort(key=lambda alarm: alarm.cleared_at or alarm.since, reverse=True)
        found += raised[:_CLEARED_SHOWN]
    day = 86400.0
    moments = Between(now.timestamp() - day, now.timestamp() + day)
    judged = reader.find(EVALUATIONS, {"at": moments})
    last = max((one.at for one in judged), default=None)
    fresh = [one for one in judged if now.timestamp() - one.at < STALE.total_seconds()]
    return Alarms(
        alarms=found,
        sinks=statuses(reader, sinks, now),
        evaluated_at=None if last is None else datetime.fromtimestamp(last, UTC),
        is_stale=not fresh,
        unknown={kind: reason for one in fresh for kind, reason in one.unknown.items()},
    )
