"""Sets of parked messages that an act is about: chosen by a form, frozen by a token, read again before the act."""

from collections.abc import Sequence
from typing import Final

import msgspec
from starlette.requests import Request

from tis_esr import wall_clock
from tis_esr.counted import counted
from tis_esr.operations.batches.errors import SetChangedError
from tis_esr.operations.batches.freezing import parked_moments, refuse_changed, token_of
from tis_esr.operations.parked.catalogue import CATALOGUE
from tis_esr.operations.parked.listing import ParkedMessage
from tis_esr.operations.parked.retry_plan import retryable
from tis_esr.web.console.acts import Item, Plan
from tis_esr.web.console.forms import Form
from tis_esr.web.console.pages.parked import address_of
from tis_esr.web.console.pages.parked_filters import FIELDS, chosen_by, messages_of, narrowed
from tis_esr.web.console.pages.parked_past import past
from tis_esr.web.console.problems import ProblemError

_LISTED: Final = 50


class FrozenSet(msgspec.Struct, frozen=True):
    """A frozen set of messages: how it was chosen, and the token that tells whether it has changed."""

    fields: dict[str, str]
    keys: list[str]
    token: str


async def found_by(request: Request, form: Form) -> tuple[dict[str, str], list[str], list[ParkedMessage]]:
    """Return the filters, the keys that were ticked, and the messages that a form means. Raises ProblemError."""
    fields = {name: value for name in FIELDS if (value := form.get(name, ""))}
    keys = [] if form.get("scope") == "all" else form.all("item")
    if form.get("scope") == "all" and not fields:
        raise ProblemError(
            400,
            "All that is parked can't be chosen at once. Nothing was done.",
            "Choose a filter first.",
            "Not done",
        )
    if form.get("scope") != "all" and not keys:
        return fields, keys, []
    found = await _read(request, fields, keys)
    if keys and not found and (problem := await _done_already(request, keys)) is not None:
        raise problem
    return fields, keys, found


async def _done_already(request: Request, keys: list[str]) -> ProblemError | None:
    """Return what was done to the messages that were ticked on a page that is old; None if they never were parked here."""
    queue, _, id_ = keys[0].partition("|")
    others = f" {counted(len(keys) - 1, 'other was', 'others were')} ticked too." if len(keys) > 1 else ""
    return await past(request, queue, id_, status=409, more=f"{others} Nothing was done now.")


async def _read(request: Request, fields: dict[str, str], keys: list[str]) -> list[ParkedMessage]:
    choice = chosen_by({} if keys else fields)
    return await messages_of(request, narrowed(choice, keys), keys)


def plan_of(
    fields: dict[str, str],
    keys: list[str],
    messages: Sequence[ParkedMessage],
    facts: list[str],
    *,
    back: str,
    **values: str,
) -> Plan:
    """Return the plan of an act on these messages, with the token of their set."""
    token = token_of(messages, wall_clock.now().timestamp()).text
    frozen = FrozenSet(fields, keys, token)
    items = [Item(one.id, _described(one), address_of(*one.identity)) for one in messages[:_LISTED]]
    chosen = counted(len(messages), "message")
    if len(messages) > _LISTED:
        chosen = f"{chosen}, of which the first {_LISTED} are listed"
    if keys and len(keys) > len(messages):
        facts = [
            *facts,
            f"{len(keys) - len(messages)} of those ticked are not parked any more, or can't be retried",
        ]
    return Plan(
        items=items,
        back=back,
        values={**values, "set": msgspec.json.encode(frozen).decode(), "number": str(len(messages))},
        chosen=chosen,
        facts=facts,
    )


def _described(one: ParkedMessage) -> str:
    where = f"{one.source_file} row {one.row:,}, " if one.row else ""
    return f"{where}{CATALOGUE[one.cause].title}"


async def again(request: Request, plan: Plan, *, can_retry: bool) -> list[ParkedMessage]:
    """Return the frozen set. Raises ProblemError with the difference if it has changed."""
    frozen = msgspec.json.decode(plan.values["set"], type=FrozenSet)
    found = await _read(request, frozen.fields, frozen.keys)
    messages = retryable(found) if can_retry else found
    try:
        refuse_changed(messages, parked_moments(messages), frozen.token)
    except SetChangedError as error:
        raise changed(error.before, error.now, error.added, error.gone) from None
    return messages


def changed(before: int, now: int, added: int, gone: int) -> ProblemError:
    """Return the page for a set that has changed, with the difference."""
    return ProblemError(
        409,
        f"The set has changed since it was shown: {before:,} then, {now:,} now ({added:,} parked since,"
        f" {gone:,} no longer parked). Nothing was done.",
        "Another person, or a batch, may have acted on them: see Batches and the audit. Open the list of parked messages again, and choose again.",
        "The set has changed",
    )
