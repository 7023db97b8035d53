"""Limits the connections of the HTTP server: their number, and the time until a request has arrived."""

import asyncio
from collections.abc import Callable
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

MOST: Final = 100
SECONDS: Final = 10.0
"""For the head of a request, also of the next one on a connection that is kept alive."""


class Connections:
    """Closes connections on which no request arrives in time. At most ``most`` are open: one more closes the oldest.

    Idle connections are closed first, so that slow clients, however many, never block others.
    """

    def __init__(self, most: int = MOST, seconds: float = SECONDS) -> None:
        self._most, self._seconds = most, seconds
        self._open: dict[asyncio.BaseTransport, asyncio.TimerHandle | None] = {}

    def watched(self, protocol: Callable[[], asyncio.Protocol]) -> Callable[[], asyncio.Protocol]:
        """Return a factory of protocols that delegate to ``protocol`` and are watched."""
        return lambda: _Watched(self, protocol())

    def middleware(self) -> Middleware:
        """Return the middleware that records which connections have a request in progress."""

        @web.middleware
        async def answering(request: web.Request, handler: Handler) -> web.StreamResponse:
            transport = request.transport
            if transport is not None:
                self._busy(transport)
            try:
                return await handler(request)
            finally:
                if transport in self._open:
                    self._idle(transport)

        return answering

    def opened(self, transport: asyncio.BaseTransport) -> None:
        """Record a connection."""
        while len(self._open) >= self._most:
            idle = (one for one, timer in self._open.items() if timer is not None)
            self._abort(next(idle, next(iter(self._open))))
        self._idle(transport)

    def lost(self, transport: asyncio.BaseTransport) -> None:
        """Forget a connection."""
        timer = self._open.pop(transport, None)
        if timer is not None:
            timer.cancel()

    def _busy(self, transport: asyncio.BaseTransport) -> None:
        timer = self._open.get(transport)
        if timer is not None:
            timer.cancel()
            self._open[transport] = None

    def _idle(self, transport: asyncio.BaseTransport) -> None:
        timer = asyncio.get_running_loop().call_later(self._seconds, self._abort, transport)
        self._open[transport] = timer

    def _abort(self, transport: asyncio.BaseTransport) -> None:
        self.lost(transport)
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()


class _Watched(asyncio.Protocol):
    """Delegates everything to the protocol within."""

    def __init__(self, connections: Connections, within: asyncio.Protocol) -> None:
        self._connections, self._within = connections, within
        self._transport: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._connections.opened(transport)
        self._within.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._connections.lost(self._transport)
        self._within.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._within.data_received(data)

    def eof_received(self) -> bool | None:
        return self._within.eof_received()

    def pause_writing(self) -> None:
        self._within.pause_writing()

    def resume_writing(self) -> None:
        self._within.resume_writing()
