"""Acts of guided procedures: a step is confirmed with a reason, stored, and done in the background by this process."""

from functools import partial
from typing import Final

from starlette.requests import Request

from tis_esr import wall_clock
from tis_esr.engine.work import Work
from tis_esr.errors import TisEsrError, UsageError
from tis_esr.operations.access.accounts import Role
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.procedures.next_step import NotNextError, refuse_unless_next
from tis_esr.operations.procedures.performing import Where, perform
from tis_esr.operations.procedures.step_runs import Procedure, StepRun, request_step
from tis_esr.operations.recovery.stored import RecoveryStep
from tis_esr.operations.region.planning import report
from tis_esr.operations.region.reports import StepState
from tis_esr.web.console.acts import Act, Item, Plan, page_of
from tis_esr.web.console.console import console_of
from tis_esr.web.console.forms import Form
from tis_esr.web.console.pages.procedures import (
    checklist_of,
    full_asked,
    full_file_command,
    held_unless,
    outage_asked,
    own_office,
    recovery_address,
    recovery_command,
    region_command,
)
from tis_esr.web.console.pages.task_lists import NAMES
from tis_esr.web.console.problems import ProblemError

_MEANWHILE: Final = "it covers what is there when it runs, and the page says afterwards what it did"


def _plan(procedure: Procedure, about: str, step: str, text: str, back: str, **values: str) -> Plan:
    fields = {"procedure": procedure.value, "about": about, "step": step, "text": text, **values}
    return Plan(
        items=[Item(NAMES[step], text, back)], values=fields, back=back, chosen="1 step", meanwhile=_MEANWHILE
    )


async def _plan_of_recovery(request: Request, form: Form) -> Plan:
    begun, ended = outage_asked(form.get("from", ""), form.get("to", ""))
    full = full_asked(form.all("dnf"))
    _refuse_held(held_unless(request, recovery_command(begun, ended)))
    found, trouble = await checklist_of(
        request, begun, ended, full, checked=form.get("step") == RecoveryStep.DOCTOR
    )
    if found is None:
        raise _not_now(trouble)
    step = found.current
    if step is None or step.step != form.get("step", ""):
        raise _not_next()
    if step.state is StepState.WAITING:
        raise _not_now(step.text)
    key = found.outage.key
    return _plan(
        Procedure.RECOVERY, key, step.step, step.text, recovery_address(key, full), full=",".join(full)
    )


async def _plan_of_region(request: Request, form: Form) -> Plan:
    deanery, where = own_office(request, form.get("deanery", "")), Where(console_of(request).settings)
    _refuse_held(held_unless(request, region_command(deanery)))
    try:
        where.region_place()
        about = where.region(deanery, wall_clock.today())
        async with console_of(request).runner() as runner:
            found = await report(runner, about, dry_run=True)
    except TisEsrError as error:
        raise _not_now(str(error)) from None
    except OSError as error:
        raise _not_now(f"a file store can't be read: {error.strerror or type(error).__name__}") from None
    step = found.current
    if step is None or step.step != form.get("step", ""):
        raise _not_next()
    if step.state is StepState.WAITING:
        raise _not_now(step.text)
    return _plan(Procedure.REGION, deanery, step.step, step.text, f"/procedures/region/{deanery}")


async def _plan_of_full_file(request: Request, form: Form) -> Plan:
    deanery = own_office(request, form.get("deanery", ""))
    _refuse_held(held_unless(request, full_file_command(deanery)))
    again = "yes" if form.get("again") else ""
    text = f"create and send the DNF of {deanery}: who is in every position now and next"
    text += (
        ", also if nothing is new since the last one" if again else ", if anything is new since the last one"
    )
    back = f"/procedures/full-file/{deanery}"
    return _plan(Procedure.FULL_FILE, deanery, "CREATE", text, back, again=again)


async def _request(work: Work, person: Person, plan: Plan, why: str) -> str:
    values = plan.values
    run = StepRun(
        procedure=Procedure(values["procedure"]),
        about=values["about"],
        step=values["step"],
        text=values["text"],
        who=person.name,
        via=person.via,
        full=[code for code in values.get("full", "").split(",") if code],
        again=bool(values.get("again")),
    )
    try:
        await refuse_unless_next(work, run)
    except NotNextError as error:
        now = f"the next one is {NAMES[error.following]}" if error.following else "the procedure is finished"
        raise UsageError("step", f"this step was done meanwhile; {now}") from None
    await request_step(work, run, why)
    return f"{NAMES[run.step]} was requested. It is done in the background; this page shows how it ended."


def _begin(request: Request, plan: Plan) -> None:
    """Do the requested step in the background."""
    console, procedure, about = console_of(request), Procedure(plan.values["procedure"]), plan.values["about"]
    work = perform(Where(console.settings), procedure, about, wall_clock.today())
    console.background.start(f"{procedure}:{about}", work)


def _sentence(plan: Plan) -> str:
    return NAMES[plan.values["step"]]


def _region_sentence(plan: Plan) -> str:
    return f"{plan.values['about']}: {NAMES[plan.values['step']]}"


def _not_next() -> ProblemError:
    return ProblemError(
        409,
        "This step is not the next one any more: somebody has done it, or the procedure is finished. Nothing was done.",
        "Open the procedure again: it shows which step is next.",
        "Not done",
    )


def _refuse_held(command: str) -> None:
    if command:
        raise ProblemError(
            409,
            "The services of this process hold the state file, and a step needs it for itself. Nothing was done.",
            f"Stop tis-esr run --console, then use: {command}",
            "Not done",
        )


def _not_now(why: str) -> ProblemError:
    return ProblemError(
        409,
        f"This step can't be done yet: {why}. Nothing was done.",
        "Correct that, then try again.",
        "Not done",
    )


_act: Final = partial(Act, role=Role.OPERATOR, do=_request, after=_begin)
_ACTS: Final = (
    _act(path="/procedures/recovery/step", name="Do this step", plan=_plan_of_recovery, sentence=_sentence, all_offices=True),
    _act(path="/procedures/region/step", name="Do this step", plan=_plan_of_region, sentence=_region_sentence),
    _act(path="/procedures/full-file/step", name="Create the DNF", plan=_plan_of_full_file, sentence=_region_sentence),
)  # fmt: skip
PROCEDURE_ACTS: Final = tuple(page_of(act) for act in _ACTS)
