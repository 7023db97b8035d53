"""What people do about alarms: own, note, silence, test their receivers; each act is audited with the change."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta

import msgspec

from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.work import Work
from tis_esr.errors import UsageError
from tis_esr.operations.alarms.alarm import ALARMS, Alarm, AlarmEvent, AlarmState, What
from tis_esr.operations.alarms.delivering import attempt
from tis_esr.operations.alarms.kinds import Severity
from tis_esr.operations.alarms.notice import TEST, Notice
from tis_esr.operations.alarms.sinks.sink import Sink
from tis_esr.operations.audit.trail import Person, record
from tis_esr.operations.dates import day as in_words

NOBODY = "nobody"
LONGEST_SILENCE = timedelta(days=90)
_SHOWN = 8


class SinkTest(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a test message to one receiver; ``error`` is "" if it was accepted."""

    sink: str
    error: str


def find(reader: Reader, word: str) -> Alarm:
    """Return the alarm with this id, or the only active one whose id contains the word. Raises UsageError."""
    if exact := reader.get(ALARMS, [word]):
        return exact[0]
    known = reader.find(ALARMS, {"state": AlarmState.ACTIVE.value})
    meant = [alarm for alarm in known if word.lower() in alarm.id.lower()]
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise UsageError("ID", f"{word!r} is ambiguous: {_listed(alarm.id for alarm in meant)}")
    hint = "tis-esr alarms list shows the active ones"
    raise UsageError("ID", f"no alarm has the id {word!r}; {hint}")


async def own(work: Work, person: Person, id_: str, owner: str, why: str = "") -> Alarm:
    """Make somebody the owner, ``nobody`` to leave it without one: an owned alarm does not escalate by time.

    Raises UsageError.
    """
    owner = _given(owner, f"name the owner, or {NOBODY}")
    name = "" if owner == NOBODY else owner
    alarm = await _known(work, id_)
    changed = msgspec.structs.replace(alarm, owner=name)
    text = f"{owner}: {why}" if why else owner
    return await _store(work, person, changed, What.OWNED, text, "alarm.own")


async def note(work: Work, person: Person, id_: str, text: str) -> Alarm:
    """Add a note. Raises UsageError for one without text."""
    text = _given(text, "give the text of the note")
    return await _store(work, person, await _known(work, id_), What.NOTED, text, "alarm.note")


async def silence(work: Work, person: Person, id_: str, until: date, why: str) -> Alarm:
    """Notify nobody up to and without a day; the day itself, or an earlier one, ends a silence. Raises UsageError.

    It ends by itself when the alarm becomes critical, or affects what it did not affect at the time.
    """
    if until > work.today + LONGEST_SILENCE:
        latest = in_words(work.today + LONGEST_SILENCE)
        raise UsageError("TEXT", f"{in_words(until)} is too far away; the last possible day is {latest}")
    why = _given(why, "say why the alarm is silenced", "--why")
    alarm = await _known(work, id_)
    ends = until if until > work.today else None
    members = [*alarm.members, *alarm.more_members] if ends else []
    changed = msgspec.structs.replace(alarm, silenced_until=ends, silenced_members=members)
    text = f"until {until.isoformat()}: {why}" if ends else f"ended: {why}"
    return await _store(work, person, changed, What.SILENCED, text, "alarm.silence", why=why)


async def test(person: Person, at: datetime, sinks: Sequence[Sink]) -> list[SinkTest]:
    """Send a test message to each receiver; the caller records the result with ``record_test``."""
    notice = test_notice(person, at.astimezone(UTC))
    return [SinkTest(sink=sink.name, error=await attempt(sink, notice)) for sink in sinks]


async def record_test(work: Work, person: Person, tests: Sequence[SinkTest]) -> None:
    """Record the result of test messages; the caller commits, and repeats this alone where another act conflicts."""
    result = ", ".join(f"{one.sink}: {one.error or 'accepted'}" for one in tests)
    await record(work, person, "alarm.test", [one.sink for one in tests], result=result)


def test_notice(person: Person, at: datetime) -> Notice:
    """Return a test message."""
    return Notice(
        id=f"test@{at.timestamp():.0f}",
        what=TEST,
        alarm="",
        kind=TEST.lower(),
        severity=Severity.INFO,
        title="TEST: tis-esr alarms reach this receiver",
        text=f"{person.name} sent this message with tis-esr alarms test. No action is needed.",
        at=at,
    )


def _given(text: str, what: str, option: str = "TEXT") -> str:
    if not text.strip():
        raise UsageError(option, what)
    return text.strip()


async def _known(work: Work, id_: str) -> Alarm:
    alarm = (await work.get(ALARMS, [id_])).get(id_)
    if alarm is None:
        raise UsageError("ID", f"alarm {id_} does not exist any more; tis-esr alarms list")
    return alarm


async def _store(
    work: Work, person: Person, alarm: Alarm, what: What, text: str, act: str, *, why: str = ""
) -> Alarm:
    event = AlarmEvent(at=work.now.astimezone(UTC), what=what, who=person.name, text=text)
    alarm = alarm.with_event(event)
    work.put(ALARMS, alarm)
    await record(work, person, act, [alarm.id], why=why or text)
    return alarm


def _listed(ids: Iterable[str]) -> str:
    found = sorted(ids)
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more
