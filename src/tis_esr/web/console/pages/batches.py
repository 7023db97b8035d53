"""Batches of retries: all of them, and one with its totals, its verdicts, and who moves it on."""

from functools import partial
from typing import Final

import msgspec
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from tis_esr.engine.reader_protocol import Reader
from tis_esr.first_letters import first_upper
from tis_esr.operations.access.accounts import Account, Role
from tis_esr.operations.batches.control import BatchDetails, batch_details
from tis_esr.operations.batches.control import batches as newest
from tis_esr.operations.batches.documents import ACTIVE, PARKED_AGAIN, Batch, BatchItem, BatchState, Verdict
from tis_esr.operations.batches.errors import UnknownBatchError
from tis_esr.operations.batches.movers import movers
from tis_esr.operations.batches.pace import Stage, stage_of
from tis_esr.operations.processes.announced import Process
from tis_esr.visible import visible
from tis_esr.web.console.addresses import Choice, choice, with_query
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.pages.parked import address_of as address_of_message
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.rendering import page
from tis_esr.web.console.tables import Column, Table
from tis_esr.web.console.wording import number, tag

TRAIL: Final = (("/", "Start"), ("/batches", "Batches"))
_LISTED: Final = 500
_SECONDS: Final = 5
"""After how long the page of an open batch refreshes itself."""
_COLOURS: Final = {
    BatchState.RUNNING: "blue",
    BatchState.PAUSED: "yellow",
    BatchState.STOPPED: "red",
    BatchState.FINISHED: "green",
}
_STAGES: Final = {
    Stage.TRACER: "The tracer: one message goes first, and the others follow once it took effect",
    Stage.TEN: "Ten messages after the tracer; the rest follows once they have verdicts",
    Stage.REST: "The rest, as many at once as the batch may have in flight",
}


class _Seen(msgspec.Struct, frozen=True):
    found: BatchDetails
    movers: list[Process]


def address_of(batch: str) -> str:
    """Return the address of a batch's page."""
    return f"/batches/{batch}"


def may_see(account: Account, batch: Batch) -> bool:
    """Return whether a person sees a batch: those limited to offices see batches of messages of these alone."""
    return batch.is_within(account.offices)


def _state(batch: Batch) -> Markup:
    return tag(batch.state.value, _COLOURS[batch.state])


def _message(item: BatchItem) -> Markup:
    where = f"{item.source_file} row {number(item.row)}" if item.row else item.id
    if item.verdict in PARKED_AGAIN or item.verdict is Verdict.NOT_BEGUN:
        return Markup('<a href="{}">{}</a>').format(address_of_message(item.queue, item.id), visible(where))
    return Markup("{}").format(visible(where))


_BATCHES: Final = Table[Batch](
    columns=(
        Column("batch", "Batch", lambda one: one.number, lambda one: Markup('<a href="{}">{}</a>').format(address_of(one.id), one.id), written=lambda one: one.id),
        Column("state", "State", lambda one: one.state.value, _state),
        Column("total", "Messages", lambda one: one.total, is_number=True),
        Column("done", "Done", lambda one: one.of(Verdict.DONE), is_number=True),
        Column("again", "Still parked", lambda one: one.of(*PARKED_AGAIN, Verdict.PARKED_FURTHER), is_number=True),
        Column("left", "Without a verdict", lambda one: one.of(Verdict.NOT_BEGUN, Verdict.WAITING), is_number=True),
        Column("who", "Started by", lambda one: one.who),
        Column("started", "Started", lambda one: one.started_at),
        Column("why", "Reason", lambda one: one.why, sortable=False, is_text=True),
    ),
    key=lambda one: one.id,
    sort="-batch",
)  # fmt: skip
_ITEMS: Final = Table[BatchItem](
    columns=(
        Column("turn", "Turn", lambda one: one.number, is_number=True),
        Column("message", "Message", lambda one: f"{one.source_file}:{one.row:06}:{one.id}", _message),
        Column("queue", "Queue", lambda one: one.queue),
        Column("verdict", "Verdict", lambda one: one.verdict.value, lambda one: Markup("{}").format(first_upper(one.verdict.value))),
        Column("effect", "Row", lambda one: one.effect),
        Column("cause", "Was parked for", lambda one: one.cause.value),
        Column("reason", "Reason", lambda one: one.reason, sortable=False, is_text=True),
    ),
    key=lambda one: f"{one.number:06}",
    sort="turn",
)  # fmt: skip


