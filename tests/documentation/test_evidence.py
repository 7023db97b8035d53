"""docs/reference/evidence.md: what it says to run is there, and its figures that can be counted are right."""

import re

import pytest
from packaging.markers import Marker
from tests.documentation.pages import ROOT
from tests.soak.__main__ import SIZES, judged_days

from supply_chain import locked

PAGE = (ROOT / "docs" / "reference" / "evidence.md").read_text()
ROWS = [
    [cell.strip() for cell in line.split("|")[1:-1]]
    for line in PAGE.splitlines()
    if line.startswith("| ") and not line.startswith("| claim ")
]
COMMANDS = [command for _, words, _ in ROWS for command in re.findall(r"`([^`]+)`", words)]


def test_every_claim_has_a_command_or_a_page_and_an_output() -> None:
    assert len(ROWS) > 12
    for claim, words, output in ROWS:
        assert claim, words
        assert re.search(r"`[^`]+`|\]\(", words), claim
        assert output, claim


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_names_only_what_there_is(command: str) -> None:
    words = command.removeprefix("CI=true ").split()
    if words[0] == "make":
        recipe = (ROOT / "Makefile").read_text()
        assert re.search(rf"^{words[1]}:", recipe, re.MULTILINE)
        assert all(f"$({name})" in recipe for name in re.findall(r"\b([A-Z_]+)=", command))
    else:
        assert words[0] in {".venv/bin/pytest", ".servers/helm/helm", "pip"}
        assert all((ROOT / word).exists() for word in words if re.match(r"(tests|deploy)/", word))


def test_its_versions_are_those_that_are_tested() -> None:
    from tests.deploy.test_chart_objects import VERSIONS

    assert f"Kubernetes {', '.join(VERSIONS[:-1])} and {VERSIONS[-1]}" in PAGE


def test_its_figures_that_can_be_counted_are_right() -> None:
    here = {
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "python_full_version": "3.11.2",
        "python_version": "3.11",
        "sys_platform": "linux",
    }
    needed = [
        one for one in locked.read(locked.RUNTIME) if not one.marker or Marker(one.marker).evaluate(here)
    ]
    assert f"the bill's {len(needed)} packages that apply to Linux and Python 3.11" in PAGE
    days = {engine: judged_days(weeks) for engine, (weeks, _) in SIZES.items()}
    assert f"leave {judged_days(4)} to judge" in PAGE
    assert f"`make soak` alone judges {days['embedded']}, and {days['production']} on the production" in PAGE
    assert not re.search(r"\d+ passed", PAGE)
