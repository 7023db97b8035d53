"""The ten questions of the page are answered by the commands that it names, typed in the demo's folder."""

import re
import shlex
from pathlib import Path

import pytest
from tests.documentation.pages import ROOT
from tests.terminal.commands import SETTINGS
from tests.terminal.screens import piped

PAGE = (ROOT / "docs/how-to/answer-questions.md").read_text()
ROWS = re.findall(r"^\| ([A-Z][^|]+\?) \| ([^|]+) \| [^|]+ \|$", PAGE, re.MULTILINE)
COMMANDS = [(question, line) for question, cell in ROWS for line in re.findall(r"`(tis-esr [^`]+)`", cell)]
AS_OF = ("--as-of", "2026-11-24")


def test_there_are_ten_questions() -> None:
    assert len(ROWS) == 10
    assert all(f"`{'tis-esr'} " in cell for _, cell in ROWS)


@pytest.mark.parametrize(("question", "line"), COMMANDS)
def test_each_question_is_answered(demo: tuple[Path, str], question: str, line: str) -> None:
    folder, tcs = demo
    words = shlex.split(line)[1:]
    day = () if words[0] in {"files", "board"} else AS_OF
    said = piped([*words, *day], folder, env={**SETTINGS, "TIS_ESR_TCS_URL": tcs})
    assert said.errors == ""
    assert said.code in {0, 1}, question
    assert not re.search(
        r"is not known here|is unknown|mistyped|has not arrived|was not created here", said.raw
    )
