"""Opens a console: which store, which sign-in, which sessions; and serves it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Final

from tis_esr import wall_clock
from tis_esr.engine.runner import Runner
from tis_esr.errors import UsageError
from tis_esr.operations.access.accounts import EVERYTHING, Account, Role
from tis_esr.operations.access.claims import ClaimMapping
from tis_esr.operations.access.sessions import Lifetimes, MemorySessions, Sessions, StoredSessions, new_secret
from tis_esr.operations.access.sign_in_audit import SignInAudit
from tis_esr.operations.composition import engine_for_operation, reader_of
from tis_esr.operations.configured_stores import required_setting, secret_text
from tis_esr.settings import LOOPBACK, Settings
from tis_esr.web.console.application import application
from tis_esr.web.console.background import Background
from tis_esr.web.console.console import Console, SignIn
from tis_esr.web.console.pages import PAGES
from tis_esr.web.console.questions import Questions
from tis_esr.web.console.rate_limit import RateLimit
from tis_esr.web.console.remembered import Remembered
from tis_esr.web.console.sign_in.local import LocalSignIn
from tis_esr.web.http_server import served

_SEARCHES_A_MINUTE: Final = 60
_REMEMBERED_SECONDS: Final = 15.0
OpenRunner = Callable[[], AbstractAsyncContextManager[Runner]]
_PATIENCE: Final = 5.0
"""A person waits: what takes longer is a page that says so."""


@asynccontextmanager
async def local_console(
    settings: Settings,
    port: int,
    name: str,
    show: Callable[[str], None],
    *,
    runner: Runner | None = None,
    setting: str = "--port",
) -> AsyncIterator[None]:
    """Serve a state file to its owner, by a one-time address on this machine; ``show`` gets each address to print.

    ``runner`` is that of a process which holds the file: acts go through it. Raises PortUnusableError, which names
    the ``setting`` of the port.
    """
    host = "127.0.0.1"
    address = [""]
    account = Account(name=name, roles=EVERYTHING)
    sign_in = LocalSignIn(account, lambda path: show(address[0] + path))
    sessions = MemorySessions(_lifetimes(settings), wall_clock.now)
    questions = Questions(partial(reader_of, settings, settings.state))
    acting = opened_for_each(settings) if runner is None else _always(runner)
    beside = runner is not None
    serving = _serving(
        settings, None, host, port, sign_in, sessions, questions, acting, setting, beside=beside
    )
    async with serving as address[0]:
        show(address[0] + sign_in.path)
        yield


@asynccontextmanager
async def shared_console(
    settings: Settings, port: int, *, runner: Runner | None = None, setting: str = "--port"
) -> AsyncIterator[str]:
    """Serve the configured engine's store to people who sign in at the OIDC provider; yields the address in browsers.

    ``runner`` is that of a process which holds the state file; on the production engine the console has connections of
    its own. Raises PortUnusableError, which names the ``setting`` of the port, and what makes the engine unusable.
    """
    from tis_esr.web.console.sign_in.oidc import OidcSignIn

    asked_by = "tis-esr console"
    url = required_setting(settings.console_url, "console_url", asked_by)
    issuer = required_setting(settings.console_oidc_issuer, "console_oidc_issuer", asked_by)
    client = required_setting(settings.console_oidc_client_id, "console_oidc_client_id", asked_by)
    secret = required_setting(
        secret_text(settings.console_oidc_client_secret), "console_oidc_client_secret", asked_by
    )
    sign_in = OidcSignIn(issuer, client, secret, url, _mapping(settings))
    async with AsyncExitStack() as stack:
        sessions: Sessions
        if settings.engine == "production":
            kept = await stack.enter_async_context(engine_for_operation(_hasty(settings)))
            acting = _always(kept)
            sessions = StoredSessions(_lifetimes(settings), kept)
        else:
            acting = opened_for_each(settings) if runner is None else _always(runner)
            audit = SignInAudit(acting)
            stack.push_async_callback(audit.close)
            sessions = MemorySessions(_lifetimes(settings), wall_clock.now, audit)
        questions = Questions(partial(reader_of, settings), keep=settings.engine == "production")
        stack.callback(questions.close)
        host = settings.console_host
        beside = runner is not None
        serving = _serving(
            settings, url, host, port, sign_in, sessions, questions, acting, setting, beside=beside
        )
        await stack.enter_async_context(serving)
        yield url


def refuse_open(settings: Settings) -> None:
    """Raise UsageError for a console that would be open: without a provider it is for a state file's owner alone."""
    if settings.engine == "production":
        raise UsageError(
            "TIS_ESR_CONSOLE_OIDC_ISSUER",
            "is not set, and the console of the production engine needs a sign-in; set it, or name a --state FILE",
        )
    if settings.console_host not in LOOPBACK:
        raise UsageError(
            "TIS_ESR_CONSOLE_HOST",
            f"{settings.console_host} is not a loopback address; set TIS_ESR_CONSOLE_OIDC_ISSUER, or remove it",
        )


