"""Acts on batches: pause, resume, stop."""

from functools import partial
from typing import Final

from starlette.requests import Request

from tis_esr.counted import counted
from tis_esr.engine.work import Work
from tis_esr.operations.access.accounts import Role
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.batches.control import BatchAct, batch_details, control_in
from tis_esr.operations.batches.documents import Batch, Verdict
from tis_esr.operations.batches.errors import BatchStateError, UnknownBatchError
from tis_esr.operations.dates import iso, readable
from tis_esr.web.console.acts import Act, Item, Plan, page_of
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.forms import Form
from tis_esr.web.console.pages.batches import address_of, may_see
from tis_esr.web.console.problems import ProblemError

_DONE: Final = {BatchAct.PAUSE: "paused", BatchAct.RESUME: "resumed", BatchAct.STOP: "stopped"}


async def _plan(act: BatchAct, request: Request, form: Form) -> Plan:
    try:
        found = await console_of(request).questions.ask(
            lambda reader: batch_details(reader, form.get("item", ""))
        )
    except UnknownBatchError:
        found = None
    if found is None or not may_see(account_of(request), found.batch):
        raise ProblemError(404, "There is no batch of this name. Nothing was done.", "Open the list of batches.", "No such batch")  # fmt: skip
    batch = found.batch
    return Plan(
        items=[Item(batch.id, batch.why, address_of(batch.id))],
        back=address_of(batch.id),
        chosen=f"1 batch of {counted(batch.total, 'message')}",
        facts=_facts(act, batch),
        meanwhile="it goes on until you confirm, so fewer may be left then",
    )


def _facts(act: BatchAct, batch: Batch) -> list[str]:
    left, flying = batch.of(Verdict.NOT_BEGUN), batch.of(Verdict.WAITING)
    if act is BatchAct.RESUME:
        return [f"{counted(left, 'message')} not begun yet will be retried, as the pace of the batch allows"]
    until = "until it is resumed" if act is BatchAct.PAUSE else "and can be retried by a new batch"
    return [
        f"{counted(flying, 'message')} in flight will be handled in any case, and get a verdict",
        f"{counted(left, 'message')} not begun yet will stay parked, {until}",
    ]


async def _do(act: BatchAct, work: Work, person: Person, plan: Plan, why: str) -> str:
    [id_] = plan.ids
    try:
        await control_in(work, person, id_, act, why)
    except BatchStateError as error:
        batch = error.found
        note = f" ({batch.note})" if batch.note else ""
        raise ProblemError(
            409,
            f"Batch {batch.id} can't be {_DONE[act]}: it is {batch.state.value} since"
            f" {readable(iso(batch.changed_at.timestamp()))}, by {batch.changed_by}{note}. Nothing was done.",
            "Open the batch again to see how it is now.",
            "Not done",
            link=(address_of(batch.id), "Open it again"),
        ) from None
    return f"Batch {id_} is {_DONE[act]}."


def _act(act: BatchAct, warning: str = "") -> Act:
    name = act.value.capitalize()
    return Act(
        f"/batches/{act.value}",
        name,
        Role.OPERATOR,
        partial(_plan, act),
        lambda plan: f"{name} batch {plan.ids[0]}",
        partial(_do, act),
        warning=warning,
    )


BATCH_ACTS: Final = tuple(
    page_of(act)
    for act in (
        _act(BatchAct.PAUSE),
        _act(BatchAct.RESUME),
        _act(
            BatchAct.STOP,
            "A stopped batch can't be resumed. What it has not begun can be retried by a new one.",
        ),
    )
)
