"""Only commands print: everything else returns data, so that a web console can show the same."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCES = Path(__file__).parent.parent / "src" / "tis_esr"
PRINTING = {"commands", "cli"}
MAY_PRINT = {SOURCES / "process" / "logs.py", SOURCES / "interrupts.py"}


def printed(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield f"print in line {node.lineno}"
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"sys.stdout", "sys.stderr"}:
            yield f"sys.{node.attr} in line {node.lineno}"


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in sorted(SOURCES.rglob("*.py"))
        if path.relative_to(SOURCES).parts[0] not in PRINTING and path not in MAY_PRINT
    ],
    ids=lambda path: str(path.relative_to(SOURCES)),
)
def test_a_module_outside_commands_prints_nothing(path: Path) -> None:
    assert list(printed(ast.parse(path.read_text(encoding="utf-8")))) == []


def test_what_prints_is_found() -> None:
    assert list(printed(ast.parse("import sys\nprint(1)\nsys.stdout.write('a')"))) == [
        "print in line 2",
        "sys.stdout in line 3",
    ]
