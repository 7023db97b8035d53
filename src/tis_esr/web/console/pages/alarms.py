"""The list of alarms, and one alarm with its history and what to do about it."""

from functools import partial
from typing import Final
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from tis_esr import wall_clock
from tis_esr.engine.reader_protocol import Reader
from tis_esr.first_letters import first_upper
from tis_esr.operations.access.accounts import Role
from tis_esr.operations.alarms.acts import LONGEST_SILENCE, NOBODY
from tis_esr.operations.alarms.alarm import ALARMS, Alarm, AlarmEvent, What
from tis_esr.operations.alarms.catalogue import BY_ID
from tis_esr.operations.alarms.kinds import Severity
from tis_esr.operations.alarms.overview import Alarms, in_london, overview
from tis_esr.operations.alarms.sinks.configured import sinks_of
from tis_esr.operations.states import words
from tis_esr.records.file_names import BadFileNameError, FileName
from tis_esr.visible import visible
from tis_esr.web.console.addresses import Choice, choice
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.rendering import page
from tis_esr.web.console.tables import Column, Table
from tis_esr.web.console.wording import tag

_TRAIL: Final = (("/", "Start"), ("/alarms", "Alarms"))
_COLOURS: Final = {Severity.CRITICAL: "red", Severity.WARNING: "yellow", Severity.INFO: "grey"}
_STATES: Final = {"active": "Active", "cleared": "Cleared lately"}


def address_of(alarm: str) -> str:
    """Return the address of an alarm's page."""
    return f"/alarms/{quote(alarm, safe='')}"


def _link(alarm: Alarm) -> Markup:
    return Markup('<a href="{}">{}</a>').format(address_of(alarm.id), alarm.text or alarm.id)


_TABLE: Final = Table[Alarm](
    columns=(
        Column("severity", "Severity", lambda alarm: list(Severity).index(alarm.severity), lambda alarm: tag(alarm.severity.value, _COLOURS[alarm.severity]), written=lambda alarm: alarm.severity.value),
        Column("text", "Alarm", lambda alarm: alarm.text, _link, is_text=True),
        Column("affected", "Affected", lambda alarm: alarm.number, is_number=True),
        Column("since", "Since", lambda alarm: alarm.since),
        Column("owner", "Owner", lambda alarm: alarm.owner),
        Column("silenced", "Silenced until", lambda alarm: alarm.silenced_until),
        Column("cleared", "Cleared", lambda alarm: alarm.cleared_at),
    ),
    key=lambda alarm: alarm.id,
    sort="severity",
)  # fmt: skip


async def alarms(request: Request) -> Response:
    """List the active alarms, the most severe first, or those that were cleared lately."""
    choices, found, mine = await _found(request)
    values = {
        "found": found,
        "table": _TABLE.page(request, mine, csv="/alarms.csv"),
        "choices": choices,
        "chosen": [one for one in choices if not one.is_default],
        **_acting(request),
    }
    return page(request, "alarms.html", "Alarms", values, trail=_TRAIL[:1])


async def alarms_csv(request: Request) -> Response:
    """Return what the list shows as CSV."""
    _, _, mine = await _found(request)
    return _TABLE.csv(request, "alarms", mine)


async def alarm(request: Request) -> Response:
    """Show one alarm."""
    id_ = request.path_params["id"]
    found: Alarm | None = await console_of(request).questions.ask(partial(one_alarm, id_=id_))
    if found is None:
        raise ProblemError(
            404,
            "No alarm of this id is known.",
            "It may have been purged after it was cleared: open the list of alarms.",
            "No such alarm",
        )
    values = {
        "alarm": in_london(found, wall_clock.today()),
        "kind": BY_ID.get(found.kind),
        "member_link": _member,
        "happened": _happened,
        **_acting(request),
    }
    return page(request, "alarm.html", f"Alarm {found.id}", values, trail=_TRAIL)


def _member(member: str) -> Markup:
    """Return what an alarm affects, as a link where it is a file."""
    name = member.partition("#")[0]
    try:
        FileName.parse(name)
    except BadFileNameError:
        return Markup("{}").format(visible(member))
    return Markup('<a class="app-ident" href="/files/{}">{}</a>').format(name, member)


def _happened(event: AlarmEvent) -> str:
    """Return an event as a sentence: of a new owner, whose name is the beginning of its text, each name is said once."""
    by = f" by {event.who}" if event.who else ""
    if event.what is not What.OWNED:
        return f"{words(event.what)}{by}{f': {event.text}' if event.text else ''}"
    owner, _, why = event.text.partition(": ")
    said = "Owner removed" if owner == NOBODY else f"Owned by {owner}"
    by = "" if owner == event.who else f", set{by}" if owner != NOBODY else by
    return f"{said}{by}{f': {why}' if why else ''}"


def one_alarm(reader: Reader, id_: str) -> Alarm | None:
    """Return an alarm by its id; None if it is unknown."""
    return next(iter(reader.get(ALARMS, [id_])), None)


def _acting(request: Request) -> dict[str, object]:
    """Return what the forms of acts need, for people who may act."""
    account, day = account_of(request), wall_clock.today()
    return {
        "may_act": account.may(Role.OPERATOR),
        "me": account.name,
        "nobody": NOBODY,
        "today": day.isoformat(),
        "latest": (day + LONGEST_SILENCE).isoformat(),
    }


async def _found(request: Request) -> tuple[list[Choice], Alarms, list[Alarm]]:
    state = choice(request, "state", "State", _STATES, "active")
    severities = {"": "All severities", **{one.value: first_upper(one.value) for one in Severity}}
    severity = choice(request, "severity", "Severity", severities)
    kind = choice(request, "kind", "Kind", {"": "All kinds", **{one: one for one in sorted(BY_ID)}})
    owners = {"": "Any owner", "me": "Mine", NOBODY: "Without an owner"}
    owner = choice(request, "owner", "Owner", owners)
    console, cleared = console_of(request), state.value == "cleared"
    names = [sink.name for sink in sinks_of(console.settings)]
    found: Alarms = await console.questions.ask(
        partial(overview, sinks=names, now=wall_clock.now(), cleared=cleared)
    )
    whose = {"": None, "me": account_of(request).name, NOBODY: ""}[owner.value]
    mine = [
        one
        for one in found.alarms
        if (one.cleared_at is not None) == cleared
        and severity.value in ("", one.severity.value)
        and kind.value in ("", one.kind)
        and whose in (None, one.owner)
    ]
    return [state, severity, kind, owner], found, mine
