"""How alarms follow from findings: raised once, repeated on schedule, escalated by consequence, cleared. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

import msgspec

from tis_esr.operations.alarms.alarm import ENDED, Alarm, AlarmEvent, AlarmState, What
from tis_esr.operations.alarms.catalogue import BY_ID
from tis_esr.operations.alarms.findings import Finding, Judged, fingerprints
from tis_esr.operations.alarms.kinds import Kind, Severity
from tis_esr.operations.alarms.thresholds import STALE

_SEEN_EVERY: Final = timedelta(minutes=5)
"""An alarm that is found unchanged is written this often, which shows that it is still judged."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm as it is to be stored, and what happened to it; ``what`` is None if nobody is to be notified."""

    alarm: Alarm
    what: What | None


def changes(known: Mapping[str, Alarm], judged: Judged, now: datetime, today: date) -> list[Change]:
    """Return which alarms change by an evaluation. ``known`` are the stored ones that are pending or active, and those found.

    An alarm whose kind was not judged stays as it is. One that a finding follows ends without a message, and its owner has
    the one that continues it. A silence ends on its day, when its alarm escalates, or affects something new; people are notified then. One of a process is judged by that process alone, and is cleared
    by any when that process has not seen it for STALE.
    """
    found = {one.id: one for one in judged.findings}
    continued = {one.follows: one for one in found.values()}
    changed = []
    for id_, one in found.items():
        before = known.get(one.follows)
        owner = before.owner if before and before.state is AlarmState.ACTIVE else ""
        changed.append(_found(known.get(id_), one, judged, now, today, owner))
    gone = (alarm for id_, alarm in known.items() if id_ not in found)
    changed += [
        _gone(alarm, now, today, continued.get(alarm.id)) for alarm in gone if _is_gone(alarm, judged, now)
    ]
    return [change for change in changed if known.get(change.alarm.id) != change.alarm]


def is_silenced(alarm: Alarm, today: date) -> bool:
    """Return whether nobody is notified of an alarm on a day."""
    return alarm.silenced_until is not None and today < alarm.silenced_until


def active(alarms: Iterable[Alarm]) -> list[Alarm]:
    """Return the active alarms, the most severe and then the oldest first."""
    order = list(Severity)
    return sorted(
        (alarm for alarm in alarms if alarm.state is AlarmState.ACTIVE),
        key=lambda alarm: (order.index(alarm.severity), alarm.since, alarm.id),
    )


def _found(
    alarm: Alarm | None, one: Finding, judged: Judged, now: datetime, today: date, owner: str
) -> Change:
    kind = BY_ID[one.kind]
    if alarm is None or alarm.state in ENDED:
        alarm = msgspec.structs.replace(_begun(alarm, one, kind, now), owner=owner)
    is_silence_over = alarm.silenced_until is not None and not is_silenced(alarm, today)
    if is_silence_over:
        alarm = _loud(alarm)
    alarm = msgspec.structs.replace(
        alarm,
        members=one.members,
        number=one.number,
        text=one.text,
        consequence=one.consequence,
        watched_until=one.watched_until,
        more_members=one.more_members,
        process=judged.process if kind.per_process else "",
        seen_at=now if now - alarm.seen_at >= _SEEN_EVERY else alarm.seen_at,
    )
    if alarm.state is AlarmState.PENDING:
        if now - alarm.since < kind.lasts:
            return Change(alarm=alarm, what=None)
        severity = Severity.CRITICAL if one.urgent else kind.severity
        is_worse = severity is Severity.CRITICAL and alarm.severity is not Severity.CRITICAL
        if is_worse or _has_joined(alarm, one, kind):
            alarm = _loud(alarm)
        raised = msgspec.structs.replace(
            alarm, state=AlarmState.ACTIVE, raised_at=now, cleared_at=None, severity=severity, seen_at=now
        )
        return _notified(raised, What.RAISED, now, today)
    if alarm.severity is not Severity.CRITICAL and _escalates(alarm, one, kind, now):
        critical = msgspec.structs.replace(_loud(alarm), severity=Severity.CRITICAL)
        return _notified(critical, What.ESCALATED, now, today)
    if is_silenced(alarm, today) and _has_joined(alarm, one, kind):
        return _notified(_loud(alarm), What.REPEATED, now, today)
    if (is_silence_over or _is_to_repeat(alarm, kind, now)) and not is_silenced(alarm, today):
        return _notified(alarm, What.REPEATED, now, today)
    return Change(alarm=alarm, what=None)


