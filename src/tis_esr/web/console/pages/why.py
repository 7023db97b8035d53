"""The search, and why a placement, post, position or person was, or wasn't, sent to ESR."""

import asyncio
from datetime import date
from functools import partial
from typing import Final
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.access.accounts import Account
from tis_esr.operations.composition import tcs_for_operation, today, window
from tis_esr.operations.search import Destination, destination, may_be_person
from tis_esr.operations.why.answers import Explanation
from tis_esr.operations.why.explain import explain
from tis_esr.operations.why.word import BadWordError, read_word
from tis_esr.settings import Settings
from tis_esr.web.console.console import account_of, console_of, required_session
from tis_esr.web.console.forms import read_form
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.rendering import page
from tis_esr.web.console.sealed_words import opened, sealed

_TITLE: Final = "Why was it, or wasn't it, sent?"
_EVENTS: Final = 200


async def search(request: Request) -> Response:
    """Lead to what was searched for. It is a POST, so that no address has what was typed."""
    fields = await read_form(request)
    console = console_of(request)
    console.searches.take(required_session(request).key)
    typed = fields.get("word", "")
    try:
        found: Destination = await console.questions.ask(partial(destination, typed=typed))
    except BadWordError as error:
        return _page(request, error=error)
    if found.file:
        row = f"?row={found.row}" if found.row else ""
        return RedirectResponse(f"/files/{quote(found.file, safe='')}{row}", 303)
    return RedirectResponse(_address(request, found.word, is_personal=found.is_personal), 303)


async def why(request: Request) -> Response:
    """Explain the word of the address; a GMC number is moved out of it first."""
    console = console_of(request)
    if sealed_word := request.query_params.get("sealed"):
        word, is_personal = opened(request, sealed_word), True
    else:
        word, is_personal = request.query_params.get("word", ""), False
    if not word:
        return _page(request)
    _refuse_limited(account_of(request))
    try:
        if not is_personal and await _may_be_person(request, word):
            return RedirectResponse(_address(request, word, is_personal=True), 303)
        console.searches.take(required_session(request).key)
        found: Explanation = await console.questions.ask(
            partial(_explained, word=word, settings=console.settings, day=today())
        )
    except BadWordError as error:
        return _page(request, error=error)
    title = "Why: a search by number" if is_personal else f"Why: {word.strip()}"
    values = {
        "found": found,
        "events": found.timeline[:_EVENTS],
        "more": max(0, len(found.timeline) - _EVENTS),
    }
    return page(request, "why.html", title, values, trail=(("/", "Start"), ("/why", "Why")))


async def _may_be_person(request: Request, word: str) -> bool:
    read = read_word(word)
    return read.may_be_gmc and await console_of(request).questions.ask(partial(may_be_person, word=read))


def _explained(reader: Reader, word: str, settings: Settings, day: date) -> Explanation:
    """Return the explanation. It is asked in a thread, with a loop of its own for the questions to TCS."""

    async def ask() -> Explanation:
        async with tcs_for_operation(settings, None) as tcs:
            return await explain(
                reader, word, day, window=window(settings), tcs=tcs, due_days=settings.confirmation_due_days
            )

    return asyncio.run(ask())


def _page(request: Request, error: BadWordError | None = None) -> Response:
    values = {"problem": error.reason if error else "", "advice": BadWordError.advice, "heading": _TITLE}
    title = f"Error: {_TITLE}" if error else _TITLE
    status = 400 if error else 200
    return page(request, "why_ask.html", title, values, trail=(("/", "Start"),), status=status)


def _address(request: Request, word: str, *, is_personal: bool) -> str:
    query = {"sealed": sealed(request, word)} if is_personal else {"word": word}
    return f"/why?{urlencode(query)}"


def _refuse_limited(account: Account) -> None:
    """Raise ProblemError for people of some offices: an answer doesn't say yet whose it is."""
    if account.offices is not None:
        raise ProblemError(
            403,
            "Explanations are not limited to offices yet, so they need an account that includes all of them.",
            "Ask the support team for the answer.",
        )
