"""Every command that the README and the docs name is one that there is, with options that it has."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from tis_esr.cli import app

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs/decisions").glob("*.md")),
]
PROGRAM: Any = typer.main.get_command(app)  # a group, of the click that typer brings along


def commands() -> list[str]:
    """Return what stands in a block of its own or between backticks and begins with the program's name."""
    found = set()
    for page in PAGES:
        text = page.read_text()
        found |= {
            line.strip() for line in re.findall(r"^\s*(tis-esr .*)$", text, re.MULTILINE) if "`" not in line
        }
        found |= set(re.findall(r"`(tis-esr [^`\n]*)`", text))
    return sorted(found)


def test_there_are_commands_to_look_at() -> None:
    assert len(commands()) > 15


@pytest.mark.parametrize("line", commands())
def test_a_command_of_the_docs_can_be_typed(line: str) -> None:
    name, *words = shlex.split(line.removeprefix("tis-esr "), comments=True)
    command = PROGRAM.commands[name]
    context = typer.Context(command)
    command.make_parser(context).parse_args(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_is_to_be_made_has_a_target(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)`", page.read_text())) | set(
        re.findall(r"^make ([a-z-]+)$", page.read_text(), re.MULTILINE)
    )
    assert named <= targets
