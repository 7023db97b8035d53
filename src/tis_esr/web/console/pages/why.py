"""Why a placement, post, position, person, file, row or alarm is as it is, and what has changed since it was sent."""

import asyncio
from datetime import date
from functools import partial
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.composition import tcs_for_operation, today, window
from tis_esr.operations.search import may_be_person, offices_of
from tis_esr.operations.why.answers import Explanation
from tis_esr.operations.why.explain import explain
from tis_esr.operations.why.word import BadWordError, read_word
from tis_esr.settings import Settings
from tis_esr.web.console.console import account_of, console_of, required_session
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.rendering import page
from tis_esr.web.console.sealed_words import opened, sealed

_TITLE: Final = "Why was it, or wasn't it, sent?"
_EVENTS: Final = 200


async def why(request: Request) -> Response:
    """Explain the word of the address; a GMC number is moved out of it first."""
    console = console_of(request)
    if sealed_word := request.query_params.get("sealed"):
        word, is_personal = opened(request, sealed_word), True
    else:
        word, is_personal = _not_a_place(request.query_params.get("word", "")), False
    if not word:
        return why_ask(request)
    try:
        if not is_personal and await _may_be_person(request, word):
            return RedirectResponse(why_address(request, word, is_personal=True), 303)
        console.searches.take(required_session(request).key)
        await _refuse_others(request, word)
        found: Explanation = await console.questions.ask(
            partial(_explained, word=word, settings=console.settings, day=today())
        )
    except BadWordError as error:
        return why_ask(request, error)
    title = "Why: a search by number" if is_personal else f"Why: {word.strip()}"
    values = {
        "found": found,
        "events": found.timeline[:_EVENTS],
        "choices": [
            (choice, why_address(request, choice.word, is_personal=choice.word.startswith("gmc:")))
            for choice in found.choices
        ],
        "more": max(0, len(found.timeline) - _EVENTS),
    }
    return page(request, "why.html", title, values, trail=(("/", "Start"), ("/why", "Why")))


async def _may_be_person(request: Request, word: str) -> bool:
    read = read_word(word)
    return read.may_be_gmc and await console_of(request).questions.ask(partial(may_be_person, word=read))


def _not_a_place(word: str) -> str:
    """Return a word without folders: a browser can name no file of the server to be read."""
    text = word.strip().replace("\\", "/")
    if not text.upper().endswith(".DAT"):
        return word
    prefix = "file:" if text.startswith("file:") else ""
    return prefix + text.removeprefix("file:").rpartition("/")[2]


def _explained(reader: Reader, word: str, settings: Settings, day: date) -> Explanation:
    """Return the explanation. It is asked in a thread, with a loop of its own for the questions to TCS."""

    async def ask() -> Explanation:
        async with tcs_for_operation(settings, None) as tcs:
            return await explain(
                reader, word, day, window=window(settings), tcs=tcs, due_days=settings.confirmation_due_days
            )

    return asyncio.run(ask())


def why_ask(request: Request, error: BadWordError | None = None) -> Response:
    """Return the page that asks for a word, perhaps because the last one can't be used."""
    values = {
        "problem": error.reason if error else "",
        "advice": BadWordError.advice,
        "heading": _TITLE,
        "may_all": account_of(request).offices is None,
    }
    title = f"Error: {_TITLE}" if error else _TITLE
    status = 400 if error else 200
    return page(request, "why_ask.html", title, values, trail=(("/", "Start"),), status=status)


def why_address(request: Request, word: str, *, is_personal: bool) -> str:
    """Return the address of an explanation; a word that may be a GMC number is sealed."""
    query = {"sealed": sealed(request, word)} if is_personal else {"word": word}
    return f"/why?{urlencode(query)}"


async def _refuse_others(request: Request, word: str) -> None:
    """Raise ProblemError for people of some offices, unless it is known to be of these alone."""
    account = account_of(request)
    if account.offices is None:
        return
    offices: list[str] = await console_of(request).questions.ask(partial(offices_of, typed=word))
    if not offices or not all(account.sees(office) for office in offices):
        raise ProblemError(
            404,
            "Nothing of your offices has this id, number or name.",
            "Check it. What belongs to other offices, or is in TIS only, is not shown with your account: ask the support team.",
            "Nothing found",
        )
