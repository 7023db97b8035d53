"""A number and its noun agree: no text says "1 rows"."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.wording.one_of_many import NOUN, ones_of_many

from tis_esr.counted import counted, plural

SOURCE = Path(__file__).parents[2] / "src" / "tis_esr"
FILES = [path for path in sorted(SOURCE.rglob("*.py")) if "simulation" not in path.parts]
"""All but the simulations, which share no code with the rest."""
_AFTER = re.compile(rf"^ {NOUN}")
_NO_ONE = re.compile(r"^_?[A-Z_]+(?:\.days)?(?: // \d+)?$|\b(?:kind|type|file_type)$")
"""Constants, which are larger than 1, and names of types."""


def numbers_before_plurals(source: str) -> Iterator[str]:
    """Yield each text in which a number is followed by a plural noun whatever the number is; constants are not 1."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.JoinedStr):
            continue
        for one, after in zip(node.values, node.values[1:], strict=False):
            if not isinstance(one, ast.FormattedValue) or not isinstance(after, ast.Constant):
                continue
            if _AFTER.match(str(after.value)) and not _NO_ONE.search(ast.unparse(one.value)):
                yield f"{node.lineno}: {ast.unparse(node)}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_number_is_followed_by_a_noun_that_is_plural_whatever_the_number(path: Path) -> None:
    assert list(numbers_before_plurals(path.read_text())) == []


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ('f"{rows} rows"', 1),
        ('f"{len(some):,} parked messages are left"', 1),
        ("f\"{MOST} rows, {counted(rows, 'row')}\"", 0),
        ('f"{file.type} holds {name}"', 0),
    ],
)
def test_such_a_text_is_found(source: str, number: int) -> None:
    assert len(list(numbers_before_plurals(source))) == number


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("File of 1 rows", ["1 rows"]),
        ("1 parked messages wait; 21 rows, 1,001 rows, 0.1 rows, week 1, rows", ["1 parked messages"]),
        ("1 row was read of 2 rows; 1 x rows; type 1 notifications", []),
    ],
)
def test_one_of_many_is_found_in_what_is_printed(text: str, found: list[str]) -> None:
    assert ones_of_many(text) == found


def test_a_number_has_its_noun_and_verb() -> None:
    assert [counted(n, "row") for n in (0, 1, 2, 1200)] == ["0 rows", "1 row", "2 rows", "1,200 rows"]
    assert counted(1, "entry", "entries") == "1 entry"
    assert counted(3, "message waits", "messages wait") == "3 messages wait"
    assert (plural(1, "is", "are"), plural(2, "is", "are")) == ("is", "are")
