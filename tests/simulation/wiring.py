"""The one place that knows how the product is opened up for the simulation: the wire to TCS, and clocks."""

import contextlib
import logging
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from types import TracebackType
from typing import Any, Self

import structlog
from tests.simulation.loop import START, SimLoop
from tests.simulation.tcs import TIMEOUT_SECONDS, NoAnswer, NotSent, SimTcs

from tis_esr.tcs.breaker import Breaker
from tis_esr.tcs.client import Tcs, TcsSettings
from tis_esr.tcs.errors import TcsUnavailable
from tis_esr.tcs.simulator import absences, people
from tis_esr.tcs.tokens import NoToken
from tis_esr.tcs.transport import Endpoint, Transport, _broken_off

URL = "http://tcs.example/tcs"
BEGIN = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
"""What the right clock shows when a run begins."""


class _SimTransport(Transport):
    """The product's transport, whose calls go to the simulated TCS."""

    def __init__(self, server: SimTcs, settings: TcsSettings, breaker: Breaker) -> None:
        super().__init__(settings, NoToken(), breaker)
        self._server = server

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    async def _exchange(
        self, endpoint: Endpoint, path: str, body: bytes | None, login: Mapping[str, str]
    ) -> tuple[int, Mapping[str, str], bytes]:
        try:
            reply = await self._server.send(endpoint.method, URL + path, body, login)
        except NotSent as error:
            raise TcsUnavailable(endpoint.method, endpoint.path, f"found no TCS ({error})") from error
        except NoAnswer as error:
            raise _broken_off(endpoint, f"was broken off ({error})") from error
        return reply.status, reply.headers, reply.content


def client(server: SimTcs, loop: SimLoop) -> Tcs:
    """Return a client of the simulated TCS, with its own breaker on the virtual clock."""
    settings = TcsSettings(base_url=URL, timeout_seconds=TIMEOUT_SECONDS)
    breaker = Breaker(clock=loop.time)
    tcs = Tcs(settings, NoToken(), breaker)
    tcs._transport = _SimTransport(server, settings, breaker)
    return tcs


@contextlib.contextmanager
def virtual_clocks(loop: SimLoop) -> Iterator[None]:
    """Have libraries and the simulated TCS read the loop's time."""
    before = time.monotonic, time.time, absences.datetime, people.datetime

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            moment = BEGIN + timedelta(seconds=loop.time() - START)
            return moment if tz is not None else moment.replace(tzinfo=None)

    time.monotonic = loop.time
    time.time = lambda: BEGIN.timestamp() + loop.time() - START
    absences.datetime = people.datetime = Clock  # type: ignore[misc,attr-defined]
    try:
        yield
    finally:
        time.monotonic, time.time, absences.datetime, people.datetime = before  # type: ignore[misc,attr-defined]


def silent() -> None:
    """Log nothing: a run's story is its trace."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
