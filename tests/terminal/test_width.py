"""What commands print holds at the terminal's width, and no word or id is broken."""

import re
from pathlib import Path

import pytest
from tests.terminal.commands import LINES, SETTINGS, words
from tests.terminal.screens import Said, piped, typed

SIZES = [(80, 24), (200, 50)]
HELP = ["", "demo", "day", "synthesize", "tcs-simulator", "ingest", "export", "run", "install", "doctor"]
HELP += [
    "files",
    "parked",
    "redrive",
    "lint",
    "forecast",
    "why",
    "asyncapi",
    "board",
    "expectations",
    "promise",
    "alarms",
    "digest",
]


def holds(screen: Said, columns: int) -> None:
    """A line is as wide as the terminal at most, unless it is one word that is longer, which stays whole."""
    for line in screen.lines:
        assert len(line) <= columns or " " not in line.strip(), line


@pytest.mark.parametrize(("columns", "rows"), SIZES)
@pytest.mark.parametrize("line", LINES)
def test_no_line_is_longer_than_the_terminal_and_every_word_is_whole(
    line: str, columns: int, rows: int, demo: tuple[Path, str], tmp_path: Path
) -> None:
    folder, tcs = demo
    called = words(line, tcs, tmp_path / "new")
    screen = typed(called, folder, columns=columns, rows=rows, env=SETTINGS)
    assert screen.code in {0, 1, 3}, screen.text
    holds(screen, columns)
    if called[0] in {"files", "parked", "why", "doctor", "install"}:
        plain = piped(called, folder, env=SETTINGS).raw
        assert screen.text.split() == plain.split() or called[0] == "doctor"
        assert set(re.findall(r"\S+\.DAT\S*|\S+/\S+|esr\.\S+", plain)) <= set(screen.text.split())


@pytest.mark.parametrize(("columns", "rows"), SIZES)
@pytest.mark.parametrize("command", HELP)
def test_help_holds_too(command: str, columns: int, rows: int, tmp_path: Path) -> None:
    screen = typed([*command.split(), "-h"], tmp_path, columns=columns, rows=rows)
    assert screen.code == 0
    holds(screen, columns)
    assert screen.text == typed([*command.split(), "--help"], tmp_path, columns=columns, rows=rows).text


def test_a_table_that_does_not_fit_becomes_a_list(demo: tuple[Path, str]) -> None:
    folder, _ = demo
    url = "http://" + "a" * 60 + ":8093/tcs"
    wide = typed(["doctor"], folder, columns=200, env={**SETTINGS, "TIS_ESR_TCS_URL": url})
    assert re.search(rf"^TIS_ESR_TCS_URL +{url}$", wide.text, re.MULTILINE)
    narrow = typed(["doctor"], folder, columns=80, env={**SETTINGS, "TIS_ESR_TCS_URL": url})
    assert re.search(rf"^TIS_ESR_TCS_URL:\n  {url}$", narrow.text, re.MULTILINE)
