"""A wire that ends in the test: it answers what it is told to, and remembers what was sent."""

import asyncio
from collections.abc import Mapping
from typing import Any

import msgspec

from tis_esr.tcs.breaker import Breaker
from tis_esr.tcs.client import Tcs, TcsSettings
from tis_esr.tcs.tokens import TokenSource
from tis_esr.tcs.wire import Reply

URL = "http://tcs.example/tcs"
NOTHING = object()


class InProcess:
    """Gives its ends in order, the last one again and again: a reply, or an exception to raise.

    While ``gate`` is not set, calls are in flight.
    """

    def __init__(self, *ends: Reply | Exception) -> None:
        self.ends = list(ends)
        self.sent: list[tuple[str, str]] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        self.sent.append((method, url.removeprefix(URL)))
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            await self.gate.wait()
        finally:
            self.in_flight -= 1
        end = self.ends.pop(0) if len(self.ends) > 1 else self.ends[0]
        if isinstance(end, Exception):
            raise end
        return end


def replied(status: int, content: object = NOTHING, **headers: str) -> Reply:
    """Return a reply with JSON; bytes are sent as they are."""
    body = (
        content if isinstance(content, bytes) else b"" if content is NOTHING else msgspec.json.encode(content)
    )
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def asking(
    wire: InProcess, token: TokenSource | None = None, breaker: Breaker | None = None, **settings: Any
) -> Tcs:
    """Return a client over the wire. Waits between attempts are a millisecond."""
    chosen = TcsSettings(URL, **{"first_wait_seconds": 0.001, **settings})
    return Tcs(chosen, token, breaker, wire)
