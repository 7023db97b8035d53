"""The lists of the promise: every miss with its reason and whose it is, and who can still be sent in time."""

from functools import partial
from typing import Final

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from tis_esr.operations.promise.promise import Due, Miss
from tis_esr.operations.promise.reasons import REASON_WORDS, WHO_WORDS
from tis_esr.web.console.addresses import Choice, choice
from tis_esr.web.console.console import console_of
from tis_esr.web.console.pages.promise import found_of
from tis_esr.web.console.rendering import page
from tis_esr.web.console.tables import Column, Table

_TRAIL: Final = (("/", "Start"), ("/promise", "The promise"))


def _why(placement: int) -> Markup:
    return Markup('<a href="/why?word=placement:{0}">{0}</a>').format(placement)


def _key(one: Miss | Due) -> str:
    """Return what is unique: the positions of a placement may be of two offices, each with its own line."""
    return f"{one.placement:012} {one.deanery}"


_MISSES: Final = Table[Miss](
    columns=(
        Column("starts", "Starts", lambda one: one.starts),
        Column("office", "Office", lambda one: one.deanery),
        Column("trust", "Trust", lambda one: one.trust),
        Column("placement", "Placement", lambda one: one.placement, lambda one: _why(one.placement)),
        Column("sent", "Sent", lambda one: one.sent_on),
        Column("before", "Days before the start", lambda one: one.days_before, is_number=True),
        Column("reason", "Reason", lambda one: one.text, is_text=True),
        Column("who", "Whose it is", lambda one: one.who.value),
    ),
    key=_key,
    sort="starts",
)
_DUE: Final = Table[Due](
    columns=(
        Column("left", "Days left", lambda one: one.days_left, is_number=True),
        Column("starts", "Starts", lambda one: one.starts),
        Column("office", "Office", lambda one: one.deanery),
        Column("trust", "Trust", lambda one: one.trust),
        Column("placement", "Placement", lambda one: one.placement, lambda one: _why(one.placement)),
        Column("reason", "What keeps it", lambda one: REASON_WORDS[one.reason] if one.reason else "nothing: it goes with a file", is_text=True),
        Column("who", "Who must act", lambda one: one.who.value),
    ),
    key=_key,
    sort="left",
)  # fmt: skip


async def misses(request: Request) -> Response:
    """List every miss with its reason and whose it is."""
    choices, found, at = await _misses(request)
    values = {
        "table": await console_of(request).questions.run(
            partial(_MISSES.page, request, found, csv="/promise/misses.csv")
        ),
        "at": at,
        "choices": choices,
        "chosen": [one for one in choices if not one.is_default],
        "action": "/promise/misses",
        "what": "miss",
        "many": "misses",
        "nothing": "Nobody was missed.",
    }
    return page(request, "promise_list.html", "Misses of the promise", values, trail=_TRAIL)


async def misses_csv(request: Request) -> Response:
    """Return what the list shows as CSV."""
    _, found, _ = await _misses(request)
    return await console_of(request).questions.run(partial(_MISSES.csv, request, "promise-misses", found))


async def due(request: Request) -> Response:
    """List who can still be sent in time, with the days left and what keeps them."""
    choices, found, at = await _due(request)
    values = {
        "table": await console_of(request).questions.run(
            partial(_DUE.page, request, found, csv="/promise/due.csv")
        ),
        "at": at,
        "choices": choices,
        "chosen": [one for one in choices if not one.is_default],
        "action": "/promise/due",
        "what": "trainee",
        "many": "trainees",
        "nothing": "Nobody in the window is due, and nobody is blocked.",
    }
    return page(request, "promise_list.html", "Due for the promise", values, trail=_TRAIL)


async def due_csv(request: Request) -> Response:
    """Return what the list shows as CSV."""
    _, found, _ = await _due(request)
    return await console_of(request).questions.run(partial(_DUE.csv, request, "promise-due", found))


async def _misses(request: Request) -> tuple[list[Choice], list[Miss], str]:
    reasons = {"": "All reasons", **REASON_WORDS}
    reason = choice(request, "reason", "Reason", reasons)
    who = _who_choice(request)
    choices, found, at = await found_of(request)
    mine = [
        one
        for one in found.misses
        if reason.value in ("", one.reason.value) and who.value in ("", one.who.name)
    ]
    return [*choices[:2], reason, who], mine, at


async def _due(request: Request) -> tuple[list[Choice], list[Due], str]:
    kept = choice(
        request, "kept", "What keeps them", {"": "Everybody", "blocked": "Blocked", "free": "Not blocked"}
    )
    who = _who_choice(request)
    choices, found, at = await found_of(request)
    mine = [
        one
        for one in found.due
        if kept.value in ("", "free" if one.reason is None else "blocked") and who.value in ("", one.who.name)
    ]
    return [*choices[:2], kept, who], mine, at


def _who_choice(request: Request) -> Choice:
    return choice(request, "who", "Who must act", {"": "Anybody", **WHO_WORDS})
