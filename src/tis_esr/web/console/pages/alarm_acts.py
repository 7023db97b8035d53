"""Acts about alarms: own, note, silence; on the list for several, on an alarm's page for one."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from functools import partial
from typing import Final

import msgspec
from starlette.requests import Request

from tis_esr import wall_clock
from tis_esr.counted import counted
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.work import Work
from tis_esr.errors import UsageError
from tis_esr.operations.access.accounts import Role
from tis_esr.operations.alarms import acts
from tis_esr.operations.alarms.alarm import ALARMS, ENDED, Alarm
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.dates import day as in_words
from tis_esr.web.console.acts import Act, Item, Plan, page_of
from tis_esr.web.console.asked_again import AskAgainError, Field, day_of
from tis_esr.web.console.console import console_of
from tis_esr.web.console.forms import Form
from tis_esr.web.console.pages.alarms import address_of
from tis_esr.web.console.problems import ProblemError

_LONGEST_NAME: Final = 100


async def _chosen(request: Request, form: Form, **values: str) -> Plan:
    """Return the plan for the ticked alarms."""
    return _plan_for(await _ticked(request, form), form, values)


async def _ticked(request: Request, form: Form) -> list[Alarm]:
    """Return the ticked alarms, in the order of their ids. Raises ProblemError if one does not exist."""
    ids = form.all("item")
    known: list[Alarm] = await console_of(request).questions.ask(partial(_known, ids=ids))
    if missing := sorted(set(ids) - {alarm.id for alarm in known}):
        raise ProblemError(
            409,
            f"Alarm {missing[0]} does not exist any more. Nothing was done.",
            "Open the list of alarms again.",
        )
    return known


def _plan_for(known: Sequence[Alarm], form: Form, values: dict[str, str], facts: Sequence[str] = ()) -> Plan:
    items = [Item(alarm.id, alarm.text, address_of(alarm.id)) for alarm in known]
    back = items[0].href if len(items) == 1 and form.get("back") == "alarm" else "/alarms"
    return Plan(items=items, values=values, back=back, facts=list(facts))


def _known(reader: Reader, ids: list[str]) -> list[Alarm]:
    return sorted(reader.get(ALARMS, ids), key=lambda alarm: alarm.id)


async def _plan_of_owner(request: Request, form: Form) -> Plan:
    owner = form.get("owner", "").strip() or acts.NOBODY
    if len(owner) > _LONGEST_NAME or not owner.isprintable():
        wrong = f"The owner's name must be {_LONGEST_NAME} characters or fewer, in one line"
        raise _again(form, Field("owner", "Owner, empty for nobody", owner, wrong))
    known = await _ticked(request, form)
    _refuse_cleared(known)
    before = {alarm.id: alarm.owner for alarm in known}
    values = {"owner": owner, "before": msgspec.json.encode(before).decode()}
    replaced = Counter(one for one in before.values() if one not in ("", owner))
    facts = [f"Replaces {one} as the owner of {counted(n, 'alarm')}" for one, n in sorted(replaced.items())]
    return _plan_for(known, form, values, facts)


async def _plan_of_silence(request: Request, form: Form) -> Plan:
    typed = form.get("until", "").strip()
    until, latest = day_of(typed), wall_clock.today() + acts.LONGEST_SILENCE
    if until is None or until > latest:
        wrong = (
            "Enter the day until which to silence"
            if until is None
            else f"The day must be {in_words(latest)} or earlier"
        )
        raise _again(form, Field("until", "Silence until, today to end a silence", typed, wrong, "date"))
    return await _chosen(request, form, until=until.isoformat())


def _again(form: Form, field: Field) -> AskAgainError:
    """Return what asks for a field again; its page is that of the alarm, or the list."""
    ids = form.all("item")
    return AskAgainError(
        [field], address_of(ids[0]) if len(ids) == 1 and form.get("back") == "alarm" else "/alarms"
    )


async def _own(work: Work, person: Person, plan: Plan, why: str) -> str:
    owner = plan.values["owner"]
    await _refuse_other_owners(work, plan)
    for id_ in plan.ids:
        await acts.own(work, person, id_, owner, why)
    if owner == acts.NOBODY:
        return f"{_number(plan)} {_has(plan)} no owner now."
    return f"{owner} owns {_number(plan)}."


async def _refuse_other_owners(work: Work, plan: Plan) -> None:
    """Raise UsageError if an alarm has got another owner since it was chosen, so that two people do not both act on it."""
    before = msgspec.json.decode(plan.values["before"], type=dict[str, str])
    known = await work.get(ALARMS, plan.ids)
    _refuse_cleared(known.values())
    for id_, alarm in known.items():
        if alarm.owner not in (before[id_], plan.values["owner"]):
            now = f"is owned by {alarm.owner}" if alarm.owner else "has no owner"
            raise UsageError("owner", f"alarm {id_} {now} since you chose")


def _refuse_cleared(alarms: Iterable[Alarm]) -> None:
    """Raise UsageError if an alarm has cleared: it forgets its owner when it is raised again."""
    if cleared := sorted(alarm.id for alarm in alarms if alarm.state in ENDED):
        raise UsageError("owner", f"alarm {cleared[0]} has cleared, so it needs no owner")


async def _note(work: Work, person: Person, plan: Plan, why: str) -> str:
    for id_ in plan.ids:
        await acts.note(work, person, id_, why)
    return f"Noted for {_number(plan)}."


async def _silence(work: Work, person: Person, plan: Plan, why: str) -> str:
    until = date.fromisoformat(plan.values["until"])
    silenced = [await acts.silence(work, person, id_, until, why) for id_ in plan.ids]
    if any(alarm.silenced_until for alarm in silenced):
        return f"Nobody is notified of {_number(plan)} before {in_words(until)}."
    return f"{_number(plan)} {'is' if len(plan.items) == 1 else 'are'} not silenced."


def _owner_sentence(plan: Plan) -> str:
    if plan.values["owner"] == acts.NOBODY:
        return f"Leave {_number(plan)} without an owner"
    return f"Make {plan.values['owner']} the owner of {_number(plan)}"


def _silence_sentence(plan: Plan) -> str:
    until = date.fromisoformat(plan.values["until"])
    if until <= wall_clock.today():
        return f"End the silence of {_number(plan)}"
    return f"Silence {_number(plan)} until {in_words(until)}"


def _number(plan: Plan) -> str:
    return counted(len(plan.items), "alarm")


def _has(plan: Plan) -> str:
    return "has" if len(plan.items) == 1 else "have"


_ACTS: Final = (
    Act("/alarms/own", "Set owner", Role.OPERATOR, _plan_of_owner, _owner_sentence, _own, all_offices=True),
    Act(
        "/alarms/note", "Add note", Role.OPERATOR, _chosen, lambda plan: f"Add a note to {_number(plan)}", _note,
        all_offices=True, reason="Note", reason_hint="Everybody who sees the alarm reads it. Name no trainee.",
    ),
    Act("/alarms/silence", "Silence", Role.OPERATOR, _plan_of_silence, _silence_sentence, _silence, all_offices=True),
)  # fmt: skip
ALARM_ACTS: Final = tuple(page_of(act) for act in _ACTS)
