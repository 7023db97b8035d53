"""Acts about exports: create files now, and resend rows of a file."""

from functools import partial
from typing import Final

import msgspec
from starlette.requests import Request

from tis_esr import wall_clock
from tis_esr.counted import counted
from tis_esr.engine.work import Work
from tis_esr.operations.access.accounts import Role
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.composition import window
from tis_esr.operations.exports.kinds import EXPORTED_TYPES
from tis_esr.operations.exports.requesting import FileRequests, request_confirmed, requests_of
from tis_esr.operations.exports.resending_rows import MOST_ROWS, resend_rows
from tis_esr.records.file_names import DEANERIES
from tis_esr.web.console.acts import Act, Item, Plan, page_of
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.forms import Form
from tis_esr.web.console.pages.export_files import file_address, file_and_plan, refuse_foreign, unknown_file
from tis_esr.web.console.problems import ProblemError

_NOT_DONE: Final = "Not done"
_MEANWHILE: Final = "if their rows change before you confirm, nothing is done, and the difference is shown"


async def _plan_of_files(request: Request, form: Form) -> Plan:
    console, account = console_of(request), account_of(request)
    if not console.has_services:
        raise ProblemError(
            409,
            "No services run beside this console that could create files of its state file. Nothing was done.",
            "Use tis-esr export applicants, or notifications, with --deanery.",
            _NOT_DONE,
        )
    chosen = [tuple(item.split(":")) for item in form.all("item")]
    exports = [(one[0], one[1]) for one in chosen if len(one) == 2]
    known = [one for one in exports if one[0] in DEANERIES and one[1] in EXPORTED_TYPES]
    if len(known) != len(chosen) or not all(account.sees(office) for office, _ in known):
        raise ProblemError(
            403,
            "One of the exports does not exist, or belongs to an office that your account does not include."
            " Nothing was done.",
            "Open the list of exports again.",
            _NOT_DONE,
        )
    question = partial(requests_of, exports=known, day=wall_clock.today(), window=window(console.settings))
    asked: FileRequests = await console.questions.ask(question)
    if empty := [f"{one.type} of {one.office}" for one in asked.files if not one.rows]:
        raise ProblemError(
            409,
            f"Nothing would go in: {', '.join(empty)}. Nothing was done.",
            "Choose exports with rows.",
            _NOT_DONE,
        )
    items = [
        Item(f"{one.office}:{one.type}", one.text, f"/exports/{one.office}/{one.type}") for one in asked.files
    ]
    back = items[0].href if len(items) == 1 and form.get("back") == "export" else "/exports"
    values = {"asked": msgspec.json.encode(asked).decode()}
    return Plan(items=items, values=values, back=back, meanwhile=_MEANWHILE)


def _files_sentence(plan: Plan) -> str:
    return f"Create {counted(len(plan.items), 'file')} for ESR with {counted(_asked(plan).rows, 'row')}"


async def _create(work: Work, person: Person, plan: Plan, why: str) -> str:
    await request_confirmed(work, person, _asked(plan), why)
    return f"{counted(len(plan.items), 'file')} requested: a running DataExporter compares the rows with TIS and creates them."


def _asked(plan: Plan) -> FileRequests:
    return msgspec.json.decode(plan.values["asked"], type=FileRequests)


async def _plan_of_rows(request: Request, form: Form) -> Plan:
    console, name = console_of(request), form.get("file", "")
    refuse_foreign(request, name)
    found, rows = await console.questions.ask(partial(file_and_plan, name=name, settings=console.settings))
    if found is None or rows is None:
        raise unknown_file()
    wanted = [str(row) for row in list(rows.rows)[:MOST_ROWS]] if form.get("all") else form.all("item")
    can = {str(row): key for row, key in rows.rows.items()}
    if missing := [row for row in wanted if row not in can]:
        reasons = {str(left.row): left.reason for left in rows.left}
        said = reasons.get(missing[0], "ESR accepted it, or the file has no such row")
        raise ProblemError(
            409,
            f"Row {missing[0][:10]} of {name} can't be resent: {said}. Nothing was done.",
            "Open the file again, and choose again.",
            _NOT_DONE,
            link=(file_address(name), "Open it again"),
        )
    items = [Item(row, f"Row {row}: {can[row]}", "") for row in wanted]
    at_once = "yes" if console.has_services else ""
    values = {"file": name, "rows": msgspec.json.encode({row: can[row] for row in wanted}).decode()}
    return Plan(items=items, values={**values, "at_once": at_once}, back=file_address(name))


def _rows_sentence(plan: Plan) -> str:
    return f"Resend {counted(len(plan.items), 'row')} of {plan.values['file']}"


async def _resend(work: Work, person: Person, plan: Plan, why: str) -> str:
    rows = msgspec.json.decode(plan.values["rows"], type=dict[int, str])
    name, at_once = plan.values["file"], bool(plan.values["at_once"])
    return await resend_rows(work, person, name, rows, work.today, why, at_once=at_once)


_ACTS: Final = (
    Act(
        "/exports/create", "Create files", Role.OPERATOR, _plan_of_files, _files_sentence, _create,
        warning="ESR is sent these rows. A file that was sent can't be recalled.",
    ),
    Act(
        "/exports/resend", "Resend rows", Role.OPERATOR, _plan_of_rows, _rows_sentence, _resend,
        warning="ESR is sent these rows again: do it once the cause is gone.",
    ),
)  # fmt: skip
EXPORT_ACTS: Final = tuple(page_of(act) for act in _ACTS)
