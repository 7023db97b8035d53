"""OpenAPI of the part of TCS that is used: it has every endpoint of the client, and what a simulated day sends and reads."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from docgen.apis.tcs_endpoints import document
from openapi_spec_validator import validate
from tests.documentation.schemas import of_json, problems
from typer.testing import CliRunner

from tis_esr.cli import app
from tis_esr.tcs import endpoints
from tis_esr.tcs.endpoints import Endpoint
from tis_esr.tcs.http_wire import HttpWire
from tis_esr.tcs.wire import Reply

DOCUMENT = document()
OPERATIONS = {
    (method.upper(), path): operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
NOT_IN_A_DAY = {
    ("GET", "/api/findByNationalPostNumber"),  # reports of posts
}


class Call(NamedTuple):
    method: str
    url: str
    body: bytes | None
    reply: Reply

    def operation(self) -> tuple[str, str]:
        """Return the operation that this is a call of."""
        path = urlsplit(self.url).path.partition("/tcs")[2]
        fitting = [
            (method, template)
            for method, template in OPERATIONS
            if method == self.method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path)
        ]
        assert fitting, f"{self.method} {path} is not described"
        return min(fitting, key=lambda operation: operation[1].count("{"))


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> list[Call]:
    """What three days of the demo send to TCS, and what it answers."""
    found: list[Call] = []
    send = HttpWire.send

    async def noted(
        self: HttpWire, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> Reply:
        reply = await send(self, method, url, body, headers)
        found.append(Call(method, url, body, reply))
        return reply

    folder: Path = tmp_path_factory.mktemp("demo") / "demo"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HttpWire, "send", noted)
        CliRunner().invoke(app, ["demo", "--dir", str(folder), "--as-of", "2026-11-24", "--days", "3"])
    return found


def test_it_is_valid() -> None:
    validate(DOCUMENT)


def test_it_has_the_endpoints_of_the_client_with_their_permissions() -> None:
    used = {value for value in vars(endpoints).values() if isinstance(value, Endpoint)}
    assert {(each.method, each.path): each.permission for each in used} == {
        key: operation["x-permission"] for key, operation in OPERATIONS.items()
    }


def test_a_day_makes_every_call_that_is_described_and_no_other(calls: list[Call]) -> None:
    assert OPERATIONS.keys() - {call.operation() for call in calls} == NOT_IN_A_DAY


def test_what_is_sent_is_described(calls: list[Call]) -> None:
    for call in calls:
        operation = OPERATIONS[call.operation()]
        named = {each["name"] for each in operation.get("parameters", []) if each["in"] == "query"}
        assert set(parse_qs(urlsplit(call.url).query)) == named
        assert (call.body is not None) == ("requestBody" in operation)
        if call.body is not None:
            sent = msgspec.json.decode(call.body)
            assert problems(DOCUMENT, of_json(operation["requestBody"]), sent) == [], call.operation()


def test_what_tcs_answers_is_as_described_as_far_as_it_is_read(calls: list[Call]) -> None:
    for call in calls:
        described = OPERATIONS[call.operation()]["responses"]
        assert str(call.reply.status) in {*described, "201"}
        schema = of_json(described["200"])
        if schema and call.reply.status == 200:
            answered: Any = msgspec.json.decode(call.reply.content)
            assert problems(DOCUMENT, schema, answered, may_have_more=True) == [], call.operation()
