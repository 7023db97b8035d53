"""Serves an ASGI application over HTTP by uvicorn for as long as a block lasts, with limits on slow clients."""

import asyncio
import errno
import math
import socket
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final

from uvicorn import Config, Server
from uvicorn.protocols.http.h11_impl import H11Protocol

from tis_esr.errors import Exit, TisEsrError

HEAD_SECONDS: Final = 10.0
"""For the head of a request, also of the next one on a connection that is kept alive."""
MOST: Final = 100
"""Connections at once."""
_DRAIN_SECONDS: Final = 3


class PortUnusableError(TisEsrError, OSError):
    """The port is in use, or the address can't be used. ``setting`` names another port, ``host_setting`` another address."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, host: str, port: int, error: OSError, setting: str, host_setting: str) -> None:
        if error.errno == errno.EADDRINUSE:
            said = f"is in use; set another {setting} (0 picks a free port)"
        else:
            said = f"can't be used ({type(error).__name__}); check {host_setting} and {setting}"
        super().__init__(f"{host}:{port} {said}")
        self.host, self.port = host, port


class _Connections:
    """Closes connections on which no request arrives in time. At most ``most`` are open: one more closes the oldest.

    Those that have waited longest for a request, or for their client to read, are closed first, so that slow clients,
    however many, never block others. A client that still reads its answer has the same time again.
    """

    def __init__(self, most: int, seconds: float) -> None:
        self._most, self._seconds = most, seconds
        self._open: dict[H11Protocol, asyncio.TimerHandle | None] = {}

    def opened(self, connection: H11Protocol) -> None:
        while len(self._open) >= self._most:
            idle = (one for one, timer in self._open.items() if timer is not None)
            self._abort(next(idle, next(iter(self._open))))
        self.waits(connection)

    def waits(self, connection: H11Protocol) -> None:
        self.goes_on(connection)
        self._limit(connection, math.inf)

    def goes_on(self, connection: H11Protocol) -> None:
        if timer := self._open.get(connection):
            timer.cancel()
            self._open[connection] = None

    def lost(self, connection: H11Protocol) -> None:
        if timer := self._open.pop(connection, None):
            timer.cancel()

    def _limit(self, connection: H11Protocol, unread: float) -> None:
        later = connection.loop.call_later(self._seconds, self._late, connection, unread)
        self._open.pop(connection, None)  # to the end: those before it have waited longer
        self._open[connection] = later

    def _late(self, connection: H11Protocol, before: float) -> None:
        """Close a connection, unless less of its answer is unread than ``before``."""
        unread = _unread(connection)
        if 0 < unread < before:
            self._limit(connection, unread)
        else:
            self._abort(connection)

    def _abort(self, connection: H11Protocol) -> None:
        self.lost(connection)
        connection.transport.abort()


def _unread(connection: H11Protocol) -> int:
    """Return how many bytes of its answer wait to be read by the client."""
    return connection.transport.get_write_buffer_size()


def _protocol(connections: _Connections) -> type[H11Protocol]:
    """Return uvicorn's protocol with limits on the number of connections, and on the time that a request's head takes."""

    class LimitedProtocol(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            connections.opened(self)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._if_asked()

        def on_response_complete(self) -> None:
            if not self.transport.is_closing():
                connections.waits(self)
            super().on_response_complete()
            self._if_asked()

        def _if_asked(self) -> None:
            if self.cycle is not None and not self.cycle.response_complete:
                connections.goes_on(self)

        def connection_lost(self, exc: Exception | None) -> None:
            connections.lost(self)
            super().connection_lost(exc)

    return LimitedProtocol


class _Server(Server):
    """uvicorn's server within a program that handles its own signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def served(
    make: Callable[[int], Any],
    host: str,
    port: int,
    *,
    setting: str,
    host_setting: str = "the address",
    proxies: Sequence[str] = (),
) -> AsyncIterator[int]:
    """Serve the ASGI application made for a port; yields the port, a free one for 0. Raises PortUnusableError.

    At the end requests in progress may take three seconds to finish. Only from ``proxies`` (addresses or networks)
    a client's address and scheme are taken from ``X-Forwarded-For`` and ``-Proto``. No request is logged: an address
    may hold what somebody searched for.
    """
    listening = _bound(host, port, setting, host_setting)
    taken = int(listening.getsockname()[1])
    config = Config(
        make(taken),
        http=_protocol(_Connections(MOST, HEAD_SECONDS)),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        timeout_keep_alive=5,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
    server = Server(config)
    # Its serve() would take the program's signals away from it.
    serving = asyncio.create_task(server._serve([listening]), name="http server")
    try:
        yield taken
    finally:
        server.should_exit = True
        await serving
        listening.close()


def refuse_unusable(host: str, port: int, setting: str, host_setting: str = "the address") -> None:
    """Raise PortUnusableError if nothing can listen there at the moment."""
    _bound(host, port, setting, host_setting).close()


def _bound(host: str, port: int, setting: str, host_setting: str) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(128)
        except OSError:
            listening.close()
            raise
    except OSError as error:
        raise PortUnusableError(host, port, error, setting, host_setting) from error
    return listening
