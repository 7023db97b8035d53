"""Acts on pages: what was chosen is frozen and shown for confirmation, a reason is given, and it is done once.

A page has a form that posts ``item`` fields, and others of the act, to the act's address. That answers with a confirmation page
and changes nothing. Its form sends the frozen choice back, sealed for this session, with the reason; the act is done with its
audit entry in one unit of work, and the answer leads back to the page, which says what was done. A double click, or the same
form sent again, changes nothing and leads to the same place.
"""

import zlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar
from urllib.parse import urlencode, urlsplit

import msgspec
from cryptography.fernet import Fernet, InvalidToken
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tis_esr.engine.faults import StateInUseError
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.runner import Runner
from tis_esr.engine.work import Work
from tis_esr.errors import Exit, TisEsrError, UsageError
from tis_esr.first_letters import first_lower, first_upper
from tis_esr.operations.access.accounts import Account, Role
from tis_esr.operations.access.acts_once import ACTS_DONE, ActDone, once, once_in_steps
from tis_esr.operations.access.sessions import key_from, new_secret
from tis_esr.operations.access.sign_in_audit import VIA
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.dates import iso, readable
from tis_esr.web.console.addresses import DONE
from tis_esr.web.console.asked_again import AskAgainError, asked_again
from tis_esr.web.console.console import Page, account_of, console_of
from tis_esr.web.console.forms import Form, check_token, read_fields
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.rendering import page, session_of
from tis_esr.web.console.sealed_words import session_key
from tis_esr.web.console.sign_in.next_address import next_address

MOST_ITEMS: Final = 500
LONGEST_REASON: Final = 500
MINUTES: Final = 30
"""How long a confirmation page may be open."""
_RESUME: Final = "resume"
K = TypeVar("K", bound=msgspec.Struct)


