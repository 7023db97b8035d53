"""The AsyncAPI document is one by AsyncAPI's own schema."""

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator
from servers.__main__ import HOME
from servers.programs import asyncapi_schemas, one_at_a_time

from tis_esr.operations.asyncapi import document


@pytest.fixture(scope="module")
def schema() -> Draft7Validator:
    with one_at_a_time():
        folder = asyncapi_schemas(HOME / "asyncapi")
    return Draft7Validator(json.loads((folder / "3.0.0-without-$id.json").read_text()))


def as_read(made: Any) -> Any:
    """Return a document as whoever reads its JSON has it."""
    return json.loads(json.dumps(made))


def test_it_is_valid_by_asyncapis_own_schema(schema: Draft7Validator) -> None:
    assert [error.message for error in schema.iter_errors(as_read(document()))] == []


def test_the_schema_finds_what_is_wrong(schema: Draft7Validator) -> None:
    wrong = as_read(document())
    next(iter(wrong["operations"].values()))["action"] = "publish"
    del wrong["info"]["version"]
    assert {next(iter(error.absolute_path)) for error in schema.iter_errors(wrong)} == {"info", "operations"}
