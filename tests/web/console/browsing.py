"""A console in the test's own process, and browsers without a screen that visit it."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
from structlog.testing import capture_logs
from tests.wording.one_of_many import ones_of_many

from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.runner import Runner
from tis_esr.operations.access.accounts import EVERYTHING, Account
from tis_esr.operations.access.sessions import Lifetimes, MemorySessions
from tis_esr.operations.composition import reader_of
from tis_esr.settings import Settings
from tis_esr.web.console.application import application
from tis_esr.web.console.console import Console, Page, SignIn
from tis_esr.web.console.opening import opened_for_each
from tis_esr.web.console.pages import PAGES
from tis_esr.web.console.questions import Questions
from tis_esr.web.console.rate_limit import RateLimit
from tis_esr.web.console.remembered import Remembered
from tis_esr.web.console.sign_in.local import LocalSignIn

ORIGIN = "http://127.0.0.1:8090"
OWNER = Account(name="testa.specimen", roles=EVERYTHING)


@dataclass
class Clock:
    """The time of sessions."""

    at: datetime = datetime(2026, 11, 24, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def passes(self, **period: float) -> None:
        self.at += timedelta(**period)


@dataclass
class Desk:
    """A console over a store, with what a test looks at: the addresses that were printed, the clock of its sessions."""

    console: Console
    sign_in: Any
    clock: Clock
    printed: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def browser(self, **headers: str) -> AsyncIterator[httpx2.AsyncClient]:
        """A browser that nobody has signed in with; it says what browsers say of a form's own site."""
        said = {"Sec-Fetch-Site": "same-origin", **headers}
        transport = httpx2.ASGITransport(application(self.console), raise_app_exceptions=True)
        async with httpx2.AsyncClient(
            transport=transport, base_url=self.console.origins[0], headers=said
        ) as one:
            yield one

    @asynccontextmanager
    async def signed_in(self, **headers: str) -> AsyncIterator[httpx2.AsyncClient]:
        """A browser in which the one-time address was opened."""
        async with self.browser(**headers) as one:
            answer = await one.get(self.sign_in.path)
            assert answer.status_code == 303
            yield one


def desk(
    state: Path | None = None,
    *,
    account: Account = OWNER,
    open_reader: Callable[[], Reader] | None = None,
    pages: tuple[Page, ...] = PAGES,
    sign_in: SignIn | None = None,
    origins: tuple[str, ...] = (ORIGIN, "http://localhost:8090"),
    searches: int = 60,
    seconds: float = 15.0,
    runner: Runner | None = None,
    **changes: Any,
) -> Desk:
    """Return a console over a state file, or a reader and a runner, for its owner or another account."""
    settings = Settings(engine="embedded", state=state or Path("no-such.sqlite"), **changes)
    clock, printed = Clock(), list[str]()
    way = sign_in or LocalSignIn(account, printed.append)
    console = Console(
        settings=settings,
        questions=Questions(open_reader or partial(reader_of, settings, settings.state), seconds=seconds),
        runner=opened_for_each(settings) if runner is None else lambda: nullcontext(runner),
        sessions=MemorySessions(Lifetimes(), clock),
        sign_in=way,
        origins=origins,
        pages=pages,
        searches=RateLimit(searches),
        remembered=Remembered(0.0),
    )
    return Desk(console, way, clock, printed)


def title(answer: httpx2.Response) -> str:
    """Return the title of a page."""
    return unescape(re.findall(r"<title>(.*?)</title>", answer.text)[0])


def text(answer: httpx2.Response) -> str:
    """Return what a page says, without its markup; each number agrees with its noun."""
    main = answer.text.partition('id="maincontent">')[2].partition("</main>")[0]
    said = unescape(" ".join(re.sub(r"<[^>]*>", " ", main).split()))
    assert ones_of_many(said) == [], said
    return said


def form_token(answer: httpx2.Response) -> str:
    """Return the token of a page's forms."""
    return re.findall(r'name="form_token" value="([^"]+)"', answer.text)[0]


@contextmanager
def logged() -> Iterator[list[Any]]:
    """Collect what is logged."""
    with capture_logs() as lines:
        yield lines
