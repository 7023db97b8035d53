"""What commands print with ``--json`` is valid by the published schemas, on both engines."""

import json
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from docgen.generated import ROOT
from docgen.json_outputs import OUTPUTS, file_name
from jsonschema import Draft202012Validator
from tests.journeys.program import ENGINES
from tests.journeys.story import MOVED, Story, story
from tests.queries.plans import PLANS

EMPTY = {"parked list --discarded"}
"""Outputs that may be an empty list here; their journeys show them filled."""
OFF = {"parked edit", "restore"}
"""Outputs of commands that are off by default, or replace the store."""
SCHEMAS = ROOT / "docs" / "reference" / "schemas"


@pytest.fixture(scope="module", params=ENGINES)
def lived(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with story(request.param, tmp_path_factory.mktemp("story")) as ended:
        ended.small.file("POR,twelve", "XXX,1", day_number=2)
        ended.run_third_day_again()
        yield ended


def _printed(lived: Story, command: str) -> Any:
    folder = lived.small.folder
    words = {
        "demo": ["--dir", folder / "demo"],
        "day": ["--in", folder / "in", "--out", folder / "out", "--tcs", lived.small.tcs.url, "--as-of", "2026-11-26"],
        "synthesize": ["--out", folder / "made"],
        "backup": [folder / "backup"],
        "ingest": [next((folder / "in").iterdir())],
        "export": ["applicants", "--dry-run", "--as-of", "2026-11-26"],
        "lint": ["--as-of", "2026-11-26"],
        "forecast": ["--as-of", "2026-11-26"],
        "reconcile": ["--dry-run", "--tcs", lived.small.tcs.url, "--as-of", "2026-11-26"],
        "parked retry": ["--reason", "a", "--dry-run"],
        "parked discard": ["--reason", "a", "--why", "w", "--ticket", "t", "--review", "2099-01-01", "--dry-run"],
        "redrive": ["--unfinished", "--dry-run"],
        "region": ["status", "LDN", "--as-of", "2026-11-26"],
        "outage": ["--from", "2026-11-24T10:00", "--to", "2026-11-25T20:00", "--as-of", "2026-11-26"],
        "report": ["invalid", "--as-of", "2026-11-26"],
        "person": ["erase", "--gmc", "7200001", "--why", "asked for", "--dry-run", "--as-of", "2026-11-26"],
        "board": ["--history"],
        "promise": ["--as-of", "2026-11-26"],
        "expectations": ["list"],
        "recover": ["--from", "2026-11-25T09:00", "--to", "2026-11-25T17:00", "--dry-run", "--tcs", lived.small.tcs.url],
        "reconcile-status": ["--tcs", lived.small.tcs.url, "--as-of", "2026-11-26"],
        "regenerate": ["--all", "--dry-run", "--tcs", lived.small.tcs.url, "--as-of", "2026-11-26"],
        "why": [MOVED, "--tcs", lived.small.tcs.url, "--as-of", "2026-11-26"],
    }  # fmt: skip
    if command == "parked show":
        words[command] = [lived.program("parked", "--json").json[0]["id"]]
    reads_all = PLANS.looked_at_by_a_test() if command == "backup" else nullcontext()
    with reads_all:
        return lived.program(*command.split(), *words.get(command, []), "--json").json


def _closed(node: Any) -> Any:
    """Return the schema, in which no key that it doesn't name is allowed."""
    if isinstance(node, list):
        return [_closed(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items()}
    return {**closed, "additionalProperties": False} if "properties" in closed else closed


@pytest.mark.parametrize("command", [name for name in OUTPUTS if name not in OFF])
def test_a_commands_json_is_valid_by_its_schema(lived: Story, command: str) -> None:
    schema = json.loads((SCHEMAS / file_name(command)).read_text())
    Draft202012Validator.check_schema(schema)
    printed = _printed(lived, command)
    assert printed or command in EMPTY
    Draft202012Validator(_closed(schema)).validate(printed)


def test_every_command_with_json_has_a_schema() -> None:
    page = (ROOT / "docs" / "reference" / "cli.md").read_text()
    sections = {part.split("\n", 1)[0]: part for part in page.split("\n## tis-esr ")[1:]}
    assert {name for name, text in sections.items() if "`--json`" in text} == {
        name.split()[0] for name in OUTPUTS
    }
