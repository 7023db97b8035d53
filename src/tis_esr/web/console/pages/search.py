"""The search: one box, exact. One hit leads to its page, several are listed, none says what was tried."""

from functools import partial
from typing import Final
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tis_esr.engine.reader_protocol import Reader, Trace
from tis_esr.operations.access.accounts import Account
from tis_esr.operations.search import Found, Hit, HitKind
from tis_esr.operations.search import search as find
from tis_esr.operations.why.word import BadWordError
from tis_esr.web.console.console import account_of, console_of, required_session
from tis_esr.web.console.forms import read_form
from tis_esr.web.console.pages.alarms import address_of
from tis_esr.web.console.pages.parked import address_of as message_address
from tis_esr.web.console.pages.why import why_address, why_ask
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.rendering import page
from tis_esr.web.console.sealed_words import opened, sealed

_TRAIL: Final = (("/", "Start"),)
_LONGEST: Final = 300
_LONGEST_TYPED: Final = 1200
_MESSAGES: Final = 200


async def search(request: Request) -> Response:
    """Lead to what was searched for. It is a POST, so that no address has what was typed."""
    fields = await read_form(request)
    typed = fields.get("word", "").strip()[:_LONGEST_TYPED]
    try:
        found = await _found(request, typed)
    except BadWordError as error:
        return why_ask(request, error)
    if len(found.hits) == 1:
        is_number = typed.strip().isdigit()
        word = typed.strip() if is_number else ""
        return RedirectResponse(_address(request, found.hits[0], word), 303)
    query = {"word": typed.strip()} if _is_harmless(found) else {"sealed": sealed(request, typed)}
    return RedirectResponse(f"/search?{urlencode(query)}", 303)


async def results(request: Request) -> Response:
    """List what a search found, or say what was tried."""
    sealed_word = request.query_params.get("sealed", "")
    typed = opened(request, sealed_word) if sealed_word else request.query_params.get("word", "")
    typed = typed.strip()[:_LONGEST_TYPED]
    if not typed:
        return why_ask(request)
    try:
        found = await _found(request, typed)
    except BadWordError as error:
        return why_ask(request, error)
    is_harmless = _is_harmless(found)
    if not is_harmless and not sealed_word:
        return RedirectResponse(f"/search?{urlencode({'sealed': sealed(request, typed)})}", 303)
    values = {
        "hits": [(hit, _address(request, hit)) for hit in found.hits],
        "tried": found.tried,
        "ask_tis": why_address(request, typed, is_personal=not is_harmless),
    }
    return page(request, "search.html", "Search", values, trail=_TRAIL)


async def messages(request: Request) -> Response:
    """Show every message of one correlation id, in the order sent."""
    id_, account = request.path_params["id"], account_of(request)
    found: list[Trace] = await console_of(request).questions.ask(partial(_messages, id_=id_))
    if not found or not all(account.offices is None or account.sees(one.deanery) for one in found):
        raise ProblemError(
            404,
            "No message has this correlation id, or it belongs to an office that your account does not include.",
            "Check it. Messages are kept for as long as TIS_ESR_KEEP_ROWS_DAYS says.",
            "No such messages",
        )
    values = {"id": id_, "found": found[:_MESSAGES], "more": max(0, len(found) - _MESSAGES)}
    return page(request, "messages.html", "Messages of one cause", values, trail=_TRAIL)


def _messages(reader: Reader, id_: str) -> list[Trace]:
    return reader.messages_of([id_]) if len(id_) <= _LONGEST else []


async def _found(request: Request, typed: str) -> Found:
    console = console_of(request)
    console.searches.take(required_session(request).key)
    found: Found = await console.questions.ask(partial(find, typed=typed))
    mine = [hit for hit in found.hits if _is_for(hit, account_of(request))]
    return Found(hits=mine, tried=found.tried, is_personal=found.is_personal)


def _is_harmless(found: Found) -> bool:
    """Return whether an address may have what was typed: what is found and is no person; else it may be a name or a birthday."""
    return bool(found.hits) and not found.is_personal


def _is_for(hit: Hit, account: Account) -> bool:
    """Return whether a hit is of the person's offices; one whose office is not known, and a person, is for those who have all."""
    if account.offices is None:
        return True
    return hit.kind is not HitKind.PERSON and bool(hit.offices) and all(map(account.sees, hit.offices))


def _address(request: Request, hit: Hit, word: str = "") -> str:
    """Return the address of a hit's page; a number that has one meaning is asked for by itself."""
    if hit.kind is HitKind.PERSON:
        return why_address(request, word or f"gmc:{hit.id}", is_personal=True)
    if hit.kind in {HitKind.FILE, HitKind.ROW}:
        return f"/files/{quote(hit.id, safe='')}" + (f"?row={hit.row}" if hit.row else "")
    if hit.kind is HitKind.ALARM:
        return address_of(hit.id)
    if hit.kind is HitKind.ALARM_KIND:
        return why_address(request, f"alarm:{hit.id}", is_personal=False)
    if hit.kind is HitKind.MESSAGE:
        return message_address(hit.queue, hit.id)
    if hit.kind is HitKind.BATCH:
        return f"/batches/{quote(hit.id, safe='')}"
    if hit.kind is HitKind.MESSAGES:
        return f"/messages/{quote(hit.id, safe='')}"
    if hit.kind is HitKind.POST:
        return why_address(request, hit.id, is_personal=False)
    return why_address(request, word or f"{hit.kind.value}:{hit.id}", is_personal=False)
