"""OpenAPI of our endpoints: it has the routes of a process, and each status that is provoked here, with a body of its schema."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import msgspec
import pytest
from docgen.apis.own_endpoints import document
from msgspec.json import encode
from openapi_spec_validator import validate
from starlette.applications import Starlette
from tests.documentation.schemas import of_json, problems
from tests.web.hooks.test_s3_events import EVENT
from tests.web.hooks.test_sns import UNFIT, Certificates, notification, verifier

from tis_esr.engine.faults import TransientError
from tis_esr.web import serving
from tis_esr.web.hooks.event_hook import S3Hook
from tis_esr.web.hooks.requests import MOST_BYTES
from tis_esr.web.hooks.tis_hook import TisHook

DOCUMENT = document()
TOKEN = "an-invented-token"  # noqa: S105 - plainly none
LET_IN = {"Authorization": f"Bearer {TOKEN}"}
NOT_PROVOKED = {("/hooks/tis", "408"), ("/events/s3", "408")}
"""A body that takes 10 s; the tests of the endpoints have it, with a shorter time."""
CHANGE = {"data": {"id": "1"}, "metadata": {"table-name": "Person"}}
LARGE = b" " * (MOST_BYTES + 1)
REQUESTS: list[tuple[str, str, dict[str, str], Any, str, str]] = [
    ("GET", "/health/live", {}, None, "", "200"),
    ("GET", "/health/live", {}, None, "down", "503"),
    ("GET", "/health/ready", {}, None, "", "200"),
    ("GET", "/health/ready", {}, None, "down", "503"),
    ("GET", "/metrics", {}, None, "", "200"),
    ("GET", "/metrics", {}, None, "wrong", "500"),
    ("POST", "/hooks/tis", LET_IN, [CHANGE], "", "202"),
    ("POST", "/hooks/tis", LET_IN, 7, "", "400"),
    ("POST", "/hooks/tis", {}, CHANGE, "", "401"),
    ("POST", "/hooks/tis", LET_IN, LARGE, "", "413"),
    ("POST", "/hooks/tis", LET_IN, CHANGE, "wrong", "500"),
    ("POST", "/hooks/tis", LET_IN, CHANGE, "down", "503"),
    ("POST", "/events/s3", LET_IN, EVENT, "", "202"),
    ("POST", "/events/s3", LET_IN, {}, "", "400"),
    ("POST", "/events/s3", {}, EVENT, "", "401"),
    ("POST", "/events/s3", LET_IN, "unsigned", "", "403"),
    ("POST", "/events/s3", LET_IN, LARGE, "", "413"),
    ("POST", "/events/s3", LET_IN, "other bucket", "", "422"),
    ("POST", "/events/s3", LET_IN, EVENT, "wrong", "500"),
    ("POST", "/events/s3", LET_IN, EVENT, "down", "503"),
]


class Process:
    """A process with both endpoints for events. ``state`` is "" while all is well, "down", or "wrong": what must not happen."""

    def __init__(self) -> None:
        self.state = ""

    def troubles(self) -> dict[str, str]:
        return {"outbox relay": "is down"} if self.state else {}

    async def missing(self) -> dict[str, str]:
        return self.troubles()

    async def stores(self, _: Any) -> None:
        if self.state:
            raise TransientError("the store is away") if self.state == "down" else ValueError("a fault")

    async def metrics(self) -> bytes:
        await self.stores(None)
        return b"# nothing\n"

    async def visit(self, _: str) -> None:
        raise AssertionError("no subscription is confirmed here")

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        sns = verifier(Certificates())
        hooks = [TisHook(self.stores, TOKEN), S3Hook(self.stores, TOKEN, sns, self.visit, "esr-files")]
        async with serving.http(
            "127.0.0.1", 0, troubles=self.troubles, missing=self.missing, metrics=self.metrics, hooks=hooks
        ) as address:
            yield address


def body_of(given: Any) -> bytes | None:
    if given == "unsigned":
        return encode({**msgspec.structs.asdict(notification()), "Signature": UNFIT})
    if given == "other bucket":
        return encode(EVENT).replace(b"esr-files", b"others")
    return given if given is None or isinstance(given, bytes) else encode(given)


def test_it_is_valid() -> None:
    validate(DOCUMENT)


async def test_it_has_the_routes_of_a_process_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    apps: list[Starlette] = []

    @asynccontextmanager
    async def served(make: Any, *_: Any, **__: Any) -> AsyncIterator[int]:
        apps.append(make(""))
        yield 1

    monkeypatch.setattr(serving, "served", served)
    async with Process().serving():
        pass
    routes = {(route.path, method) for route in apps[0].routes for method in route.methods - {"HEAD"}}  # type: ignore[attr-defined]
    assert routes == {(path, name.upper()) for path, methods in DOCUMENT["paths"].items() for name in methods}


@pytest.mark.parametrize(
    ("method", "path", "headers", "given", "state", "status"),
    REQUESTS,
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_an_answer_is_one_of_those_that_are_described(
    method: str, path: str, headers: dict[str, str], given: Any, state: str, status: str
) -> None:
    process = Process()
    async with process.serving() as address, aiohttp.ClientSession(address) as client:
        process.state = state
        async with client.request(method, path, data=body_of(given), headers=headers) as response:
            assert str(response.status) == status
            described = DOCUMENT["paths"][path][method.lower()]["responses"][status]
            assert response.content_type in described["content"]
            if schema := of_json(described):
                assert problems(DOCUMENT, schema, await response.json()) == []


def test_every_status_that_is_described_is_provoked_here() -> None:
    described = {
        (path, status)
        for path, methods in DOCUMENT["paths"].items()
        for operation in methods.values()
        for status in operation["responses"]
    }
    assert described - {(path, status) for _, path, _, _, _, status in REQUESTS} == NOT_PROVOKED
