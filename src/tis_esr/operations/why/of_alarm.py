"""What an alarm means, since when it stands, and who must act; found by its id, a part of it, or its kind."""

from collections.abc import Sequence

from tis_esr.decisions.who import Who
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.alarms.alarm import ALARMS, Alarm, AlarmState
from tis_esr.operations.alarms.catalogue import BY_ID, CATALOGUE
from tis_esr.operations.alarms.kinds import Kind
from tis_esr.operations.dates import iso, readable
from tis_esr.operations.states import words
from tis_esr.operations.why.answers import Answer, Choice

_NAMED = 8


def alarms_of(state: Reader, text: str) -> list[Alarm]:
    """Return the alarm with this id, or the active ones whose id contains the text."""
    if exact := state.get(ALARMS, [text]):
        return exact
    active = state.find(ALARMS, {"state": AlarmState.ACTIVE.value})
    return [alarm for alarm in active if text.lower() in alarm.id.lower()]


def kind_of(text: str) -> Kind | None:
    """Return the kind that a text names, or that the id of an alarm begins with; None if there is none."""
    return BY_ID.get(text.partition(":")[0].strip().lower())


def of_alarm(state: Reader, text: str) -> tuple[list[Answer], list[Choice]]:
    """Return the answers about the alarm that a text means, or the alarms that it can mean; neither if there is none."""
    found = alarms_of(state, text)
    if len(found) > 1:
        return [], [Choice(word=f"alarm:{alarm.id}", what=alarm.text) for alarm in found]
    if found:
        return list(_answers(found[0])), []
    kind = kind_of(text)
    if kind is None:
        return [], []
    said = f"is not active. It is raised when {kind.condition}; it means: {kind.meaning}"
    return [Answer(about=f"Alarm {kind.id}", sentence=said.rstrip("."), who=Who.NOBODY)], []


def unknown(text: str) -> Answer:
    """Return the answer about a text that is not an alarm."""
    said = f"is not an alarm; the kinds are {', '.join(kind.id for kind in CATALOGUE)}"
    return Answer(
        about=text, sentence=said, who=Who.ASKER, action="see tis-esr alarms list for the active ones"
    )


def _answers(alarm: Alarm) -> Sequence[Answer]:
    kind = BY_ID.get(alarm.kind)
    since = readable(iso(alarm.since.timestamp()))
    consequence = f". {alarm.consequence}" if alarm.consequence else ""
    owned = f"; {alarm.owner} has it" if alarm.owner else ""
    needs_somebody = alarm.state in {AlarmState.ACTIVE, AlarmState.NO_LONGER_WATCHED}
    first = Answer(
        about=f"Alarm {alarm.id} ({words(alarm.state).lower()}, {alarm.severity.name.lower()})",
        sentence=f"since {since}: {alarm.text}{consequence}{owned}".rstrip("."),
        who=kind.who if kind and needs_somebody else Who.NOBODY,
        action=" ".join(kind.to_do).replace("`", "").rstrip(".") if kind and needs_somebody else "",
    )
    if not alarm.members:
        return [first]
    more = f" and {alarm.number - _NAMED:,} more" if alarm.number > _NAMED else ""
    named = f"{', '.join(alarm.members[:_NAMED])}{more}"
    return [first, Answer(about=f"Members ({alarm.number:,})", sentence=named, who=Who.NOBODY)]
