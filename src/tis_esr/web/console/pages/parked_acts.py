"""Acts on parked messages: retry as a batch, discard, send a corrected copy; on those ticked, or on all that filters mean."""

from collections import Counter
from datetime import date
from functools import partial
from typing import Final
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request

from tis_esr import wall_clock
from tis_esr.counted import counted
from tis_esr.engine.work import Work
from tis_esr.operations.access.accounts import Role
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.batches.errors import InOtherBatchError
from tis_esr.operations.batches.starting import MOST, start_in
from tis_esr.operations.dates import day as in_words
from tis_esr.operations.parked.discarding import Remark, discard_in
from tis_esr.operations.parked.retry_plan import RetryReport, planned, retryable
from tis_esr.web.console.acts import Act, Do, Plan, page_of
from tis_esr.web.console.asked_again import AskAgainError, Field, day_of
from tis_esr.web.console.console import console_of
from tis_esr.web.console.forms import Form
from tis_esr.web.console.pages.parked_correction import plan_of_edit, prepare_edit
from tis_esr.web.console.pages.parked_filters import FIELDS, chosen_by
from tis_esr.web.console.pages.parked_sets import FrozenSet, again, changed, found_by, plan_of
from tis_esr.web.console.problems import ProblemError

IN_FLIGHT: Final = 100
"""Messages of a batch that are handled at once, as ``tis-esr parked retry`` has it."""
DISCARDED_AT_MOST: Final = 500
"""What one unit of work discards."""
_LONGEST_TICKET: Final = 100


async def _plan_of_retry(request: Request, form: Form) -> Plan:
    fields, keys, found = await found_by(request, form)
    messages = retryable(found)
    left = len(found) - len(messages)
    if found and not messages:
        raise ProblemError(
            409,
            f"No service handles {counted(left, 'unreadable row')}, so a retry is not possible. Nothing was done.",
            "Ask ESR to send them again, then discard them.",
            "Not done",
        )
    if len(messages) > MOST:
        raise ProblemError(409, f"{counted(len(messages), 'message is', 'messages are')} more than a batch can have ({MOST:,}). Nothing was done.", "Choose fewer, for example by office or file.", "Not done")  # fmt: skip
    dry: RetryReport = await console_of(request).questions.ask(
        partial(
            planned,
            messages=messages,
            unreadable=left,
            today=wall_clock.today(),
            now=wall_clock.now().timestamp(),
        )
    )
    return plan_of(fields, keys, messages, list(_dry_run(dry)), back="/batches")


def _dry_run(dry: RetryReport) -> list[str]:
    of = f" (of the first {dry.checked:,})" if dry.checked < dry.messages else ""
    outlooks = ", ".join(f"{name}: {number:,}" for name, number in dry.by_outlook.items())
    facts = [
        f"Dry run{of}: {outlooks}. Nothing is applied twice in any case",
        f"By cause: {_by_cause(dry.by_cause)}",
        f"A batch begins: the first message is the tracer, ten follow once it took effect, then the rest,"
        f" at most {IN_FLIGHT} at once. If the tracer is parked again, it stops by itself",
    ]
    if dry.unreadable:
        facts.append(f"{counted(dry.unreadable, 'unreadable row')} can only be discarded, and is left out")
    return facts


def _by_cause(counts: dict[str, int]) -> str:
    return ", ".join(f"{name}: {number:,}" for name, number in counts.items())


async def _prepare_retry(request: Request, plan: Plan) -> Do:
    messages = await again(request, plan, can_retry=True)
    frozen = msgspec.json.decode(plan.values["set"], type=FrozenSet)
    said = f"{len(messages)} ticked" if frozen.keys else chosen_by(frozen.fields).text

    async def retry(work: Work, person: Person, _: Plan, why: str) -> str:
        try:
            batch = await start_in(work, person, messages, choice=said, why=why, cap=IN_FLIGHT)
        except InOtherBatchError as error:
            raise ProblemError(
                409,
                f"{error.number:,} of these messages are in another batch ({', '.join(error.batches)}). Nothing was done.",
                "Open Batches: wait until that batch has finished, or stop it; then choose again.",
                "In another batch",
            ) from None
        return (
            f"Batch {batch.id} of {counted(batch.total, 'message')} has begun: open it to see its verdicts."
        )

    return retry