def _begun(before: Alarm | None, one: Finding, kind: Kind, now: datetime) -> Alarm:
    """Return a pending alarm; one that was cleared keeps its events, its severity until it is raised, and a silence that has not ended."""
    return Alarm(
        id=one.id,
        kind=one.kind,
        state=AlarmState.PENDING,
        severity=before.severity if before else kind.severity,
        members=one.members,
        number=one.number,
        text=one.text,
        since=min(one.since, now) if one.since else now,
        seen_at=now,
        raised_at=before.raised_at if before else None,
        cleared_at=before.cleared_at if before else None,
        silenced_until=before.silenced_until if before else None,
        silenced_members=before.silenced_members if before else [],
        events=before.events if before else [],
    )


def _loud(alarm: Alarm) -> Alarm:
    """Return an alarm that is not silenced."""
    return msgspec.structs.replace(alarm, silenced_until=None, silenced_members=[])


def _escalates(alarm: Alarm, one: Finding, kind: Kind, now: datetime) -> bool:
    if one.urgent:
        return True
    unowned = kind.unowned is not None and not alarm.owner and alarm.raised_at is not None
    return unowned and now - (alarm.raised_at or now) >= (kind.unowned or timedelta.max)


def _has_joined(alarm: Alarm, one: Finding, kind: Kind) -> bool:
    """Return whether a finding has a member that the alarm did not have when it was silenced."""
    if kind.silence_covers_new:
        return False
    known = {*alarm.silenced_members, *fingerprints(alarm.silenced_members)}
    return not {*fingerprints(one.members), *one.more_members} <= known


def _is_to_repeat(alarm: Alarm, kind: Kind, now: datetime) -> bool:
    """Return whether people are to be notified again; also if the last time was noted by a clock that was ahead.

    One that was raised in a silence is due when the silence ends: nobody was notified of it.
    """
    if alarm.notified_at is None:
        return True
    quiet = now - alarm.notified_at
    return quiet >= kind.repeat or quiet < -STALE


def _notified(alarm: Alarm, what: What, now: datetime, today: date) -> Change:
    event = AlarmEvent(at=now, what=what, text=alarm.text)
    if is_silenced(alarm, today):
        return Change(alarm=alarm.with_event(event), what=None)
    return Change(alarm=msgspec.structs.replace(alarm, notified_at=now).with_event(event), what=what)


def _is_gone(alarm: Alarm, judged: Judged, now: datetime) -> bool:
    if alarm.state in ENDED:
        return False
    if alarm.kind not in BY_ID:  # of an earlier version, whose kind was removed
        return True
    if alarm.process and alarm.process != judged.process:
        return now - alarm.seen_at >= STALE
    return alarm.kind in judged.kinds


def _gone(alarm: Alarm, now: datetime, today: date, continued_by: Finding | None) -> Change:
    """Return an alarm that has ended; nobody is notified of one of which nobody was, or that another continues.

    One whose cause is too old to be found is not said to be cleared: nobody knows that it is gone.
    """
    was_active = alarm.state is AlarmState.ACTIVE
    at = now if was_active or alarm.cleared_at is None else alarm.cleared_at
    alarm = msgspec.structs.replace(alarm, state=AlarmState.CLEARED, cleared_at=at, owner="")
    if not was_active:
        since = min(alarm.since, alarm.raised_at or alarm.since)
        alarm = msgspec.structs.replace(alarm, since=since)
        return Change(alarm=alarm, what=None)
    if continued_by is not None:
        text = f"continued by {continued_by.id}"
        event = AlarmEvent(at=now, what=What.CLEARED, text=text)
        return Change(alarm=alarm.with_event(event), what=None)
    what, text = What.CLEARED, ""
    if alarm.watched_until is not None and now >= alarm.watched_until:
        what, text = What.NO_LONGER_WATCHED, f"too old to be judged; when it was last judged: {alarm.text}"
        alarm = msgspec.structs.replace(alarm, state=AlarmState.NO_LONGER_WATCHED)
    ended = alarm.with_event(AlarmEvent(at=now, what=what, text=text))
    is_quiet = is_silenced(alarm, today) or alarm.notified_at is None
    return Change(alarm=ended, what=None if is_quiet else what)
