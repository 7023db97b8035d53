"""One call to TCS: sent, repeated where that is safe, and its end told apart.

All that a caller needs to know about HTTP ends here: above it there are DTOs and ``TcsError``.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Generic, NamedTuple, NoReturn, Self, TypeVar

import aiohttp
import msgspec
import structlog
from yarl import URL

from tis_esr.tcs import errors
from tis_esr.tcs.breaker import Breaker
from tis_esr.tcs.errors import TcsError, TcsServerError, TcsUnavailable, TcsUncertain, TcsUnreadable
from tis_esr.tcs.reading import Shape
from tis_esr.tcs.retries import rounds, seconds_of_retry_after, worth_repeating
from tis_esr.tcs.settings import TcsSettings
from tis_esr.tcs.tokens import TokenSource

T = TypeVar("T")
log = structlog.get_logger(__name__)

CONNECT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint of TCS: ``path`` is its template.

    ``may_miss``: 404 is one of its answers. ``appends``: calling it twice stores twice.
    """

    method: str
    path: str
    may_miss: bool = False
    appends: bool = False


class Answer(NamedTuple, Generic[T]):
    """What TCS answered."""

    value: T
    headers: Mapping[str, str]


class Counted(NamedTuple):
    """How calls are counted: ``outcome`` is ``ok``, an error's, or ``repeated`` for an attempt."""

    method: str
    path: str
    outcome: str


CHECKUP: Final = Endpoint("GET", "/api/posts/in/{npns}")
CHECKUP_PATH: Final = "/api/posts/in/TIS-ESR-CHECKUP"
_ANY: Final = Shape(list[msgspec.Raw], "a list")


