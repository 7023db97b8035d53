"""Clients that are slow, however many, keep nobody waiting, and their connections end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from msgspec.json import encode
from tests.web.hooks.test_s3_events import EVENT

from tis_esr.web import http_server, serving
from tis_esr.web.hooks import requests
from tis_esr.web.hooks.event_hook import S3Hook
from tis_esr.web.hooks.s3_events import FileArrived

HEAD = b"POST /events/s3 HTTP/1.1\r\nHost: here\r\n"
TOKEN = "an-invented-token"  # noqa: S105 - of nobody
SLOW = {
    "nothing": b"",
    "half a line": b"GET /hea",
    "half a head": HEAD,
    "a head without its body": HEAD + b"Content-Length: 9999\r\n\r\n{",
    "a body that is let in": HEAD
    + f"Authorization: Bearer {TOKEN}\r\nContent-Length: 9999\r\n\r\n{{".encode(),
}


async def record(_: list[FileArrived]) -> None:
    """Take them."""


async def nothing(*_: object) -> Any:
    return {}


@asynccontextmanager
async def process() -> AsyncIterator[str]:
    s3 = S3Hook(record, TOKEN, None, nothing, "esr-files")

    async def metrics() -> bytes:
        return b""

    async with serving.http(
        "127.0.0.1", 0, troubles=dict, missing=nothing, metrics=metrics, hooks=[s3]
    ) as address:
        yield address


async def connected(address: str, sent: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
    writer.write(sent)
    await writer.drain()
    return reader, writer


async def ended(reader: asyncio.StreamReader) -> bool:
    with contextlib.suppress(ConnectionResetError):
        return await reader.read() == b""
    return True


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", SLOW)
async def test_under_200_slow_clients_health_and_events_are_answered(kind: str) -> None:
    async with process() as address, AsyncExitStack() as stack:
        for _ in range(200):
            _, writer = await connected(address, SLOW[kind])
            stack.callback(writer.close)
        async with asyncio.timeout(5), aiohttp.ClientSession() as session:
            for path in ("/health/live", "/health/ready", "/metrics"):
                async with session.get(address + path) as answer:
                    assert answer.status == 200
            headers = {"Authorization": f"Bearer {TOKEN}"}
            async with session.post(f"{address}/events/s3", data=encode(EVENT), headers=headers) as answer:
                assert answer.status == 202


@pytest.mark.timeout(30)
async def test_no_more_than_100_connections_are_open_and_the_oldest_idle_one_is_closed_for_a_new_one() -> (
    None
):
    async with process() as address, AsyncExitStack() as stack:
        readers = []
        for _ in range(http_server.MOST + 1):
            reader, writer = await connected(address, SLOW["half a head"])
            stack.callback(writer.close)
            readers.append(reader)
        assert await ended(readers[0])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(readers[1].read(), 0.05)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("kind", ["nothing", "half a head"])
async def test_a_connection_without_a_request_is_closed_in_time(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "HEAD_SECONDS", 0.05)
    async with process() as address:
        reader, writer = await connected(address, SLOW[kind])
        assert await ended(reader)
        writer.close()


@pytest.mark.timeout(30)
async def test_a_kept_connection_serves_several_requests_and_ends_when_none_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_server, "HEAD_SECONDS", 0.5)
    async with process() as address:
        reader, writer = await connected(address, b"")
        for _ in range(3):
            writer.write(b"GET /health/live HTTP/1.1\r\nHost: here\r\n\r\n")
            assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 200")
            await reader.readuntil(b"}}")
        assert await ended(reader)
        writer.close()


@pytest.mark.timeout(30)
async def test_a_body_that_takes_too_long_is_answered_408(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests, "BODY_SECONDS", 0.05)
    async with process() as address:
        reader, writer = await connected(address, SLOW["a body that is let in"])
        assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 408")
        writer.close()
