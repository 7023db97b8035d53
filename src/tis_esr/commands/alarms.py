"""``tis-esr alarms``: lists and shows alarms, and does what people do about them."""

from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import date
from pathlib import Path

from tis_esr import wall_clock
from tis_esr.commands.person import person_of
from tis_esr.commands.printing_alarms import show_alarm, show_all, show_kind, show_tests
from tis_esr.commands.terminal import print_json, say
from tis_esr.engine.faults import ConflictError
from tis_esr.engine.work import Work
from tis_esr.errors import Exit, UsageError
from tis_esr.operations.alarms import acts
from tis_esr.operations.alarms.alarm import ALARMS, Alarm
from tis_esr.operations.alarms.catalogue import BY_ID
from tis_esr.operations.alarms.overview import Alarms, in_london, overview
from tis_esr.operations.alarms.sinks.configured import sinks_of
from tis_esr.operations.composition import engine_for_operation, reader_of
from tis_esr.settings import Settings

_TRIES = 5


def list_(settings: Settings, state: Path | None, *, cleared: bool, as_json: bool) -> Exit:
    """Print the active alarms and the receivers; DONE_WITH_PARKED if an alarm is active."""
    names = [sink.name for sink in sinks_of(settings)]
    with closing(reader_of(settings, state)) as reader:
        found = overview(reader, names, wall_clock.now(), cleared=cleared)
    if as_json:
        print_json(found)
    else:
        show_all(found)
    return Exit.DONE_WITH_PARKED if any(alarm.cleared_at is None for alarm in found.alarms) else Exit.DONE


def show(settings: Settings, word: str, state: Path | None, *, as_json: bool) -> Exit:
    """Print one alarm with its history, or what is known of a kind of alarms."""
    with closing(reader_of(settings, state)) as reader:
        if word in BY_ID and not as_json and not reader.get(ALARMS, [word]):
            show_kind(BY_ID[word])
            return Exit.DONE
        alarm = acts.find(reader, word)
    if as_json:
        print_json(Alarms(alarms=[in_london(alarm, wall_clock.today())]))
    else:
        show_alarm(in_london(alarm, wall_clock.today()))
    return Exit.DONE


async def own(settings: Settings, word: str, owner: str | None, state: Path | None, *, as_json: bool) -> Exit:
    """Make somebody the owner of an alarm, by default the person who calls this."""
    person = person_of(settings)
    name = person.name if owner is None else owner
    alarm = await _act(settings, word, state, lambda work, id_: acts.own(work, person, id_, name))
    return _done(alarm, f"{alarm.id} has no owner now" if not alarm.owner else f"{alarm.owner} owns {alarm.id}", as_json=as_json)  # fmt: skip


async def note(settings: Settings, word: str, text: str, state: Path | None, *, as_json: bool) -> Exit:
    """Add a note to an alarm."""
    person = person_of(settings)
    alarm = await _act(settings, word, state, lambda work, id_: acts.note(work, person, id_, text))
    return _done(alarm, f"noted for {alarm.id}", as_json=as_json)


async def silence(
    settings: Settings, word: str, until: date, why: str, state: Path | None, *, as_json: bool
) -> Exit:
    """Silence an alarm until a day."""
    person = person_of(settings)
    alarm = await _act(settings, word, state, lambda work, id_: acts.silence(work, person, id_, until, why))
    until_ = alarm.silenced_until
    said = f"{alarm.id} notifies nobody before {until_:%d %b %Y}" if until_ else f"{alarm.id} is not silenced"
    return _done(alarm, said, as_json=as_json)


async def test(settings: Settings, state: Path | None, *, as_json: bool) -> Exit:
    """Send a test message to each receiver; UNAVAILABLE if one does not accept it."""
    sinks, person = sinks_of(settings), person_of(settings)
    if not sinks:
        raise UsageError(
            "test", "no receiver is set; set TIS_ESR_ALARM_SLACK_URL or another one (docs/how-to/alarms.md)"
        )
    async with engine_for_operation(settings, state) as runner:
        tests = await acts.test(person, runner.work().now, sinks)

        async def audit() -> None:
            work = runner.work()
            await acts.record_test(work, person, tests)
            await work.commit()

        await runner.patiently("the audit", audit)
    if as_json:
        print_json(Alarms(alarms=[], tests=tests))
    else:
        show_tests(tests)
    return Exit.UNAVAILABLE if any(one.error for one in tests) else Exit.DONE


async def _act(
    settings: Settings, word: str, state: Path | None, act: Callable[[Work, str], Awaitable[Alarm]]
) -> Alarm:
    """Do an act in a unit of work of its own, again if the alarm changes at the same moment."""
    with closing(reader_of(settings, state)) as reader:
        id_ = acts.find(reader, word).id
    async with engine_for_operation(settings, state) as runner:

        async def step() -> Alarm:
            for left in reversed(range(_TRIES)):
                work = runner.work()
                alarm = await act(work, id_)
                try:
                    await work.commit()
                except ConflictError:
                    if not left:
                        raise
                else:
                    break
            return alarm

        return await runner.patiently("the alarm", step)


def _done(alarm: Alarm, said: str, *, as_json: bool) -> Exit:
    if as_json:
        print_json(Alarms(alarms=[in_london(alarm, wall_clock.today())]))
    else:
        say(said)
    return Exit.DONE
