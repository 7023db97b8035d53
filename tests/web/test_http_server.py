"""The HTTP server under slow and many clients, and on ports that it can't have."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest

from tis_esr.web import http_server
from tis_esr.web.http_server import PortUnusableError, served

SLOW = {
    "nothing": b"",
    "half a line": b"GET /hea",
    "half a head": b"GET / HTTP/1.1\r\nHost: here\r\nX-Slow: ",
    "a second head": b"GET / HTTP/1.1\r\nHost: here\r\n\r\nGET / HT",
}


async def hello(scope: Any, receive: Any, send: Any) -> None:
    client = (scope.get("client") or ["?"])[0]
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
    await send({"type": "http.response.body", "body": client.encode().ljust(9)})


@asynccontextmanager
async def serving(**more: Any) -> AsyncIterator[int]:
    async with served(lambda _: hello, "127.0.0.1", 0, setting="--port", **more) as port:
        yield port


async def get(port: int, **headers: str) -> str:
    url = f"http://127.0.0.1:{port}/"
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
        return (await answer.text()).strip()


@pytest.mark.parametrize("kind", SLOW)
async def test_under_200_slow_clients_others_are_answered_at_once(kind: str) -> None:
    async with serving() as port, AsyncExitStack() as stack:
        for _ in range(200):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
            with contextlib.suppress(ConnectionError):
                writer.write(SLOW[kind])
                await writer.drain()
        async with asyncio.timeout(5):
            assert await get(port) == "127.0.0.1"


@pytest.mark.parametrize("kind", SLOW)
async def test_a_connection_on_which_no_request_arrives_is_closed(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "HEAD_SECONDS", 0.1)
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(SLOW[kind])
        async with asyncio.timeout(3):
            with contextlib.suppress(ConnectionResetError):
                await reader.read()
        writer.close()


async def test_a_port_in_use_is_named_with_what_to_do() -> None:
    async with serving() as port:
        with pytest.raises(PortUnusableError) as caught:
            async with served(lambda _: hello, "127.0.0.1", port, setting="--port"):
                pass
    assert str(caught.value) == (f"127.0.0.1:{port} is in use; set another --port (0 picks a free port)")


async def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(PortUnusableError, match=r"192\.0\.2\.1:0 can't be used"):
        async with served(lambda _: hello, "192.0.2.1", 0, setting="--port"):
            pass


async def test_whom_a_request_is_for_is_believed_of_trusted_proxies_alone() -> None:
    async with serving() as port:
        assert await get(port, **{"X-Forwarded-For": "8.8.8.8"}) == "127.0.0.1"
    async with serving(proxies=("127.0.0.1",)) as port:
        assert await get(port, **{"X-Forwarded-For": "8.8.8.8"}) == "8.8.8.8"


async def test_it_ends_while_a_client_is_connected() -> None:
    async with asyncio.timeout(8):
        async with serving() as port:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()


LONG = 60_000_000


async def a_long_answer(_: Any, __: Any, send: Any) -> None:
    head = [(b"content-length", str(LONG).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": b"x" * LONG})


async def read_slowly(reader: asyncio.StreamReader) -> int:
    """Return how many bytes of an answer arrive at a client that takes its time."""
    got = 0
    while got < LONG and (part := await reader.read(1_000_000)):
        got += len(part)
        await asyncio.sleep(0.02)
    return got


async def test_a_long_answer_arrives_whole_at_a_slow_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "HEAD_SECONDS", 0.5)
    async with served(lambda _: a_long_answer, "127.0.0.1", 0, setting="--port") as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=500_000)
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        assert (head[:15], await read_slowly(reader)) == (b"HTTP/1.1 200 OK", LONG)
        writer.close()


async def test_a_client_that_reads_no_more_of_its_answer_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_server, "HEAD_SECONDS", 0.5)
    async with served(lambda _: a_long_answer, "127.0.0.1", 0, setting="--port") as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1000)
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        await asyncio.sleep(1.5)
        with contextlib.suppress(ConnectionError):
            assert await read_slowly(reader) < LONG
        writer.close()


async def test_a_request_that_came_with_the_one_before_may_take_its_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(0.6)
        await hello(scope, receive, send)

    monkeypatch.setattr(http_server, "HEAD_SECONDS", 0.3)
    async with served(lambda _: slow, "127.0.0.1", 0, setting="--port") as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n" * 2)
        for _ in range(2):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
            assert await reader.readexactly(9) == b"127.0.0.1"
        writer.close()