async def batches(request: Request) -> Response:
    """List the newest batches, and every open one."""
    state, found = await _listed(request)
    values = {
        "table": _BATCHES.page(request, found, csv="/batches.csv"),
        "choices": [state],
        "chosen": [] if state.is_default else [state],
        "most": _LISTED,
    }
    return page(request, "batches.html", "Batches", values, trail=TRAIL[:1])


async def batches_csv(request: Request) -> Response:
    """Return the listed batches as CSV."""
    _, found = await _listed(request)
    return _BATCHES.csv(request, "batches", found)


async def batch(request: Request) -> Response:
    """Show one batch with its verdicts; it refreshes itself while the batch is open."""
    seen = await _seen(request)
    one, verdict = seen.found.batch, _verdict(request)
    values = {
        "batch": one,
        "state": _state(one),
        "stage": _STAGES[stage_of(one)],
        "is_active": one.state in ACTIVE,
        "totals": [(first_upper(kind.value), one.of(kind), with_query(request, verdict=kind.value, after=None)) for kind in Verdict if one.of(kind)],
        "movers": seen.movers,
        "table": await console_of(request).questions.run(
            partial(_ITEMS.page, request, _of(seen.found.items, verdict), csv=f"{address_of(one.id)}.csv")
        ),
        "choices": [verdict],
        "chosen": [] if verdict.is_default else [verdict],
        "may_act": account_of(request).may(Role.OPERATOR),
        "seconds": _SECONDS,
        "here": address_of(one.id),
    }  # fmt: skip
    return page(request, "batch.html", f"Batch {one.id}", values, trail=TRAIL)


async def batch_csv(request: Request) -> Response:
    """Return the messages of a batch with their verdicts as CSV."""
    seen = await _seen(request)
    name, items = f"batch-{seen.found.batch.id}", _of(seen.found.items, _verdict(request))
    return await console_of(request).questions.run(partial(_ITEMS.csv, request, name, items))


async def _listed(request: Request) -> tuple[Choice, list[Batch]]:
    states = {"": "All states", **{one.value: first_upper(one.value) for one in BatchState}}
    state = choice(request, "state", "State", states)
    question = partial(newest, last=_LISTED, offices=account_of(request).offices)
    found: list[Batch] = await console_of(request).questions.ask(question)
    return state, [one for one in found if state.value in ("", one.state.value)]


async def _seen(request: Request) -> _Seen:
    """Return a batch; raises the same ProblemError for one of another office as for an unknown one."""
    unknown = ProblemError(
        404, "There is no batch of this name.", "Open the list of batches.", "No such batch"
    )
    id_ = request.path_params["batch"]
    try:
        seen: _Seen = await console_of(request).questions.ask(partial(_look, id_=id_))
    except UnknownBatchError:
        raise unknown from None
    if not may_see(account_of(request), seen.found.batch):
        raise unknown
    return seen


def _look(reader: Reader, id_: str) -> _Seen:
    return _Seen(batch_details(reader, id_), movers(reader))


def _verdict(request: Request) -> Choice:
    kinds = {"": "All verdicts", **{one.value: first_upper(one.value) for one in Verdict}}
    return choice(request, "verdict", "Verdict", kinds)


def _of(items: list[BatchItem], verdict: Choice) -> list[BatchItem]:
    return [one for one in items if verdict.value in ("", one.verdict.value)]
