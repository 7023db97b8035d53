"""Every command that the pages name is one that there is, with options that it has; those with output are run."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from docgen.transcripts import pages_with_commands, read, run
from tests.documentation.pages import PAGES, ROOT, name_of
from tests.journeys.program import settings_of

from tis_esr.cli import app

PROGRAM: Any = typer.main.get_command(app)  # a group, of the click that typer brings along
FENCE = re.compile(r"(<!-- not executed: [^\n]+ -->\n+)?^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
GENERATED = ROOT / "docs" / "reference" / "cli.md"


def commands() -> list[str]:
    """Return what stands in a block or between backticks and begins with the program's name."""
    found = set()
    for page in PAGES:
        text = page.read_text()
        lines = re.findall(r"^\s*(?:\$ )?(tis-esr .*)$", text, re.MULTILINE)
        found |= {line.strip() for line in lines if "`" not in line and not line.startswith("tis-esr: ")}
        found |= set(re.findall(r"`(tis-esr [^`\n]*)`", text))
    return sorted(line for line in found if "COMMAND" not in line and "[OPTIONS]" not in line)


def test_there_are_commands_to_look_at() -> None:
    assert len(commands()) > 15


@pytest.mark.parametrize("line", commands())
def test_a_command_of_the_docs_can_be_typed(line: str) -> None:
    words = list(_until_the_shell(shlex.split(line, comments=True)))[1:]
    if words[0].startswith("--"):
        command = PROGRAM
    else:
        command = PROGRAM.commands[words.pop(0)]
        if words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
    if "--help" not in words and "-h" not in words:
        command.make_parser(typer.Context(command)).parse_args(words)


def _until_the_shell(words: list[str]) -> Iterator[str]:
    """Yield a command's own words, up to a pipe, a redirection or the next command."""
    for word in words:
        if word in {"|", ">", ">>", "2>&1", "&", "&&", "||", ";"}:
            return
        yield word


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_what_is_to_be_made_has_a_target(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z-]+)", page.read_text())) | set(
        re.findall(r"^(?:\$ )?make ([a-z-]+)", page.read_text(), re.MULTILINE)
    )
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_block_of_commands_is_run_or_says_why_not(page: Path) -> None:
    for reason, language, block in FENCE.findall(page.read_text()):
        typed = re.search(r"^(\$ |tis-esr |make )", block, re.MULTILINE)
        if page != GENERATED and typed and language != "console":
            assert reason, f"make it a console block, or say why it isn't executed:\n{block}"


@pytest.mark.timeout(300)
@pytest.mark.parametrize("path", pages_with_commands(ROOT), ids=name_of)
def test_commands_print_what_their_page_shows(path: Path, tmp_path: Path) -> None:
    page = read(path)
    settings = settings_of("production", tmp_path) if page.needs == "production" else {}
    own = {name: value for name, value in settings.items() if "BOUND" not in name}
    for step in run(page, own).steps:
        assert step.is_as_shown, (
            f"$ {step.command}\nshown:\n{step.expected}\nprinted (exit code {step.code}):\n{step.printed}"
            "\nmake docs brings the page up to date"
        )
        assert step.code not in {70, 127}, step.command