async def _plan_of_discard(request: Request, form: Form) -> Plan:
    ticket, day = _tracked_by(form)
    fields, keys, messages = await found_by(request, form)
    if len(messages) > DISCARDED_AT_MOST:
        raise ProblemError(409, f"{len(messages):,} were chosen; {DISCARDED_AT_MOST} can be discarded at once. Nothing was done.", "Choose fewer, for example by office or file.", "Not done")  # fmt: skip
    causes = dict(Counter(one.cause.value for one in messages).most_common())
    facts = [
        f"By cause: {_by_cause(causes)}",
        "Their rows become ignored, with your reason; they are not applied to TIS or sent to ESR",
        f"Ticket {ticket}; the outcome is to be reviewed on {in_words(day)}",
    ]
    return plan_of(
        fields, keys, messages, facts, back="/parked/discarded", ticket=ticket, review=day.isoformat()
    )


def _tracked_by(form: Form) -> tuple[str, date]:
    """Return the ticket and the day of review of a discard. Raises AskAgainError if one is missing or can't be used."""
    ticket, review = form.get("ticket", "").strip(), form.get("review", "").strip()
    wrong_ticket = "" if ticket else "Enter the ticket under which the discard is tracked"
    if len(ticket) > _LONGEST_TICKET or not ticket.isprintable():
        wrong_ticket = f"The ticket must be {_LONGEST_TICKET} characters or fewer, in one line"
    day = day_of(review)
    wrong_day = "" if day else "Enter the day on which the outcome is reviewed"
    if day and day < wall_clock.today():
        wrong_day = "The day of review must be today or in the future"
    if wrong_ticket or wrong_day or day is None:
        raise AskAgainError(
            [
                Field("ticket", "Ticket", ticket, wrong_ticket),
                Field("review", "Day of review", review, wrong_day, "date"),
            ],
            _address_of(form),
        )
    return ticket, day


def _address_of(form: Form) -> str:
    """Return the address of the list that a form is on, with its filters."""
    fields = {name: value for name in FIELDS if (value := form.get(name, ""))}
    return f"/parked/messages?{urlencode(fields)}" if fields else "/parked/messages"


async def _prepare_discard(request: Request, plan: Plan) -> Do:
    messages = await again(request, plan, can_retry=False)

    async def discard(work: Work, person: Person, plan: Plan, why: str) -> str:
        review = date.fromisoformat(plan.values["review"])
        remark = Remark(why=why, ticket=plan.values["ticket"], review_on=review)
        number = await discard_in(work, person, messages, remark)
        if number < len(messages):
            raise changed(len(messages), number, 0, len(messages) - number)
        return f"{counted(number, 'message')} discarded. Review on {in_words(review)}."

    return discard


def _number(plan: Plan) -> str:
    return counted(int(plan.values["number"]), "message")


_ACTS: Final = (
    Act("/parked/retry", "Retry", Role.OPERATOR, _plan_of_retry, lambda plan: f"Retry {_number(plan)}", prepare=_prepare_retry),
    Act(
        "/parked/discard", "Discard", Role.OPERATOR, _plan_of_discard, lambda plan: f"Discard {_number(plan)}", prepare=_prepare_discard,
        warning="The content of a discarded message is deleted: it can't be retried any more.",
        reason_hint="It becomes the reason of the rows, and is kept in the audit. Name no trainee.",
    ),
    Act("/parked/edit", "Send a corrected copy", Role.OPERATOR, plan_of_edit, lambda _: "Send a corrected copy of 1 message", prepare=prepare_edit),
)  # fmt: skip
PARKED_ACTS: Final = tuple(page_of(act) for act in _ACTS)