@asynccontextmanager
async def _serving(
    settings: Settings,
    url: str | None,
    host: str,
    port: int,
    sign_in: SignIn,
    sessions: Sessions,
    questions: Questions,
    runner: OpenRunner,
    setting: str,
    *,
    beside: bool,
) -> AsyncIterator[str]:
    """Serve during the block, ``beside`` services or alone, under ``url`` if browsers see another address; yields where this process listens."""

    background = Background()

    def made(port: int) -> object:
        local = (f"http://127.0.0.1:{port}", f"http://localhost:{port}")
        console = Console(
            settings=settings,
            questions=questions,
            runner=runner,
            sessions=sessions,
            sign_in=sign_in,
            origins=local if url is None else (origin_of(url),),
            pages=PAGES,
            searches=RateLimit(_SEARCHES_A_MINUTE),
            remembered=Remembered(_REMEMBERED_SECONDS),
            background=background,
            secret=_sealing_secret(settings),
            is_beside_services=beside,
        )
        return application(console)

    proxies = settings.console_trusted_proxies
    names = {"setting": setting, "host_setting": "TIS_ESR_CONSOLE_HOST"}
    async with served(made, host, port, proxies=proxies, **names) as taken:
        try:
            yield f"http://{host}:{taken}"
        finally:
            await background.close()


def origin_of(url: str) -> str:
    """Return the origin of an address as browsers send it, however it was written: in small letters, without a usual port."""
    scheme, _, host = url.lower().partition("://")
    return f"{scheme}://{host.removesuffix(':443' if scheme == 'https' else ':80')}"


def opened_for_each(settings: Settings) -> OpenRunner:
    """Return what opens a state file for one act at a time, so that other processes can write to it meanwhile.

    It raises UnusableStateError while the file is missing: a new, empty one would look as if nothing had happened.
    """
    one_at_a_time = asyncio.Lock()

    @asynccontextmanager
    async def opened() -> AsyncIterator[Runner]:
        async with one_at_a_time:
            await asyncio.to_thread(_refuse_missing, settings)
            async with engine_for_operation(_hasty(settings), settings.state) as runner:
                yield runner

    return opened


def _refuse_missing(settings: Settings) -> None:
    reader_of(settings, settings.state).close()


def _sealing_secret(settings: Settings) -> str:
    """Return the secret of an installation: that of the OIDC client, which all its processes have; else one of this process."""
    return secret_text(settings.console_oidc_client_secret) or new_secret()


def _always(runner: Runner) -> OpenRunner:
    """Return what gives the engine that the process has open."""

    @asynccontextmanager
    async def kept() -> AsyncIterator[Runner]:
        yield runner

    return kept


def _hasty(settings: Settings) -> Settings:
    return settings.model_copy(update={"patience_seconds": _PATIENCE})


def _lifetimes(settings: Settings) -> Lifetimes:
    return Lifetimes(
        idle=timedelta(minutes=settings.console_idle_minutes),
        at_most=timedelta(hours=settings.console_session_hours),
    )


def _mapping(settings: Settings) -> ClaimMapping:
    names = {Role(name): values for name, values in settings.console_roles.items()}
    return ClaimMapping(
        settings.console_roles_claim, settings.console_offices_claim, names, settings.console_trusts_claim
    )
