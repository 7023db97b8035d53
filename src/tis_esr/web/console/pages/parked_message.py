"""One parked message: what happened, whether a retry is safe, its body masked; or unmasked with a reason, audited."""

from datetime import date
from functools import partial
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from tis_esr import wall_clock
from tis_esr.engine.faults import StateInUseError
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.access.accounts import Role
from tis_esr.operations.batches.documents import Batch
from tis_esr.operations.parked.by_id import batches_of
from tis_esr.operations.parked.details import Details, details, record_look
from tis_esr.operations.parked.editing import Edit, edits_of
from tis_esr.operations.parked.finding import UnknownMessageError
from tis_esr.operations.parked.listing import Choice, ParkedMessage
from tis_esr.web.console.acts import LONGEST_REASON, person_of
from tis_esr.web.console.asked_again import AskAgainError, Field, asked_again
from tis_esr.web.console.console import account_of, console_of
from tis_esr.web.console.forms import read_form
from tis_esr.web.console.pages.parked import TRAIL, address_of
from tis_esr.web.console.pages.parked_filters import key_of, messages_of
from tis_esr.web.console.pages.parked_past import gone
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.rendering import page


class _Shown(msgspec.Struct, frozen=True):
    details: Details
    edits: list[Edit]
    batches: list[Batch]


async def message(request: Request) -> Response:
    """Show one message with its body masked."""
    found = await message_of(request, request.path_params["queue"], request.path_params["id"])
    return await _page(request, found, unmask=False)


async def unmasked(request: Request) -> Response:
    """Show one message with its body as it is, once the look is in the audit with its reason."""
    form = await read_form(request)
    why = form.get("why", "").strip()
    queue, _, id_ = form.get("item", "").partition("|")
    if not why or len(why) > LONGEST_REASON:
        wrong = (
            f"Use at most {LONGEST_REASON} characters" if why else "Enter why you need to see personal data"
        )
        label = "Why do you need to see personal data?"
        asked = AskAgainError([Field("why", label, why, wrong, "textarea")], address_of(queue, id_))
        return asked_again(request, "/parked/unmasked", "Show unmasked", form, asked)
    found = await message_of(request, queue, id_)
    try:
        async with console_of(request).runner() as runner:
            look = partial(record_look, runner, person_of(request), found, why)
            await runner.patiently("the audit", look)
    except StateInUseError:
        raise ProblemError(
            409,
            "The look can't be written to the audit, because another process holds the state file. Nothing was shown.",
            "Try again when that process has ended.",
            "In use",
        ) from None
    return await _page(request, found, unmask=True)


async def message_of(request: Request, queue: str, id_: str) -> ParkedMessage:
    """Return a parked message. Raises ProblemError if it is not parked, or is not of the person's offices."""
    for one in await messages_of(request, Choice(ids=[id_])):
        if one.queue == queue:
            return one
    raise await gone(request, queue, id_)


async def _page(request: Request, found: ParkedMessage, *, unmask: bool) -> Response:
    console, account = console_of(request), account_of(request)
    try:
        shown: _Shown = await console.questions.ask(
            partial(_shown, message=found, day=wall_clock.today(), unmask=unmask)
        )
    except UnknownMessageError:
        raise await gone(request, *found.identity) from None
    editing = console.settings.edit_parked
    values = {
        "details": shown.details,
        "edits": shown.edits,
        "batches": [one for one in shown.batches if all(map(account.sees, one.offices))],
        "body": _written(shown.details.payload),
        "key": key_of(found),
        "href": address_of(*found.identity),
        "may_act": account.may(Role.OPERATOR),
        "may_unmask": account.may(Role.PRIVACY),
        "editing": editing,
        "today": wall_clock.today().isoformat(),
        "most": LONGEST_REASON,
    }
    title = f"Parked message {found.id[:12]}"
    return page(
        request, "parked_message.html", title, values, trail=(*TRAIL, ("/parked/messages", "One by one"))
    )


def _shown(reader: Reader, message: ParkedMessage, day: date, *, unmask: bool) -> _Shown:
    return _Shown(
        details(reader, message, day, unmask=unmask), edits_of(reader, message.id), _batches(reader, message)
    )


def _batches(reader: Reader, message: ParkedMessage) -> list[Batch]:
    return [batch for batch, _ in batches_of(reader, *message.identity)]


def _written(payload: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(payload), indent=2).decode()
