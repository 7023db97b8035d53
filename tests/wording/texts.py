"""All text that people read, by where it stands. To have more of it checked, add a source to ``SOURCES``."""

import ast
import re
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import typer
from docgen.markdown import without_code
from tests.documentation.pages import PAGES, ROOT, name_of

from tis_esr.cli import app

SOURCE = ROOT / "src" / "tis_esr"
OF_THE_SOURCE = {
    ROOT / "docs" / "reference" / name for name in ("cli.md", "data-dictionary.md", "metrics.md")
}
"""Pages that are made from the source, where it is checked."""
Texts = Iterator[tuple[str, str]]


def pages() -> Texts:
    """Yield the pages without their blocks of code and what programs print, which the source has."""
    for page in PAGES:
        if page not in OF_THE_SOURCE:
            yield name_of(page), re.sub(r"<!--.*?-->", "", without_code(page.read_text()), flags=re.DOTALL)


def help_texts() -> Texts:
    """Yield what ``--help`` says of each command, argument and option."""
    program: Any = typer.main.get_command(app)
    for name, command in {"": program, **program.commands}.items():
        texts = [command.help, command.epilog, *(getattr(one, "help", "") for one in command.params)]
        yield f"tis-esr {name} --help", "\n".join(filter(None, texts))


def source() -> Texts:
    """Yield what each file says: strings of more than a word, docstrings and comments."""
    for path in sorted(SOURCE.rglob("*.py")):
        yield str(path.relative_to(ROOT)), "\n".join(_words(path))


def build_files() -> Texts:
    """Yield the comments of the files by which the project is built and run."""
    for name in ("Makefile", "compose.yaml", "Dockerfile"):
        yield name, "\n".join(re.findall(r"(?:^|\s)#\s(.*)", (ROOT / name).read_text()))


def templates() -> Texts:
    """Yield what the console's pages say, without their markup."""
    for path in sorted((SOURCE / "web/console/templates").glob("*.html")):
        yield str(path.relative_to(ROOT)), re.sub(r"<[^>]*>|\{[%#{].*?[%#}]\}", " ", path.read_text())


def _words(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value.strip():
            yield node.value
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.COMMENT:
                yield token.string


SOURCES: tuple[Callable[[], Texts], ...] = (pages, help_texts, source, build_files, templates)


def texts() -> dict[str, str]:
    """Return every text by where it stands."""
    return {place: text for source in SOURCES for place, text in source()}
