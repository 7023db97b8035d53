"""Parked messages: in groups, listed with filters, and the runbook of each cause."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Final
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from tis_esr import wall_clock
from tis_esr.engine.reader_protocol import Trace
from tis_esr.operations.access.accounts import Role
from tis_esr.operations.parked.catalogue import CATALOGUE, cause_of
from tis_esr.operations.parked.grouping import CountedGroup, counted_by, who_act
from tis_esr.operations.parked.kinds import Grouping
from tis_esr.parking_causes import ParkingCause
from tis_esr.visible import visible
from tis_esr.web.console.addresses import Choice, choice, with_query
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.pages.parked_filters import FIELDS, filters, tallies_of, traces_of
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.rendering import page
from tis_esr.web.console.tables import Column, Table
from tis_esr.web.console.wording import moment, number

TRAIL: Final = (("/", "Start"), ("/parked", "Parked"))
_BY: Final = {
    Grouping.CAUSE.value: "Cause",
    Grouping.AGE.value: "Age",
    Grouping.OFFICE.value: "Office",
    Grouping.FILE.value: "File",
}
_SORTS: Final = {Grouping.AGE: "oldest"}


def address_of(queue: str, id_: str) -> str:
    """Return the address of a message's page."""
    return f"/parked/messages/{quote(queue, safe='')}/{quote(id_, safe='')}"


def runbook_of(cause: str) -> Markup:
    """Return a link to a cause's page."""
    return Markup('<a href="/parked/causes/{}">{}</a>').format(cause, CATALOGUE[ParkingCause(cause)].title)


def _since(one: Trace) -> datetime | None:
    return datetime.fromtimestamp(one.parked_since, UTC) if one.parked_since else None


def _link(one: Trace) -> Markup:
    return Markup('<a class="app-ident" href="{}">{}</a>').format(
        address_of(one.queue, one.id), visible(_where(one))
    )


def _where(one: Trace) -> str:
    return f"{one.source_file} row {number(one.row)}" if one.row else one.source_file or one.id


_MESSAGES: Final = Table[Trace](
    columns=(
        Column(
            "message",
            "Message",
            lambda one: f"{one.source_file}:{one.row:06}:{one.id}",
            _link,
            written=_where,
        ),
        Column(
            "cause",
            "Cause",
            lambda one: cause_of(one.cause).value,
            lambda one: runbook_of(cause_of(one.cause).value),
            written=lambda one: CATALOGUE[cause_of(one.cause)].title,
        ),
        Column("reason", "Reason", lambda one: one.reason, sortable=False, is_text=True),
        Column("parked", "Parked", _since),
        Column("office", "Office", lambda one: one.deanery),
        Column("attempts", "Attempts", lambda one: one.attempts, is_number=True),
        Column("queue", "Queue", lambda one: one.queue),
    ),
    key=lambda one: f"{one.queue}|{one.id}",
    sort="parked",
)


def _groups_table(request: Request, by: Grouping) -> Table[CountedGroup]:
    name = {Grouping.CAUSE: "cause", Grouping.AGE: "age", Grouping.OFFICE: "office", Grouping.FILE: "file"}[
        by
    ]

    def link(group: CountedGroup) -> Markup:
        href = with_query(
            request, "/parked/messages", **{"by": None, "sort": None, "after": None, name: group.key}
        )
        return Markup('<a href="{}">{}</a>').format(href, visible(group.title))

    def causes(group: CountedGroup) -> Markup:
        items = [
            Markup("<li>{} {}</li>").format(number(n), runbook_of(cause)) for cause, n in group.causes.items()
        ]
        return Markup('<ul class="nhsuk-list">{}</ul>').format(Markup("").join(items))

    def to_do(group: CountedGroup) -> Markup:
        return Markup('<a href="/parked/causes/{}">Runbook<span class="nhsuk-u-visually-hidden">: {}</span></a>').format(group.key, group.title)  # fmt: skip

    def titles(group: CountedGroup) -> str:
        return ", ".join(f"{n} {CATALOGUE[ParkingCause(cause)].title}" for cause, n in group.causes.items())

    others = (
        [Column[CountedGroup]("causes", "What to do", lambda group: group.key, to_do)]
        if by is Grouping.CAUSE
        else [
            Column[CountedGroup](
                "causes", "Causes", lambda group: ", ".join(group.causes), causes, written=titles
            )
        ]
    )
    return Table[CountedGroup](
        columns=(
            Column("group", _BY[by.value], lambda group: group.title, link),
            Column("number", "Messages", lambda group: group.number, is_number=True),
            Column("oldest", "Oldest", lambda group: group.oldest, lambda group: moment(group.oldest)),
            Column("who", "Who acts", lambda group: ", ".join(who_act(group))),
            *others,
        ),
        key=lambda group: group.key,
        sort=_SORTS.get(by, "-number"),
    )  # fmt: skip


async def groups(request: Request) -> Response:
    """Show parked messages in groups, by cause if nothing else is asked for."""
    by, shown, found = await _grouped(request)
    values = {
        "table": _groups_table(request, Grouping(by.value)).page(request, found, csv="/parked.csv"),
        "total": sum(group.number for group in found),
        "choices": [by, *shown],
        "chosen": [one for one in (by, *shown) if not one.is_default],
        "all": with_query(request, "/parked/messages", by=None, sort=None, after=None),
    }
    return page(request, "parked.html", "Parked messages", values, trail=TRAIL[:1])


async def groups_csv(request: Request) -> Response:
    """Return the groups as CSV."""
    by, _, found = await _grouped(request)
    return _groups_table(request, Grouping(by.value)).csv(request, "parked-groups", found)


async def messages(request: Request) -> Response:
    """List parked messages, with boxes to tick for people who may act."""
    shown, choice = filters(request)
    found = await traces_of(request, choice)
    account = account_of(request)
    values = {
        "table": await console_of(request).questions.run(
            partial(_MESSAGES.page, request, found, csv="/parked/messages.csv")
        ),
        "choices": shown,
        "chosen": [one for one in shown if not one.is_default],
        "groups": with_query(request, "/parked", sort=None, after=None),
        "causes": _causes(found),
        "may_act": account.may(Role.OPERATOR),
        "today": wall_clock.today().isoformat(),
        "fields": {name: request.query_params.get(name, "") for name in FIELDS},
        "can_choose_all": not choice.is_everything,
    }
    return page(request, "parked_messages.html", "Parked messages, one by one", values, trail=TRAIL)


async def messages_csv(request: Request) -> Response:
    """Return the listed messages as CSV."""
    _, choice = filters(request)
    found = await traces_of(request, choice)
    return await console_of(request).questions.run(partial(_MESSAGES.csv, request, "parked", found))


async def cause(request: Request) -> Response:
    """Show what a cause of parking means, who acts, and what to do."""
    code = request.path_params["cause"]
    try:
        text = CATALOGUE[ParkingCause(code)]
    except ValueError:
        raise ProblemError(
            404, "No cause of parking has this name.", "Open the list of parked messages."
        ) from None
    return page(request, "parked_cause.html", text.title, {"cause": text, "code": code}, trail=TRAIL)


async def _grouped(request: Request) -> tuple[Choice, list[Choice], list[CountedGroup]]:
    by = choice(request, "by", "Group by", _BY, Grouping.CAUSE.value)
    shown, chosen = filters(request)
    now = wall_clock.now().timestamp()
    return by, shown, counted_by(Grouping(by.value), await tallies_of(request, now), chosen, now)


def _causes(found: Sequence[Trace]) -> list[str]:
    return list(dict.fromkeys(cause_of(one.cause).value for one in found))
