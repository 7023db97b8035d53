"""One call to TCS: sent in its turn, retried if that is safe, and its outcome classified.

HTTP is visible only here and below: callers get DTOs and ``TcsError``.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple, TypeVar

import msgspec
import structlog

from tis_esr.tcs import tcs_errors
from tis_esr.tcs.breaker import Breaker
from tis_esr.tcs.call_spans import call_span
from tis_esr.tcs.deadline_clock import DeadlineClock
from tis_esr.tcs.dto_reading import Readings, Shape
from tis_esr.tcs.endpoints import CHECK, CHECK_PATH, Endpoint
from tis_esr.tcs.load_control import LoadControl
from tis_esr.tcs.replies import Answer, answer_of, unanswered
from tis_esr.tcs.retries import rounds, worth_repeating
from tis_esr.tcs.slots import Slots, Urgency
from tis_esr.tcs.tcs_errors import TcsError, TcsServerError, TcsUnavailableError, TcsUncertainError
from tis_esr.tcs.tcs_settings import TcsSettings
from tis_esr.tcs.tokens import TokenSource
from tis_esr.tcs.wire import NoAnswerError, NotSentError, Reply, Wire

T = TypeVar("T")
log = structlog.get_logger(__name__)

CHECK_SECONDS: Final = 10.0
_LIST: Final = Shape(list[msgspec.Raw], "a list")
_SLOW_SECONDS: Final = 0.5


class Counted(NamedTuple):
    """How calls are counted: ``outcome`` is ``ok``, an error's, or ``repeated`` for an attempt."""

    method: str
    path: str
    outcome: str


class Call(NamedTuple):
    """One call: ``path`` is encoded already, ``send_by`` a time of the transport's clock.

    ``is_trial``: the only call that an open circuit breaker allows, to find out whether TCS is available again.
    ``resends`` counts the attempts before this one.
    """

    endpoint: Endpoint
    path: str
    body: bytes | None = None
    send_by: float | None = None
    is_trial: bool = False
    resends: int = 0

    @property
    def urgency(self) -> Urgency:
        """See Urgency."""
        if self.send_by is None:
            return Urgency.NO_DEADLINE
        return Urgency.WRITE if self.endpoint.writes else Urgency.READ_FOR_WRITE


