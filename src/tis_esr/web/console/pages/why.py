"""Why a placement, post, position, person, file, row or alarm is as it is, and what has changed since it was sent."""

import asyncio
from datetime import date
from functools import partial
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tis_esr import wall_clock
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.composition import tcs_for_operation, window
from tis_esr.operations.search import may_be_person
from tis_esr.operations.why.answers import Explanation
from tis_esr.operations.why.explain import explain
from tis_esr.operations.why.within import explain_within, meanings_within
from tis_esr.operations.why.word import BadWordError, Kind, read_word
from tis_esr.settings import Settings
from tis_esr.web.console.console import account_of, console_of, required_session
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.questions import run_in_time
from tis_esr.web.console.rendering import page
from tis_esr.web.console.sealed_words import opened, sealed

_TITLE: Final = "Why was it, or wasn't it, sent?"
_EVENTS: Final = 200


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
        return why_ask(request)
    try:
        word = _not_a_place(word)
        if not is_personal and await _may_be_person(request, word):
            return RedirectResponse(why_address(request, word, is_personal=True), 303)
        console.searches.take(required_session(request).key)
        offices = account_of(request).offices
        found: Explanation | None = await console.questions.ask(
            partial(_explained, word=word, settings=console.settings, day=wall_clock.today(), offices=offices)
        )
    except BadWordError as error:
        return why_ask(request, error)
    if found is None:
        raise _not_theirs()
    title = "Why: a search by number" if is_personal else f"Why: {word.strip()}"
    values = {
        "found": found,
        "file": _file(word) if found.known else "",
        "events": found.events[:_EVENTS],
        "steps": found.steps,
        "most_steps": _EVENTS,
        "choices": [
            (choice, why_address(request, choice.word, is_personal=choice.word.startswith("gmc:")))
            for choice in found.choices
        ],
        "more": max(0, len(found.events) - _EVENTS),
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


def _file(word: str) -> str:
    """Return the name of a file of ESR or ours that a word is; "" for anything else."""
    read = read_word(word)
    return read.text if read.kind is Kind.FILE else ""


def _not_a_place(word: str) -> str:
    """Return a word without folders: a browser can name no file of the server to be read. Raises BadWordError."""
    text = word.strip().replace("\\", "/")
    read = read_word(text) if text else None
    return f"{Kind.FILE}:{read.text}" if read is not None and read.path else word


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

    return run_in_time(ask())


def _not_theirs() -> ProblemError:
    return ProblemError(
        404,
        "Nothing of your offices has this id, number or name.",
        "Check it. What belongs to other offices, and people by GMC number, are not shown with your account: ask the support team.",
        "Nothing found",
    )


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
