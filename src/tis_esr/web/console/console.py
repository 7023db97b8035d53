"""What the pages share: settings, questions to the store, sessions, sign-in, and who may open which page."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, compile_path

from tis_esr.engine.runner import Runner
from tis_esr.operations.access.accounts import Account, Role
from tis_esr.operations.access.sessions import Session, Sessions, new_secret
from tis_esr.settings import Settings
from tis_esr.web.console.background import Background
from tis_esr.web.console.problems import ProblemError
from tis_esr.web.console.questions import Questions
from tis_esr.web.console.rate_limit import RateLimit
from tis_esr.web.console.remembered import Remembered
from tis_esr.web.console.rendering import session_of

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Page:
    """A page: its address and name, the role that it needs, and what it is for. Without a ``purpose`` it is in no menu.

    ``all_offices`` says that it shows things of every office, so that accounts limited to some may not open it.
    ``interrupted`` answers a form that was sent after the session had ended; None if there is nothing to keep of it.
    ``of_trusts`` says that it limits what it shows to the person's trusts: accounts limited to some open no other page.
    """

    path: str
    name: str
    role: Role
    answer: Endpoint
    purpose: str = ""
    methods: tuple[str, ...] = ("GET",)
    all_offices: bool = False
    interrupted: Callable[[Request], Awaitable[Response | None]] | None = None
    of_trusts: bool = False

    def is_for(self, account: Account) -> bool:
        """Return whether a person may open it."""
        is_within = account.offices is None or not self.all_offices
        return account.may(self.role) and is_within and (account.trusts is None or self.of_trusts)


class SignIn(Protocol):
    """A way to sign in, with the routes that it needs: among them ``/sign-in`` and ``/sign-out``."""

    origins: tuple[str, ...]
    """The origins of other hosts that a form may lead to, by redirects."""

    def routes(self) -> Sequence[BaseRoute]:
        """Return its routes."""
        ...


@dataclass(frozen=True, eq=False)
class Console:
    """One console. ``origins`` are those under which it is served; requests for any other host are refused.

    ``runner`` opens the engine for an act. On a state file that raises StateInUseError while another process holds it.
    ``is_beside_services`` says that the services of ``tis-esr run`` are in the same process, and with them the state file.
    ``secret`` seals what goes to browsers and back; all processes of an installation have the same.
    """

    settings: Settings
    questions: Questions
    runner: Callable[[], AbstractAsyncContextManager[Runner]]
    sessions: Sessions
    sign_in: SignIn
    origins: tuple[str, ...]
    pages: tuple[Page, ...]
    searches: RateLimit
    remembered: Remembered[Any]
    background: Background = field(default_factory=Background)
    secret: str = field(default_factory=new_secret, repr=False)
    is_beside_services: bool = False

    @property
    def has_services(self) -> bool:
        """Return whether running services do what an act requests: on a state file only those of the same process can."""
        return self.settings.engine == "production" or self.is_beside_services

    @property
    def shares_state_file(self) -> bool:
        """Return whether services of this process hold the state file, so that a guided procedure can't open it."""
        return self.settings.engine != "production" and self.is_beside_services

    @property
    def menu(self) -> list[Page]:
        """Return the pages that the menu and the start page show."""
        return [page for page in self.pages if page.purpose]

    def name_of(self, address: str) -> str:
        """Return the name of the page at an address below the start page, or "" for any other."""
        path = urlsplit(address).path
        fitting = (page.name for page in self.pages if page.path != "/" and _fits(page, path))
        return next(fitting, "")

    @property
    def hosts(self) -> list[str]:
        """Return the values of the Host header that are accepted."""
        return [urlsplit(origin).netloc for origin in self.origins]

    @property
    def is_secure(self) -> bool:
        """Return whether it is served over HTTPS."""
        return self.origins[0].startswith("https:")

    @property
    def cookie(self) -> str:
        """Return the name of the session's cookie; cookies are shared by all ports of a host."""
        return "__Host-tis-esr" if self.is_secure else f"tis-esr-{urlsplit(self.origins[0]).port or 80}"

    def set_cookie(
        self, response: Response, secret: str, *, name: str = "", seconds: int | None = None
    ) -> None:
        """Give the browser a secret that scripts can't read and other sites' forms don't send."""
        response.set_cookie(
            name or self.cookie,
            secret,
            path="/",
            secure=self.is_secure,
            httponly=True,
            samesite="lax",
            max_age=seconds,
        )

    def drop_cookie(self, response: Response, name: str = "") -> None:
        """Have the browser forget the session's secret, or another one."""
        response.delete_cookie(
            name or self.cookie, path="/", secure=self.is_secure, httponly=True, samesite="lax"
        )


def _fits(page: Page, path: str) -> bool:
    pattern, _, _ = compile_path(page.path)
    return "GET" in page.methods and pattern.match(path) is not None


def console_of(request: Request) -> Console:
    """Return the console that a request was made to."""
    found: Console = request.scope["console"]
    return found


def account_of(request: Request) -> Account:
    """Return the signed-in person; only for pages, which nobody else opens."""
    return required_session(request).account


def required_session(request: Request) -> Session:
    """Return the session of a request that has one. Raises ProblemError."""
    session = session_of(request)
    if session is None:
        raise ProblemError(401, "You are not signed in.", "Sign in, then try again.", "Sign in")
    return session
