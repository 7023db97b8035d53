"""Replies of TCS and the token endpoint are bounded: in bytes after decompression, in depth, in time and in where they lead."""

import asyncio
import contextlib
import gzip
import tracemalloc
from collections.abc import AsyncIterator

import pytest
from tests.contract.scripted_tcs import Reply, asking, served

from tis_esr.tcs import http_wire
from tis_esr.tcs.client import TcsSettings
from tis_esr.tcs.tcs_errors import TcsError, TcsUnavailableError, TcsUncertainError, TcsUnreadableError
from tis_esr.tcs.tokens import OidcClientCredentials
from tis_esr.tcs.wire import NoAnswerError

MB = 2**20
DEEP = b'{"id":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
DEEP_ERROR = b'{"message":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


async def test_a_reply_that_grows_by_decompression_is_given_up_soon_and_is_tcs_s_trouble() -> None:
    reply = Reply(gzip.compress(b" " * (200 * MB), 1), headers={"Content-Encoding": "gzip"})
    async with asking(reply, attempts=1) as (tcs, _):
        tracemalloc.start()
        with pytest.raises(TcsUnavailableError, match=r"answered with more than 32 MB|was disconnected"):
            await tcs.post(1)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 130 * MB


async def test_a_write_whose_reply_is_too_large_is_uncertain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_wire, "MOST_BYTES", MB)
    async with asking(Reply(b" " * (2 * MB)), attempts=1) as (tcs, _):
        with pytest.raises(TcsUncertainError):
            await tcs.create_absence({"personId": 1})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (DEEP, 200),
        ('{"id": 1, "nationalPostNumber": "Añon"}'.encode("latin-1"), 200),
        (b"\x00\xff\xfe", 200),
    ],
)
async def test_an_answer_that_is_deep_or_not_utf_8_is_tcs_s_trouble_and_no_records(
    body: bytes, status: int
) -> None:
    async with asking(Reply(body, status=status), attempts=1) as (tcs, _):
        with pytest.raises(TcsUnreadableError):
            await tcs.post(1)


@pytest.mark.parametrize("body", [DEEP_ERROR, '{"message": "Añon"}'.encode("latin-1"), b"\xff"])
@pytest.mark.parametrize("status", [400, 401, 403, 409, 500])
async def test_an_error_text_that_is_deep_or_not_utf_8_is_still_one_of_tcs_s_errors(
    body: bytes, status: int
) -> None:
    async with asking(Reply(body, status=status), attempts=1) as (tcs, _):
        with pytest.raises(TcsError):
            await tcs.post(1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_of_the_token_endpoint_is_never_followed(status: int) -> None:
    async with (
        served(Reply({"access_token": "stolen"})) as (thief, elsewhere),
        served(Reply(status=status, headers={"Location": f"{elsewhere}/token"})) as (_, url),
    ):
        with pytest.raises(TcsUnavailableError, match=f"answered {status}"):
            await OidcClientCredentials(f"{url}/token", "tis-esr", "s3cret").headers()
    assert thief.requests == []


@pytest.mark.parametrize(
    "body",
    [b" " * MB, DEEP, b"\xff", {"access_token": "a\r\nX-Header: b"}, {"access_token": "Añon"}, {}],
    ids=["large", "deep", "not UTF-8", "with a line end", "not ASCII", "none"],
)
async def test_what_is_no_token_is_the_endpoint_s_trouble(body: object) -> None:
    async with served(Reply(body)) as (_, url):
        with pytest.raises(TcsUnavailableError, match="token endpoint"):
            await OidcClientCredentials(f"{url}/token", "tis-esr", "s3cret").headers()


@contextlib.asynccontextmanager
async def endless(piece: bytes, pause: float) -> AsyncIterator[tuple[http_wire.HttpWire, str]]:
    """Serve replies without an end, in pieces; yields a wire and the address to ask."""

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                await writer.drain()
                await asyncio.sleep(pause)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/tcs"
    wire = http_wire.HttpWire(TcsSettings(base_url=url, timeout_seconds=0.5 if pause else 60))
    await wire.open()
    try:
        yield wire, url
    finally:
        await wire.close()
        server.close()


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("piece", "pause", "told"),
    [(b" ", 0.01, r"timed out after 0\.5 s"), (b" " * 65536, 0.0, "answered with more than 32 MB")],
)
async def test_a_reply_that_never_ends_is_given_up(piece: bytes, pause: float, told: str) -> None:
    async with endless(piece, pause) as (wire, url):
        with pytest.raises(NoAnswerError, match=told):
            await wire.send("GET", url, None, {})
