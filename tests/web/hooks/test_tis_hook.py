"""What the endpoint for changes of TIS answers, over real HTTP."""

from typing import Any

import aiohttp
import pytest
from msgspec.json import encode
from starlette.applications import Starlette
from starlette.requests import Request
from structlog.testing import capture_logs

from tis_esr.engine.faults import TransientError
from tis_esr.web.hooks.requests import MOST_BYTES, has_token
from tis_esr.web.hooks.tis_hook import TisHook
from tis_esr.web.http_server import served

TOKEN = "an-invented-token"  # noqa: S105 - plainly none
LET_IN = {"Authorization": f"Bearer {TOKEN}"}
ONE = {"data": {"id": "1", "surname": "Specimen"}, "metadata": {"table-name": "Person"}}


class World:
    """The hook, with what was recorded."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.recorded: list[list[Any]] = []
        self.fault = fault

    async def record(self, records: list[Any]) -> None:
        if self.fault:
            raise self.fault
        self.recorded.append(records)

    async def post(self, body: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        app = Starlette(routes=[TisHook(self.record, TOKEN).route()])
        sent = body if isinstance(body, bytes) else encode(body)
        with capture_logs() as logs:
            async with (
                served(lambda _: app, "127.0.0.1", 0, setting="") as port,
                aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client,
                client.post("/hooks/tis", data=sent, headers=headers) as response,
            ):
                answer = response.status, await response.json()
        assert not [secret for secret in (TOKEN, "Specimen") if secret in str(logs)]
        return answer


@pytest.mark.parametrize(("body", "number"), [(ONE, 1), ([ONE, ONE], 2), ([], 0)])
async def test_the_records_of_a_request_are_stored_together(body: Any, number: int) -> None:
    world = World()
    assert await world.post(body, LET_IN) == (202, {"recorded": number})
    assert world.recorded == ([[ONE] * number] if number else [])


@pytest.mark.parametrize(
    ("body", "headers", "answer"),
    [
        (ONE, None, (401, {"error": "a valid bearer token is needed"})),
        (ONE, {"Authorization": "Bearer other"}, (401, {"error": "a valid bearer token is needed"})),
        (b"{", LET_IN, (400, {"error": "the body is not JSON"})),
        (b"[" * 100_000, LET_IN, (400, {"error": "the body is not JSON"})),
        (["Specimen"], LET_IN, (400, {"error": "the body is neither a change record nor a list of them"})),
        (7, LET_IN, (400, {"error": "the body is neither a change record nor a list of them"})),
        (b" " * (MOST_BYTES + 1), LET_IN, (413, {"error": "the body is larger than 262144 bytes"})),
    ],
)
async def test_what_is_refused_says_why_and_stores_nothing(
    body: Any, headers: dict[str, str] | None, answer: tuple[int, Any]
) -> None:
    world = World()
    assert await world.post(body, headers) == answer
    assert world.recorded == []


def test_a_token_may_have_any_letters() -> None:
    header = (b"authorization", "Bearer clé-inventée".encode())
    request = Request({"type": "http", "headers": [header]})
    assert has_token(request, "clé-inventée".encode())
    assert not has_token(request, b"cle-inventee")


@pytest.mark.parametrize("fault", [TransientError("away"), OSError("away")])
async def test_what_could_not_be_stored_is_to_be_sent_again(fault: Exception) -> None:
    status, answer = await World(fault).post(ONE, LET_IN)
    assert (status, answer) == (503, {"error": "not stored, send it again"})