class Transport:
    """Sends calls over a wire. ``stats`` counts them."""

    def __init__(self, settings: TcsSettings, token: TokenSource, breaker: Breaker, wire: Wire) -> None:
        self._settings = settings
        self._token = token
        self._breaker = breaker
        self._wire = wire
        self._readings = Readings()
        self._denied: set[Endpoint] = set()
        self._has_answered = False
        self._since: dict[object, float] = {}
        self.clock = DeadlineClock()
        self.slots = Slots(LoadControl(settings.concurrency))
        self.stats: Counter[Counted] = Counter()

    @property
    def breaker_state(self) -> str:
        """See Breaker.state."""
        return self._breaker.state

    @property
    def is_refusing(self) -> bool:
        """See Breaker.is_refusing."""
        return self._breaker.is_refusing

    async def open(self) -> None:
        """Make ready for calls."""
        await self._wire.open()

    async def close(self) -> None:
        """Close all connections."""
        await self._wire.close()

    async def call(
        self,
        endpoint: Endpoint,
        path: str,
        shape: Shape[T],
        body: bytes | None = None,
        *,
        send_by: float | None = None,
    ) -> Answer[T]:
        """Send a call; ``path`` is encoded already.

        Raises the ``TcsError`` of its outcome. It is not sent after ``send_by``: raises ``TcsNotSentError``. A write
        that is cancelled may still take effect: the caller must treat it as ``TcsUncertainError``.
        """
        call = Call(endpoint, path, body, send_by, is_trial=self._admit(endpoint))
        return await self._judged(call, shape)

    @property
    def is_slow(self) -> bool:
        """Return whether the longest call in flight is slow."""
        if not self._since:
            return False
        return asyncio.get_running_loop().time() - next(iter(self._since.values())) >= _SLOW_SECONDS

    async def _judged(self, call: Call, shape: Shape[T]) -> Answer[T]:
        """Make a call, and record its outcome for the breaker and the load control."""
        endpoint = call.endpoint
        try:
            answer = await self._repeatedly(call, shape)
        except (tcs_errors.TcsNotAskedError, tcs_errors.TcsNotSentError) as error:
            self._count(error, error.outcome)
            self._abandoned(call)
            raise
        except tcs_errors.TcsAccessError as error:
            self._refused_us(endpoint, error)
            raise
        except TcsServerError as error:
            await self._examine(call, error)
            raise
        except TcsUncertainError as error:
            if error.status == 500:
                await self._examine(call, error)
                raise _suspect(error) from error
            self._failed(error)
            raise
        except TcsUnavailableError as error:
            self._failed(error)
            raise
        except TcsError as error:
            self._ended(endpoint, error.outcome)
            raise
        except BaseException:
            self._abandoned(call)
            raise
        if self._denied:
            self._denied.discard(endpoint)
        self._ended(endpoint, "ok")
        return answer

    async def find(
        self,
        endpoint: Endpoint,
        path: str,
        shape: Shape[T],
        body: bytes | None = None,
        *,
        send_by: float | None = None,
    ) -> Answer[T] | None:
        """As ``call``, but None when TCS has no such record."""
        try:
            return await self.call(endpoint, path, shape, body, send_by=send_by)
        except tcs_errors.TcsNotFoundError:
            return None

    async def check(self) -> None:
        """Raise NotTcsError if something other than TCS responds, unless TCS has responded before.

        An unavailable TCS, or a denial of access, is not a finding, because it is transient.
        """
        if self._has_answered:
            return
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                async for attempt in rounds(
                    self._settings, lambda e: isinstance(e, tcs_errors.TcsUnreadableError)
                ):
                    with attempt:
                        await self._attempt(Call(CHECK, CHECK_PATH), _LIST)
        except TimeoutError:
            return
        except tcs_errors.TcsUnreadableError as error:
            raise tcs_errors.NotTcsError(self._settings.root, error.happened) from error
        except tcs_errors.TcsRefusedError as error:
            if error.reason is None:
                raise tcs_errors.NotTcsError(self._settings.root, error.happened) from error
        except TcsError:
            return

    def _admit(self, endpoint: Endpoint) -> bool:
        """Raise TcsNotAskedError while nothing may be sent; return whether this call is the breaker's trial."""
        if wait := self._breaker.admit():
            self._count(endpoint, tcs_errors.TcsNotAskedError.outcome)
            raise _not_asked(endpoint, wait)
        return self._breaker.state == "half-open"

    def _count(self, endpoint: Endpoint | TcsError, outcome: str) -> None:
        self.stats[Counted(endpoint.method, endpoint.path, outcome)] += 1

    def _ended(self, endpoint: Endpoint, outcome: str) -> None:
        self._count(endpoint, outcome)
        if self._breaker.state != "closed":
            log.info("tcs.recovered")
        self._breaker.succeeded()

    def _failed(self, error: TcsUnavailableError) -> None:
        self._count(error, error.outcome)
        before = self._breaker.state
        self._breaker.failed(error.retry_after)
        if before == "closed" and self._breaker.state == "open":
            log.warning("tcs.paused", endpoint=error.path, status=error.status, happened=error.happened)

    def _abandoned(self, call: Call) -> None:
        if call.is_trial:
            self._breaker.abandoned()

    def _refused_us(self, endpoint: Endpoint, error: tcs_errors.TcsAccessError) -> None:
        """Log once for each endpoint that our user lacks a permission; TCS itself is available."""
        if endpoint not in self._denied:
            self._denied.add(endpoint)
            log.warning(
                "tcs.access_denied",
                endpoint=f"{error.method} {error.path}",
                status=error.status,
                permission=error.permission,
            )
        self._ended(endpoint, error.outcome)

    async def _examine(self, call: Call, error: TcsServerError | TcsUncertainError) -> None:
        """Send TCS a harmless request: only if it responds, the failed record is suspect.

        Otherwise a record that TCS can't process could keep the breaker open, and a failing TCS could make every record
        suspect. Raises the error if TCS does not respond.
        """
        try:
            await self._attempt(Call(CHECK, CHECK_PATH, is_trial=call.is_trial), _LIST)
        except TcsError:
            trouble = error if isinstance(error, TcsUncertainError) else _trouble(error)
            self._failed(trouble)
            raise trouble from None
        except BaseException:
            self._abandoned(call)
            raise
        self._count(error, error.outcome)
        self._breaker.succeeded()

    def _worth(self, error: Exception) -> bool | float:
        return False if self._breaker.state == "open" else worth_repeating(error)

    async def _repeatedly(self, call: Call, shape: Shape[T]) -> Answer[T]:
        """Make the attempts of a call; retries are set up only when the first has failed."""
        began = asyncio.get_running_loop().time()
        try:
            return await self._attempt(call, shape)
        except TcsError as error:
            if self._worth(error) is False:
                raise
            failed = error
        spent = asyncio.get_running_loop().time() - began
        async for attempt in rounds(self._settings, self._worth, spent=spent):
            with attempt:
                if attempt.num == 1:
                    raise failed
                self._count(call.endpoint, "repeated")
                return await self._attempt(call._replace(resends=attempt.num - 1), shape)
        raise AssertionError("the last attempt returns or raises")

    async def _attempt(self, call: Call, shape: Shape[T]) -> Answer[T]:
        reply = await self._send(call)
        answer = answer_of(call.endpoint, reply, shape, self._readings)
        self._has_answered = True
        return answer

    async def _send(self, call: Call) -> Reply:
        """Return the reply; log in again once if TCS responds with 401."""
        before = await self.slots.enter(call.urgency)
        mark = object()
        self._since[mark] = asyncio.get_running_loop().time()
        try:
            if not call.is_trial and self._breaker.state != "closed":
                raise _not_asked(call.endpoint, self._breaker.wait)
            login = await self._token.headers()
            reply = await self._exchange(call, login, before)
            if reply.status == 401 and await self._token.renewed(login):
                reply = await self._exchange(call, await self._token.headers(), before)
            return reply
        finally:
            del self._since[mark]
            self.slots.leave()

    async def _exchange(self, call: Call, login: Mapping[str, str], before: int) -> Reply:
        """Pass a request to the wire, in the same step in which its deadline is checked.

        ``before`` is how many calls waited before it.
        """
        endpoint, url = call.endpoint, self._settings.root + call.path
        headers = login if call.body is None else {**login, "Content-Type": "application/json"}
        began = asyncio.get_running_loop().time()
        if call.send_by is not None and self.clock.time() >= call.send_by:
            raise tcs_errors.TcsNotSentError(endpoint.method, endpoint.path, before, self.slots.control.limit)
        try:
            with call_span(self._settings.root, endpoint, call.resends) as span:
                reply = await self._wire.send(endpoint.method, url, call.body, span.propagated(headers))
                span.answered(reply.status)
        except NotSentError as error:
            self._judge(call, began, failed=True)
            raise TcsUnavailableError(endpoint.method, endpoint.path, error.reason) from error
        except NoAnswerError as error:
            self._judge(call, began, failed=True)
            raise unanswered(endpoint, error) from error
        self._judge(call, began, failed=reply.status in (408, 429) or reply.status >= 500)
        return reply

    def _judge(self, call: Call, began: float, *, failed: bool) -> None:
        now = asyncio.get_running_loop().time()
        self.slots.control.answered(call.endpoint.path, began, now, failed=failed)


def _not_asked(endpoint: Endpoint, wait: float) -> tcs_errors.TcsNotAskedError:
    told = f"was not sent, because TCS failed many times in a row; next trial in {wait:.1f} s"
    return tcs_errors.TcsNotAskedError(endpoint.method, endpoint.path, told, retry_after=wait)


def _trouble(error: TcsServerError) -> TcsUnavailableError:
    return TcsUnavailableError(error.method, error.path, error.happened, status=error.status)


def _suspect(error: TcsUncertainError) -> TcsUncertainError:
    return TcsUncertainError(
        error.method, error.path, error.happened, may_arrive=False, status=error.status, suspect=True
    )
