"""A TCS that answers what a test tells it to, over loopback, and remembers what it was asked."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from tis_esr.tcs.breaker import Breaker
from tis_esr.tcs.client import Tcs, TcsSettings
from tis_esr.tcs.tokens import TokenSource


@dataclass(frozen=True)
class Reply:
    """One answer. ``hangs`` never comes, ``breaks`` closes the connection instead."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    hangs: bool = False
    breaks: bool = False

    def bytes(self) -> bytes:
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else msgspec.json.encode(self.body)


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: Any
    headers: Mapping[str, str]


class ScriptedTcs:
    """Gives its replies in order; the last one again and again."""

    def __init__(self, replies: tuple[Reply, ...]) -> None:
        self.replies = list(replies)
        self.requests: list[Request] = []
        self.at_once = 0
        self.asked = asyncio.Event()
        self.over = asyncio.Event()
        self._now = 0

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.requests]

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self._now += 1
        self.at_once = max(self.at_once, self._now)
        try:
            return await self._answer(request)
        finally:
            self._now -= 1

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        content = await request.read()
        body = msgspec.json.decode(content) if content.startswith(b"{") else content.decode()
        self.requests.append(Request(request.method, request.raw_path, body, request.headers))
        self.asked.set()
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if reply.hangs:
            await self.over.wait()
        if reply.breaks and request.transport:
            request.transport.abort()
        return web.Response(body=reply.bytes(), status=reply.status, headers=reply.headers)


@asynccontextmanager
async def served(*replies: Reply) -> AsyncIterator[tuple[ScriptedTcs, str]]:
    """Serve the replies; yields the script and its URL without a path."""
    script = ScriptedTcs(replies)
    runner = web.ServerRunner(web.Server(script.answer), shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    try:
        yield script, f"http://127.0.0.1:{port}"
    finally:
        script.over.set()
        await runner.cleanup()


@asynccontextmanager
async def asking(
    *replies: Reply, token: TokenSource | None = None, breaker: Breaker | None = None, **settings: Any
) -> AsyncIterator[tuple[Tcs, ScriptedTcs]]:
    """A client of a TCS that gives these replies. Waits between attempts are a millisecond."""
    async with served(*replies) as (script, url):
        chosen = TcsSettings(f"{url}/tcs", **{"first_wait_seconds": 0.001, **settings})
        async with Tcs(chosen, token, breaker) as tcs:
            yield tcs, script
