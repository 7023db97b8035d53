"""The wire: sends one HTTP request, returns the reply, and reports whether the server may still act on it."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from tis_esr.errors import TisEsrError


class Reply(NamedTuple):
    """A server's reply."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def header(self, name: str) -> str | None:
        """Return a header by its name in any letter case."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), None)


class NotSentError(TisEsrError):
    """The request never reached the server, so it has no effect. ``reason`` has no content of the request."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoAnswerError(TisEsrError):
    """The request may have reached the server, which may act on it after this is raised."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Wire(Protocol):
    """Carries requests to TCS. ``send`` begins in the step of the event loop in which it is called."""

    async def open(self) -> None:
        """Make ready for sending."""
        ...

    async def close(self) -> None:
        """Close all connections."""
        ...

    async def send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        """Send one request and return the reply; ``url`` is encoded already.

        Raises NotSentError or NoAnswerError. A request that is cancelled may still take effect.
        """
        ...
