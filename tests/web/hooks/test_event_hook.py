"""What the endpoint answers, over real HTTP."""

import builtins
import io
import os
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from msgspec.json import encode
from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from structlog.testing import capture_logs
from tests.web.hooks.test_s3_events import BRIDGED, EVENT, ONE, TWO, bridged, record
from tests.web.hooks.test_sns import TOPIC, UNFIT, Certificates, confirmation, notification, verifier
from yarl import URL

from tis_esr.engine.faults import TransientError
from tis_esr.web.hooks.event_hook import S3Hook
from tis_esr.web.hooks.s3_events import FileArrived
from tis_esr.web.http_server import served

TOKEN = "an-invented-token"  # noqa: S105 - plainly none
LET_IN = {"Authorization": f"Bearer {TOKEN}"}


class World:
    """The hook on loopback, with what was recorded and which pages of an SNS were visited."""

    def __init__(self) -> None:
        self.recorded: list[list[FileArrived]] = []
        self.visited: list[tuple[str, str]] = []
        self.fault: Exception | None = None
        self.token: str | None = TOKEN
        self.certificates: Certificates | None = Certificates()
        self.headers: dict[str, str] = {}
        self.here = URL()

    async def record(self, arrived: list[FileArrived]) -> None:
        if self.fault:
            raise self.fault
        self.recorded.append(arrived)

    async def page_of_sns(self, request: Request) -> Response:
        self.visited.append((request.method, f"{request.url.path}?{request.url.query}"))
        return Response()

    async def visit(self, url: str) -> None:
        assert url.startswith("https://sns.eu-west-2.amazonaws.com/")
        async with aiohttp.ClientSession(raise_for_status=True) as session:
            await session.get(self.here.join(URL(URL(url).path_qs)))

    async def post(self, body: object, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        sns = verifier(self.certificates) if self.certificates else None
        hook = S3Hook(self.record, self.token, sns, self.visit, "esr-files")
        app = Starlette(routes=[Route("/", self.page_of_sns), hook.route()])
        sent = body if isinstance(body, (bytes, AsyncIterator)) else encode(body)
        async with (
            served(lambda _: app, "127.0.0.1", 0, setting="") as port,
            aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
        ):
            self.here = URL(f"http://127.0.0.1:{port}/")
            async with client.post("/events/s3", data=sent, headers=headers) as response:
                self.headers = dict(response.headers)
                assert "\n" not in await response.text()
                return response.status, await response.json()


@pytest.fixture
async def world() -> AsyncIterator[World]:
    with capture_logs() as logs:
        yield World()
    assert not [secret for secret in (TOKEN, "DAT", "m-1", "m-2") if secret in str(logs)]


@pytest.mark.parametrize(
    ("event", "calls"), [(EVENT, [[ONE, TWO]]), (bridged(), [[BRIDGED]]), ({"Event": "s3:TestEvent"}, [])]
)
async def test_the_files_of_an_event_are_recorded_together_if_there_are_any(
    world: World, event: dict[str, Any], calls: list[list[FileArrived]]
) -> None:
    assert await world.post(event, LET_IN) == (202, {"recorded": sum(map(len, calls))})
    assert world.recorded == calls


async def test_an_answer_needs_the_record_and_no_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as nothing_opens:
        for module in (builtins, io, os):
            nothing_opens.delattr(module, "open")
        answer = await world.post(EVENT, LET_IN)
    assert answer == (202, {"recorded": 2})


WRONG = ["", "Bearer", "Bearer ", "Bearer wrong", f"Bearer {TOKEN}x", f"Basic {TOKEN}", TOKEN, "Bearer tökn"]


@pytest.mark.parametrize(
    ("token", "given"), [*((TOKEN, wrong) for wrong in WRONG), ("", "Bearer "), (None, "Bearer None")]
)
async def test_a_missing_or_wrong_token_is_refused(world: World, token: str | None, given: str) -> None:
    world.token = token
    for sns in (Certificates(), None):
        world.certificates = sns
        answer = await world.post(EVENT, {"Authorization": given})
        assert answer == (401, {"error": "a bearer token or a signature of SNS is needed"})
        assert world.headers["WWW-Authenticate"] == "Bearer"
    assert world.recorded == []


@pytest.mark.parametrize("body", [b"", b"hello", b'{"Records": [', b'"\xff"', b"[" * 100_000])
async def test_rubbish_is_refused_as_no_json(world: World, body: bytes) -> None:
    assert await world.post(body, LET_IN) == (400, {"error": "the body is not JSON"})
    assert (await world.post(body))[0] == 401
    assert (await world.post(body, LET_IN | {"Content-Encoding": "gzip"}))[0] == 400


async def test_what_is_no_event_is_refused_with_what_is_wrong(world: World) -> None:
    missing = (400, {"error": "Records[0].eventName is missing"})
    assert await world.post({"Records": [{}]}, LET_IN) == missing
    assert await world.post(notification('{"Records": [{}]}')) == missing
    assert await world.post(notification("hello")) == (400, {"error": "Message is not JSON"})


async def test_too_large_a_body_is_refused_whether_its_length_is_announced_or_not(world: World) -> None:
    async def in_chunks() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield b" " * 65_536

    for body in (b" " * (256 * 1024 + 1), in_chunks()):
        assert await world.post(body, LET_IN) == (413, {"error": "the body is larger than 262144 bytes"})


async def test_an_event_about_another_bucket_is_refused_whole(world: World) -> None:
    other = record("in/three.DAT")
    other["s3"]["bucket"]["name"] = "other-files"
    answer = await world.post({"Records": [record(), other]}, LET_IN)
    assert answer == (422, {"error": "only events about the bucket esr-files are accepted"})
    assert world.recorded == []


@pytest.mark.parametrize("fault", [TransientError("the state is busy"), OSError("disk full"), TimeoutError()])
async def test_what_could_not_be_recorded_is_to_be_sent_again(world: World, fault: Exception) -> None:
    world.fault = fault
    assert await world.post(EVENT, LET_IN) == (503, {"error": "not stored, send it again"})
    assert world.headers["Retry-After"] == "5"
    world.fault = None
    assert await world.post(EVENT, LET_IN) == (202, {"recorded": 2})


async def test_a_signature_of_sns_lets_in_without_a_token(world: World) -> None:
    for version in ("1", "2"):
        for event in (EVENT, bridged()):
            assert (await world.post(notification(encode(event).decode(), version)))[0] == 202
    assert world.recorded == [[ONE, TWO], [BRIDGED], [ONE, TWO], [BRIDGED]]


async def test_raw_delivery_has_no_signature_and_needs_the_token(world: World) -> None:
    raw = {"x-amz-sns-message-type": "Notification", "x-amz-sns-rawdelivery": "true"}
    assert (await world.post(EVENT, raw))[0] == 401
    assert await world.post(EVENT, raw | LET_IN) == (202, {"recorded": 2})


@pytest.mark.parametrize("headers", [{}, LET_IN])
async def test_a_bad_signature_is_refused_token_or_not(world: World, headers: dict[str, str]) -> None:
    tampered = replace(notification("{}"), Message=encode(EVENT).decode())
    foreign = notification(tampered.Message, topic=f"{TOPIC}-other")
    assert await world.post(tampered, headers) == (403, {"error": UNFIT})
    assert await world.post(foreign, headers) == (403, {"error": "the topic is not one of ours"})
    assert (await world.post({"Type": "Notification", "Signature": "x"}, headers))[0] == 403
    assert world.recorded == []


async def test_a_certificate_that_can_not_be_had_just_now_is_no_bad_signature(world: World) -> None:
    class Down(Certificates):
        async def __call__(self, url: str) -> bytes:
            raise aiohttp.ServerDisconnectedError

    world.certificates = Down()
    assert (await world.post(notification(encode(EVENT).decode())))[0] == 503


async def test_a_subscription_is_confirmed_by_one_visit_of_its_url(world: World) -> None:
    assert await world.post(confirmation()) == (202, {"recorded": 0})
    assert world.visited == [("GET", "/?Action=ConfirmSubscription&Token=invented-token")]


async def test_nothing_else_is_visited(world: World) -> None:
    assert await world.post(confirmation("UnsubscribeConfirmation")) == (202, {"recorded": 0})
    assert (await world.post(confirmation(url="https://host.example/?Token=invented-token")))[0] == 403
    assert (await world.post(replace(confirmation(), MessageId="x")))[0] == 403
    world.certificates = None
    assert (await world.post(confirmation(), LET_IN))[0] == 403
    assert world.visited == []


async def test_without_a_verifier_a_notification_passes_on_the_token_alone(world: World) -> None:
    world.certificates = None
    body = notification(encode(EVENT).decode())
    assert (await world.post(body))[0] == 401
    assert await world.post(body, LET_IN) == (202, {"recorded": 2})