class Transport:
    """Sends calls over one pool of connections. ``stats`` counts them."""

    def __init__(self, settings: TcsSettings, token: TokenSource, breaker: Breaker) -> None:
        self._settings = settings
        self._root = settings.root
        self._token = token
        self._breaker = breaker
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._session: aiohttp.ClientSession | None = None
        self.stats: Counter[Counted] = Counter()

    @property
    def breaker_state(self) -> str:
        """See Breaker.state."""
        return self._breaker.state

    async def __aenter__(self) -> Self:
        seconds = self._settings.timeout_seconds
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._settings.concurrency),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=min(CONNECT_SECONDS, seconds)),
            headers={"Accept": "application/json", "User-Agent": "tis-esr"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session:
            await self._session.close()
            self._session = None

    async def call(
        self, endpoint: Endpoint, path: str, shape: Shape[T], body: bytes | None = None
    ) -> Answer[T]:
        """Send a call; ``path`` is encoded already. Raises the ``TcsError`` that fits its end."""
        self._admit(endpoint)
        try:
            answer = await self._repeatedly(endpoint, path, shape, body)
        except TcsUnavailable as error:
            self._failed(error)
            raise
        except TcsServerError as error:
            await self._examine(error)
            raise
        except TcsError as error:
            self._ended(endpoint, error.outcome)
            raise
        except BaseException:
            self._breaker.abandoned()
            raise
        self._ended(endpoint, "ok")
        return answer

    async def find(
        self, endpoint: Endpoint, path: str, shape: Shape[T], body: bytes | None = None
    ) -> Answer[T] | None:
        """As ``call``, but None when TCS has no such record."""
        try:
            return await self.call(endpoint, path, shape, body)
        except errors.TcsNotFound:
            return None

    def _admit(self, endpoint: Endpoint) -> None:
        if wait := self._breaker.admit():
            self._count(endpoint, errors.TcsNotAsked.outcome)
            told = f"was not sent, because TCS failed many times in a row; next trial in {wait:.1f} s"
            raise errors.TcsNotAsked(endpoint.method, endpoint.path, told, retry_after=wait)

    def _count(self, endpoint: Endpoint | TcsError, outcome: str) -> None:
        self.stats[Counted(endpoint.method, endpoint.path, outcome)] += 1

    def _ended(self, endpoint: Endpoint, outcome: str) -> None:
        self._count(endpoint, outcome)
        if self._breaker.state != "closed":
            log.info("tcs.answers_again")
        self._breaker.succeeded()

    def _failed(self, error: TcsUnavailable) -> None:
        self._count(error, error.outcome)
        before = self._breaker.state
        self._breaker.failed(error.retry_after)
        if before == "closed" and self._breaker.state == "open":
            log.warning("tcs.paused", endpoint=error.path, status=error.status, happened=error.happened)

    async def _examine(self, error: TcsServerError) -> None:
        """Ask TCS something harmless: only if it answers that, the failed record is the suspect.

        Without this a record that TCS can't digest could keep the breaker open, and a TCS in trouble
        could make every record suspect.
        """
        try:
            await self._attempt(CHECKUP, CHECKUP_PATH, _ANY, None)
        except TcsError:
            trouble = TcsUnavailable(error.method, error.path, error.happened, status=error.status)
            self._failed(trouble)
            raise trouble from error
        except BaseException:
            self._breaker.abandoned()
            raise
        self._count(error, error.outcome)
        self._breaker.succeeded()

    def _worth(self, error: Exception) -> bool | float:
        return False if self._breaker.state == "open" else worth_repeating(error)

    async def _repeatedly(
        self, endpoint: Endpoint, path: str, shape: Shape[T], body: bytes | None
    ) -> Answer[T]:
        async for attempt in rounds(self._settings, self._worth):
            with attempt:
                if attempt.num > 1:
                    self._count(endpoint, "repeated")
                return await self._attempt(endpoint, path, shape, body)
        raise AssertionError("the last attempt returns or raises")

    async def _attempt(self, endpoint: Endpoint, path: str, shape: Shape[T], body: bytes | None) -> Answer[T]:
        status, headers, content = await self._send(endpoint, path, body)
        if not 200 <= status < 300:
            _raise_for(endpoint, status, headers, content)
        try:
            return Answer(shape.read(content), headers)
        except msgspec.MsgspecError as error:
            raise _strange(
                endpoint, f"answered {status}, but not with {shape.name}: {error}", status
            ) from error

    async def _send(
        self, endpoint: Endpoint, path: str, body: bytes | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Return status, headers and body; log in anew once if TCS says 401."""
        async with self._slots:
            login = await self._token.headers()
            reply = await self._exchange(endpoint, path, body, login)
            if reply[0] == 401 and await self._token.renewed(login):
                reply = await self._exchange(endpoint, path, body, await self._token.headers())
            return reply

    async def _exchange(
        self, endpoint: Endpoint, path: str, body: bytes | None, login: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        if self._session is None:
            raise RuntimeError("use the TCS client inside 'async with'")
        headers = login if body is None else {**login, "Content-Type": "application/json"}
        url = URL(self._root + path, encoded=True)
        try:
            async with self._session.request(
                endpoint.method, url, data=body, headers=headers, allow_redirects=False
            ) as response:
                return response.status, response.headers, await response.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise TcsUnavailable(
                endpoint.method, endpoint.path, f"found no TCS ({type(error).__name__})"
            ) from error
        except TimeoutError as error:
            told = f"got no answer within {self._settings.timeout_seconds:g} s"
            raise _broken_off(endpoint, told) from error
        except (aiohttp.ClientError, OSError) as error:
            raise _broken_off(endpoint, f"was broken off ({type(error).__name__})") from error


def _broken_off(endpoint: Endpoint, told: str) -> TcsUnavailable:
    kind = TcsUncertain if endpoint.appends else TcsUnavailable
    return kind(endpoint.method, endpoint.path, told)


def _strange(endpoint: Endpoint, told: str, status: int) -> TcsUnavailable:
    kind = TcsUncertain if endpoint.appends else TcsUnreadable
    return kind(endpoint.method, endpoint.path, told, status=status)


def _raise_for(endpoint: Endpoint, status: int, headers: Mapping[str, str], body: bytes) -> NoReturn:
    """Raise what the status means. A 404 with a body, or a redirection, comes from something before TCS."""
    method, path, told = endpoint.method, endpoint.path, f"answered {status}"
    if status in (401, 429, 503):
        wait = seconds_of_retry_after(headers.get("Retry-After"))
        raise TcsUnavailable(method, path, told, status=status, retry_after=wait)
    if status == 404 and endpoint.may_miss and not body:
        raise errors.TcsNotFound(method, path, told, status=status)
    if status == 404 or status < 400:
        raise _strange(endpoint, f"{told}, which TCS does not", status)
    if status == 409:
        raise errors.TcsConflict(method, path, told, status=status)
    if status < 500:
        reason, fields = errors.complaint(body)
        raise errors.TcsRefused(
            method, path, told, status=status, reason=reason or headers.get("X-tcsApp-error"), fields=fields
        )
    if endpoint.appends:
        raise TcsUncertain(method, path, told, status=status)
    raise TcsServerError(method, path, told, status=status)
