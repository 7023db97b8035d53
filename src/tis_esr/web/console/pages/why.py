"""The search, and why a placement, post, position or person was, or wasn't, sent to ESR."""

import asyncio
from datetime import date
from functools import partial
from typing import Final
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.composition import tcs_for_operation, today, window
from tis_esr.operations.search import Destination, destination, may_be_person
from tis_esr.operations.why.answers import Explanation
from tis_esr.operations.why.explain import explain
from tis_esr.operations.why.within import explain_within, meanings_within
from tis_esr.operations.why.word import BadWordError, Kind, read_word
from tis_esr.settings import Settings
from tis_esr.web.console.console import account_of, console_of, required_session
from tis_esr.web.console.forms import read_form
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.rendering import page
from tis_esr.web.console.sealed_words import opened, sealed

_TITLE: Final = "Why was it, or wasn't it, sent?"
_EVENTS: Final = 200
_CHANGES: Final = 100


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
    is_personal = found.is_personal
    if account_of(request).offices is not None:
        is_personal = await _may_be_person(request, found.word)
    return RedirectResponse(_address(request, found.word, is_personal=is_personal), 303)


async def why(request: Request) -> Response:
    """Explain the word of the address; a GMC number is moved out of it first.

    Accounts that are limited to offices get explanations of what belongs to these; anything else is refused, known or not.
    """
    console = console_of(request)
    if sealed_word := request.query_params.get("sealed"):
        word, is_personal = opened(request, sealed_word), True
    else:
        word, is_personal = request.query_params.get("word", ""), False
    if not word:
        return _page(request)
    try:
        _refuse_places(word)
        if not is_personal and await _may_be_person(request, word):
            return RedirectResponse(_address(request, word, is_personal=True), 303)
        console.searches.take(required_session(request).key)
        found: Explanation | None = await console.questions.ask(
            partial(
                _explained,
                word=word,
                settings=console.settings,
                day=today(),
                offices=account_of(request).offices,
            )
        )
    except BadWordError as error:
        return _page(request, error=error)
    if found is None:
        raise _not_theirs()
    title = "Why: a search by number" if is_personal else f"Why: {word.strip()}"
    values = {
        "found": found,
        "events": found.timeline[:_EVENTS],
        "more": max(0, len(found.timeline) - _EVENTS),
        "choices": [(one.what, _address_of(request, one.word)) for one in found.choices],
        "changes": found.changes[:_CHANGES],
        "more_changes": max(0, len(found.changes) - _CHANGES),
    }
    return page(request, "why.html", title, values, trail=(("/", "Start"), ("/why", "Why")))


async def _may_be_person(request: Request, word: str) -> bool:
    """Return whether a word belongs in no address.

    For accounts that are limited to offices it is every number of seven digits that is nothing of theirs, so that the
    address doesn't tell what else exists.
    """
    read, offices, questions = read_word(word), account_of(request).offices, console_of(request).questions
    if not read.may_be_gmc:
        return False
    if offices is None:
        return await questions.ask(partial(may_be_person, word=read))
    return not await questions.ask(lambda reader: asyncio.run(meanings_within(reader, word, offices)))


def _explained(
    reader: Reader, word: str, settings: Settings, day: date, offices: frozenset[str] | None
) -> Explanation | None:
    """Return the explanation. It is asked in a thread, with a loop of its own for the questions to TCS."""

    async def ask() -> Explanation | None:
        due = settings.confirmation_due_days
        async with tcs_for_operation(settings, None) as tcs:
            if offices is None:
                return await explain(reader, word, day, window=window(settings), tcs=tcs, due_days=due)
            return await explain_within(
                reader, word, day, offices, window=window(settings), tcs=tcs, due_days=due
            )

    return asyncio.run(ask())


def _refuse_places(word: str) -> None:
    """Raise BadWordError for the place of a file, which would be one of the server."""
    if read_word(word).path:
        raise BadWordError("it is the place of a file, which only tis-esr why reads")


def _not_theirs() -> ProblemError:
    return ProblemError(
        404,
        "Nothing of this number or name is known, or it belongs to an office that your account does not include.",
        "Ask for a placement, post, position, file or row of your offices: a search by GMC number needs an account that includes all.",
        "Nothing found",
    )


def _page(request: Request, error: BadWordError | None = None) -> Response:
    values = {"problem": error.reason if error else "", "advice": BadWordError.advice, "heading": _TITLE}
    title = f"Error: {_TITLE}" if error else _TITLE
    status = 400 if error else 200
    return page(request, "why_ask.html", title, values, trail=(("/", "Start"),), status=status)


def _address_of(request: Request, choice: str) -> str:
    return _address(request, choice, is_personal=read_word(choice).kind is Kind.PERSON)


def _address(request: Request, word: str, *, is_personal: bool) -> str:
    query = {"sealed": sealed(request, word)} if is_personal else {"word": word}
    return f"/why?{urlencode(query)}"
