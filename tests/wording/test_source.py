"""No text in src/ uses a banned phrase: messages, help, log events, docstrings and comments."""

import ast
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.wording.banned import BANNED, findings
from typer.testing import CliRunner

from tis_esr.cli import app

SOURCE = Path(__file__).parents[2] / "src" / "tis_esr"
FILES = sorted(SOURCE.rglob("*.py"))


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield strings that hold more than a word, docstrings, and comments, each with its line."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
            yield node.lineno, node.value
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_file_says_it_in_the_usual_words(path: Path) -> None:
    found = [f"{path.name}:{line}: {finding}" for line, text in texts(path) for finding in findings(text)]
    assert not found, "\n".join(found)


COMMANDS = [
    command.name or command.callback.__name__ for command in app.registered_commands if command.callback
]


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help_says_it_in_the_usual_words(name: str) -> None:
    said = CliRunner().invoke(app, [*filter(None, [name]), "--help"])
    assert findings(said.output) == []


@pytest.mark.parametrize("pattern", BANNED)
def test_the_usual_words_are_not_banned_themselves(pattern: str) -> None:
    assert findings(BANNED[pattern]) == []