class Item(msgspec.Struct, frozen=True):
    """One thing that an act is about: its id, what it is in words, and the address of its page ("" for none)."""

    id: str
    text: str = ""
    href: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a person is about to do, frozen when they are asked to confirm it.

    ``values`` are further fields of the form, checked. ``back`` is the address of the page that it leads to. ``chosen``
    says in words what is chosen where it is more than the ``items`` listed, ``facts`` what the act would do, ``meanwhile``
    what happens if it changes before it is confirmed, where that is not what the page says of every act.
    """

    items: list[Item]
    back: str
    values: dict[str, str] = {}
    chosen: str = ""
    facts: list[str] = []
    meanwhile: str = ""

    @property
    def ids(self) -> list[str]:
        """Return the ids of the items."""
        return [item.id for item in self.items]


Do = Callable[[Work, Person, Plan, str], Awaitable[str]]


@dataclass(frozen=True)
class Act:
    """One act: the address that its forms are posted to, its name, and the role that it needs.

    ``plan`` reads the form and returns what is meant; it asks again for a field by AskAgainError, refuses what the person
    may not do, or what can't be, by ProblemError or UsageError, and checks that every item is of their offices, unless the act is for accounts with
    ``all_offices`` alone. ``sentence`` says what is about to be
    done, as a question without its question mark: ``Silence 3 alarms until 5 Nov 2026``. ``do`` does it in a unit of
    work, with its audit entry by the person and the reason, commits nothing, and returns the result in words, without
    personal data. ``do_in_steps`` is instead of ``do`` for an operation that commits units of work of its own. ``warning`` says what
    can't be undone. ``after`` is called when it is done, also for a repeated form: it may begin work in the
    background, and does nothing the second time.

    An act on a set that has no room in a form has ``prepare`` instead of ``do``: it reads the set again, refuses one that
    changed, and returns the ``do`` of the rest.
    """

    path: str
    name: str
    role: Role
    plan: Callable[[Request, Form], Awaitable[Plan]]
    sentence: Callable[[Plan], str]
    do: Do | None = None
    do_in_steps: Callable[[Runner, Person, Plan, str], Awaitable[str]] | None = None
    warning: str = ""
    all_offices: bool = False
    reason: str = "Reason"
    after: Callable[[Request, Plan], None] | None = None
    reason_hint: str = "It is kept in the audit. Name no trainee: placements, posts and files have numbers."
    prepare: Callable[[Request, Plan], Awaitable[Do]] | None = None


class _Frozen(msgspec.Struct, frozen=True):
    act: str
    token: str
    plan: Plan
    who: str = ""
    offices: list[str] | None = None


class _Interrupted(msgspec.Struct, frozen=True):
    frozen: _Frozen
    why: str


def page_of(act: Act) -> Page:
    """Return the page that asks for confirmation of an act, and does it."""
    return Page(
        act.path,
        act.name,
        act.role,
        partial(_answer, act),
        methods=("POST",),
        all_offices=act.all_offices,
        interrupted=partial(_interrupted, act),
    )


def person_of(request: Request) -> Person:
    """Return the signed-in person as the audit names them."""
    return Person(account_of(request).name, VIA)


def find_done(reader: Reader, token: str) -> ActDone | None:
    """Return what was done with a token; None if nothing was."""
    return next(iter(reader.get(ACTS_DONE, [token])), None)


async def notice_of(request: Request) -> str:
    """Return what the act did that led to this page, by whom and when, for the person who did it; "" for any other address."""
    token = request.query_params.get(DONE, "")
    session = session_of(request)
    if not token or len(token) > 64 or session is None or request.method != "GET":
        return ""
    done: ActDone | None = await console_of(request).questions.ask(partial(find_done, token=token))
    if done is None or done.who != session.account.name or not done.result:
        return ""
    return f"{done.result} By {done.who}, {readable(iso(done.at.timestamp()))}."


async def _answer(act: Act, request: Request) -> Response:
    form = await read_fields(request)
    if resumed := form.get(_RESUME, ""):
        return _resumed(act, request, resumed)
    check_token(request, form)
    sealed = form.get("plan", "")
    try:
        if not sealed:
            return _ask(act, request, _frozen(act, await act.plan(request, form), account_of(request)))
        frozen, why = _opened(act, request, sealed), form.get("why", "").strip()
        if problem := _problem(act, why):
            return _ask(act, request, frozen, why=why, problem=problem)
        return await _do(act, request, frozen, why)
    except AskAgainError as error:
        return asked_again(request, act.path, act.name, form, error)
    except StateInUseError:
        raise ProblemError(
            409,
            "The state file is held by another process, such as a running tis-esr run or tis-esr day. Nothing was done.",
            "Send the form again when that process has ended.",
            "In use",
        ) from None
    except TisEsrError as error:
        if error.exit_code is not Exit.USAGE:
            raise
        said = error.reason if isinstance(error, UsageError) else str(error)
        raise ProblemError(
            409, f"{first_upper(said)}. Nothing was done.", "Go back, and choose again.", "Not done"
        ) from None


def _problem(act: Act, why: str) -> str:
    if not why:
        return f"Enter a {first_lower(act.reason)}"
    return f"Use at most {LONGEST_REASON} characters" if len(why) > LONGEST_REASON else ""


async def _do(act: Act, request: Request, frozen: _Frozen, why: str) -> Response:
    person, plan = person_of(request), frozen.plan
    do = await _prepared(act, request, frozen)
    async with AsyncExitStack() as stack:
        runner = await stack.enter_async_context(console_of(request).runner())
        done = await _once(act, do, runner, frozen.token, person, plan, why)
    if not done.result:
        raise ProblemError(
            409,
            f"This was begun at {readable(iso(done.at.timestamp()))}, and has not ended, or its process ended before it did.",
            "The audit says what was done.",
            "Begun already",
        )
    if act.after is not None:
        act.after(request, plan)
    parts = urlsplit(next_address(plan.back))
    query = "&".join(filter(None, [parts.query, urlencode({DONE: frozen.token})]))
    return RedirectResponse(f"{parts.path}?{query}", 303)


async def _once(
    act: Act, do: Do | None, runner: Runner, token: str, person: Person, plan: Plan, why: str
) -> ActDone:
    if (in_steps := act.do_in_steps) is not None:
        return await once_in_steps(
            runner, token, person.name, act.path, lambda one: in_steps(one, person, plan, why)
        )
    assert do is not None  # noqa: S101 - an act has one of the three
    return await once(runner, token, person.name, act.path, lambda work: do(work, person, plan, why))


async def _prepared(act: Act, request: Request, frozen: _Frozen) -> Do | None:
    """Return what does the act in one unit of work; of one that is done already, by the same form sent twice, it is not called."""
    if act.prepare is None:
        return act.do
    try:
        return await act.prepare(request, frozen.plan)
    except (ProblemError, TisEsrError):
        if await console_of(request).questions.ask(partial(find_done, token=frozen.token)) is None:
            raise
        return _nothing


async def _nothing(_work: Work, _person: Person, _plan: Plan, _why: str) -> str:
    return ""


def _ask(act: Act, request: Request, frozen: _Frozen, *, why: str = "", problem: str = "") -> Response:
    sentence = act.sentence(frozen.plan)
    values = {
        "act": act,
        "plan": frozen.plan,
        "sentence": sentence,
        "sealed": _sealed(request, frozen),
        "why": why,
        "problem": problem,
        "most": LONGEST_REASON,
        "heading": f"{sentence}?",
    }
    title = f"Error: {act.name}" if problem else act.name
    back = frozen.plan.back
    above = console_of(request).name_of(back)
    trail = (("/", "Start"), *([(back, above)] if above else []))
    return page(request, "confirm.html", title, values, trail=trail, status=400 if problem else 200)


def _frozen(act: Act, plan: Plan, account: Account) -> _Frozen:
    if not plan.items:
        raise ProblemError(
            400, "Nothing was chosen. Nothing was done.", "Go back, and choose something.", "Not done"
        )
    if len(plan.items) > MOST_ITEMS:
        raise ProblemError(
            400,
            f"{len(plan.items):,} were chosen; {MOST_ITEMS} can be done at once. Nothing was done.",
            "Go back, and choose fewer.",
            "Not done",
        )
    return _Frozen(act.path, new_secret(), plan, account.name, _offices(account))


def _sealed(request: Request, frozen: _Frozen) -> str:
    return session_key(request, "act").encrypt(zlib.compress(msgspec.json.encode(frozen))).decode()


def _opened(act: Act, request: Request, text: str) -> _Frozen:
    """Return what was frozen. Raises ProblemError if it was for another act or session, or too long ago."""
    frozen = _decoded(act, session_key(request, "act"), text, _Frozen)
    if frozen is None:
        raise ProblemError(
            409,
            f"This confirmation belongs to an earlier session, or is older than {MINUTES} minutes. Nothing was done.",
            "Open the page again, and choose again.",
            "Not done",
        )
    return frozen


async def _interrupted(act: Act, request: Request) -> Response | None:
    """Return the page on which a confirmation is kept that was sent after the session had ended; None if it was none."""
    form = await read_fields(request)
    frozen = _decoded(act, session_key(request, "act"), form.get("plan", ""), _Frozen)
    if frozen is None:
        return None
    kept = _Interrupted(frozen, form.get("why", "")[:LONGEST_REASON])
    sealed = _resuming(request).encrypt(zlib.compress(msgspec.json.encode(kept))).decode()
    return page(
        request, "interrupted.html", "Your session has ended", {"act": act, "sealed": sealed}, status=401
    )


def _resumed(act: Act, request: Request, sealed: str) -> Response:
    """Show a kept confirmation again, to the person who was asked. It keeps its token: what was done is not done twice."""
    kept, account = _decoded(act, _resuming(request), sealed, _Interrupted), account_of(request)
    if kept is None or (kept.frozen.who, kept.frozen.offices) != (account.name, _offices(account)):
        raise ProblemError(
            409,
            f"This confirmation was another account's, or is older than {MINUTES} minutes. Nothing was done.",
            "Open the page again, and choose again.",
            "Not done",
        )
    return _ask(act, request, kept.frozen, why=kept.why)


def _resuming(request: Request) -> Fernet:
    return Fernet(key_from(console_of(request).secret, "interrupted act"))


def _offices(account: Account) -> list[str] | None:
    return None if account.offices is None else sorted(account.offices)


def _decoded(act: Act, key: Fernet, text: str, kind: type[K]) -> K | None:
    """Return what was sealed for this act; None for anything else, or for what is too old."""
    try:
        found = zlib.decompress(key.decrypt(text.encode(), ttl=MINUTES * 60))
        decoded = msgspec.json.decode(found, type=kind)
    except (InvalidToken, ValueError, zlib.error):
        return None
    frozen = decoded.frozen if isinstance(decoded, _Interrupted) else decoded
    return decoded if isinstance(frozen, _Frozen) and frozen.act == act.path else None
