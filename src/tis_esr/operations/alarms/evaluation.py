"""Stores what an evaluation changes: with versions, so that of several processes one raises each alarm, once."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime

import msgspec
import structlog

from tis_esr.engine.collection import Between, Collection
from tis_esr.engine.faults import ConflictError, TransientError
from tis_esr.engine.work import Work
from tis_esr.operations.alarms.alarm import ALARMS, AlarmState, What
from tis_esr.operations.alarms.deliveries import enqueue
from tis_esr.operations.alarms.findings import Judged
from tis_esr.operations.alarms.kinds import Severity
from tis_esr.operations.alarms.lifecycle import Change, changes
from tis_esr.operations.alarms.notice import notice_of
from tis_esr.operations.alarms.thresholds import STALE

_log = structlog.get_logger()
_OPEN = [AlarmState.PENDING.value, AlarmState.ACTIVE.value]
_EVENTS = {
    What.RAISED: "alarm_raised",
    What.REPEATED: "alarm_repeated",
    What.ESCALATED: "alarm_escalated",
    What.CLEARED: "alarm_cleared",
    What.NO_LONGER_WATCHED: "alarm_no_longer_watched",
}
_TRIES = 20
_NOTED_SECONDS = 30.0


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """What a process has judged: when it last evaluated, each kind and when, and the kinds that it could not judge.

    Moments are in seconds of the store's clock; ``unknown`` and ``not_known`` have the reason by kind, see Judged.
    """

    process: str
    at: float
    kinds: dict[str, float] = {}
    unknown: dict[str, str] = {}
    not_known: dict[str, str] = {}


EVALUATIONS = Collection("alarms.evaluations", Evaluation, lambda one: one.process, (("at",),))


class Receivers(msgspec.Struct, frozen=True, kw_only=True):
    """The names of the receivers that people configured, and the address of the runbooks, "" if none is set."""

    sinks: Sequence[str] = ()
    runbooks: str = ""


async def store(
    begin: Callable[[], Work], judged: Judged, receivers: Receivers, today: date, now: datetime | None = None
) -> list[Change]:
    """Store what an evaluation changes, with a message to each receiver, and log it; return what happened.

    ``now`` is by default the store's clock, which all processes share. Raises TransientError.
    """
    for _ in range(_TRIES):
        work = begin()
        at = now or datetime.fromtimestamp(work.time(), UTC)
        found = await work.find(ALARMS, {"state": _OPEN})
        known = {alarm.id: alarm for alarm in found}
        known |= await work.get(ALARMS, [one.id for one in judged.findings])
        changed = changes(known, judged, at, today)
        for change in changed:
            work.put(ALARMS, change.alarm)
            if change.what is not None and change.alarm.severity is not Severity.INFO:
                notice = notice_of(change.alarm, change.what, at, receivers.runbooks)
                await enqueue(work, receivers.sinks, notice)
        await _note(work, judged)
        try:
            if work.has_changes:
                await work.commit()
        except ConflictError:
            continue
        _say(changed)
        return changed
    raise TransientError("alarms are changed by too many processes at once")


async def evaluations(work: Work) -> list[Evaluation]:
    """Return what each running process has judged: those that evaluated within STALE."""
    now, stale = work.time(), STALE.total_seconds()
    return await work.find(EVALUATIONS, {"at": Between(now - stale, now + stale)})


async def _note(work: Work, judged: Judged) -> None:
    """Write what this process has judged, unless it did so within seconds and nothing differs."""
    now = work.time()
    before = (await work.get(EVALUATIONS, [judged.process])).get(judged.process)
    kinds = {**(before.kinds if before else {}), **dict.fromkeys(judged.kinds, now)}
    is_fresh = before is not None and 0 <= now - before.at < _NOTED_SECONDS
    is_same = before is not None and (before.unknown, before.not_known) == (judged.unknown, judged.not_known)
    if not (is_fresh and is_same):
        noted = Evaluation(
            process=judged.process, at=now, kinds=kinds, unknown=judged.unknown, not_known=judged.not_known
        )
        work.put(EVALUATIONS, noted)


def _say(changed: Sequence[Change]) -> None:
    for change in changed:
        if change.what is None:
            continue
        alarm = change.alarm
        say = _log.info if change.what is What.CLEARED else _log.warning
        say(
            _EVENTS[change.what],
            alarm=alarm.id,
            severity=alarm.severity.value,
            finding=alarm.text,
            consequence=alarm.consequence,
            members=alarm.members[:13],
            number=alarm.number,
        )
