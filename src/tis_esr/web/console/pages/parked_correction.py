"""A corrected copy of a parked message: what is typed, checked, and sent or proposed."""

import msgspec
from starlette.requests import Request

from tis_esr.engine.envelope import Message
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.work import Work
from tis_esr.first_letters import first_upper
from tis_esr.operations.access.accounts import Role
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.parked.editing import EditRefusedError, checked, edit_in
from tis_esr.web.console.acts import Do, Item, Plan
from tis_esr.web.console.asked_again import AskAgainError, Field
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.forms import Form
from tis_esr.web.console.pages.parked import address_of
from tis_esr.web.console.pages.parked_message import message_of
from tis_esr.web.console.pages.parked_sets import changed
from tis_esr.web.console.problems import ProblemError


async def plan_of_edit(request: Request, form: Form) -> Plan:
    """Return the plan of a corrected copy. Raises AskAgainError if no service could read it."""
    message, body = await _correction(request, form.get("item", ""), form.get("body", ""))
    try:
        changes = checked(message, body)
    except EditRefusedError as error:
        wrong = first_upper(error.reason.removeprefix("--body: ")[:300])
        typed = form.get("body", "")
        raise AskAgainError(
            [Field("body", "Corrected content", typed, wrong, "textarea")], address_of(*message.identity)
        ) from None
    two = console_of(request).settings.edit_parked == "two"
    facts = [
        f"Changed fields: {', '.join(changes)}",
        "The original stays parked: discard it once the copy has taken effect",
        "It needs two people: the copy is sent when another person sends the same correction"
        if two
        else "The copy is sent at once",
    ]
    back = address_of(*message.identity)
    items = [Item(message.id, "", back)]
    return Plan(items=items, back=back, values={"item": form.get("item", ""), "body": body.decode()}, chosen="1 message", facts=facts)  # fmt: skip


async def prepare_edit(request: Request, plan: Plan) -> Do:
    """Return what sends the copy, or proposes it where two people are needed."""
    message, body = await _correction(request, plan.values["item"], plan.values["body"])
    two = console_of(request).settings.edit_parked == "two"

    async def edit(work: Work, person: Person, _: Plan, why: str) -> str:
        try:
            done = await edit_in(work, person, message, body, why, needs_two=two)
        except EditRefusedError as error:
            raise ProblemError(409, f"{error.reason[:300]}. Nothing was done.", title="Not done") from None
        if done.copy:
            return (
                f"Sent as {done.copy}. The original stays parked: discard it once the copy has taken effect."
            )
        return "Proposed. Another person has to send the same correction."

    return edit


async def _correction(request: Request, key: str, text: str) -> tuple[Message, bytes]:
    """Return the message and its corrected body, written in one way whatever blanks were typed."""
    if console_of(request).settings.edit_parked == "off" or not account_of(request).may(Role.PRIVACY):
        raise ProblemError(
            403,
            "Corrected copies are switched off here, or your account may not see personal data.",
            "An administrator allows them with TIS_ESR_EDIT_PARKED=one or two (people).",
        )
    try:
        body = msgspec.json.encode(msgspec.json.decode(text))
    except (msgspec.DecodeError, RecursionError):
        raise ProblemError(400, "The corrected body is not valid JSON. Nothing was done.", "Go back, and correct it.", "Not done") from None  # fmt: skip
    queue, _, id_ = key.partition("|")
    await message_of(request, queue, id_)

    def whole(reader: Reader) -> Message | None:
        return reader.parked_message(queue, id_)

    message: Message | None = await console_of(request).questions.ask(whole)
    if message is None:
        raise changed(1, 0, 0, 1)
    return message, body
