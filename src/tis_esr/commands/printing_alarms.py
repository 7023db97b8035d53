"""Prints alarms: the list, one with its history, what a kind means, results of test messages."""

from collections.abc import Sequence
from datetime import datetime

from tis_esr.commands.terminal import BAD, GOOD, HEADING, NOTICE, say
from tis_esr.counted import counted
from tis_esr.operations.alarms.acts import SinkTest
from tis_esr.operations.alarms.alarm import Alarm, AlarmState
from tis_esr.operations.alarms.catalogue import BY_ID
from tis_esr.operations.alarms.kinds import Kind, Severity, duration
from tis_esr.operations.alarms.overview import Alarms, Receiver
from tis_esr.operations.states import words
from tis_esr.wall_clock import LONDON

_STYLES = {Severity.CRITICAL: BAD, Severity.WARNING: NOTICE, Severity.INFO: ""}
_MEMBERS = 20


def show_all(found: Alarms) -> None:
    """Print all alarms, then what limits the list, then the receivers."""
    for alarm in found.alarms:
        _summary(alarm)
    if not found.alarms and found.evaluated_at is not None:
        say("No alarm is active.", style="" if found.is_stale else GOOD)
    if found.evaluated_at is None:
        none = "" if found.alarms else ", so none is known"
        see = "see tis-esr board, tis-esr parked and tis-esr files"
        said = f"alarms have not been judged within a day{none}: tis-esr run judges them; until then {see}."
        say(said, label="Not judged:", style=NOTICE)
    elif found.is_stale:
        said = f"last judged {_at(found.evaluated_at)}; what changed since is not known"
        say(said, label="Stale:", style=BAD)
    for kind, reason in sorted(found.unknown.items()):
        say(f"{kind}: {reason}", label="Not judged:", style=NOTICE)
    for sink in found.sinks:
        _receiver(sink)


def show_alarm(alarm: Alarm) -> None:
    """Print an alarm with its members, what to do, and its history."""
    _summary(alarm)
    for member in alarm.members[:_MEMBERS]:
        say(member, indent=2)
    if alarm.number > min(len(alarm.members), _MEMBERS) and alarm.members:
        say(
            f"and {alarm.number - min(len(alarm.members), _MEMBERS):,} more (--json prints up to 200)",
            indent=2,
        )
    if alarm.kind in BY_ID:
        _advice(BY_ID[alarm.kind])
    say("History", style=HEADING)
    for event in alarm.events:
        text = " ".join(filter(None, [words(event.what).lower(), f"by {event.who}" if event.who else ""]))
        say(f"{_at(event.at)} {text}{f': {event.text}' if event.text else ''}", indent=2)


def show_kind(kind: Kind) -> None:
    """Print what a kind of alarms means; none of it is stored."""
    say(kind.condition, label=f"{kind.id} ({kind.severity.value}):", style=HEADING)
    _advice(kind)
    begins = f"after {duration(kind.lasts)}" if kind.lasts else "at once"
    say(f"{begins}, repeated every {duration(kind.repeat)}", label="Raised:")
    say(kind.escalation, label="Critical:")


def show_tests(tests: Sequence[SinkTest]) -> None:
    """Print the result of each test message."""
    for one in tests:
        say(one.error or "accepted the test message", label=f"{one.sink}:", style=BAD if one.error else GOOD)


def _summary(alarm: Alarm) -> None:
    severity = alarm.severity.value if alarm.state is AlarmState.ACTIVE else words(alarm.state).lower()
    say(
        alarm.id,
        label=f"{severity}:",
        style=_STYLES[alarm.severity] if alarm.state is not AlarmState.CLEARED else "",
    )
    say(alarm.text, indent=2)
    if alarm.consequence:
        say(alarm.consequence, indent=2)
    facts = [f"since {_at(alarm.since)}", f"owner: {alarm.owner or 'nobody'}"]
    if alarm.times > 1:
        facts.append(f"raised {alarm.times} times")
    if alarm.cleared_at is not None:
        is_too_old = alarm.state is AlarmState.NO_LONGER_WATCHED
        ended = "no longer watched since" if is_too_old else "cleared"
        facts.append(f"{ended} {_at(alarm.cleared_at)}")
    if alarm.silenced_until is not None:
        facts.append(f"silenced until {alarm.silenced_until:%d %b %Y}")
    say("; ".join(facts), indent=2)


def _advice(kind: Kind) -> None:
    say(kind.meaning, label="Meaning:")
    say(kind.affected, label="Affected:")
    say(kind.who.value, label="Who acts:")
    say("What to do", style=HEADING)
    for step in kind.to_do:
        say(step.replace("`", ""), indent=2)


def _receiver(sink: Receiver) -> None:
    sent = f"last message {_at(sink.sent_at)}" if sink.sent_at else "nothing sent yet"
    if sink.error:
        say(
            f"{sink.error}; {sink.waiting:,} waiting, {counted(sink.attempts, 'attempt')}; {sent}",
            label=f"{sink.sink}:",
            style=BAD,
        )
    else:
        say(f"{sent}{f'; {sink.waiting:,} waiting' if sink.waiting else ''}", label=f"{sink.sink}:")


def _at(moment: datetime) -> str:
    local = moment.astimezone(LONDON)
    return f"{local.day} {local:%b %Y %H:%M}"
