"""Pipes, files, dumb terminals and other encodings get plain text; ``| head`` costs nothing."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.terminal.commands import LINES, SETTINGS, words
from tests.terminal.screens import environment, piped, typed
from typer.testing import CliRunner

from tis_esr.cli import app


@pytest.mark.parametrize("line", LINES)
def test_a_reader_that_goes_away_costs_neither_the_work_nor_its_exit_code(
    line: str, demo: tuple[Path, str], tmp_path: Path
) -> None:
    folder, tcs = demo
    whole = piped(words(line, tcs, tmp_path / "a"), folder, env=SETTINGS)
    said = piped(words(line, tcs, tmp_path / "b"), folder, lines=1, env=SETTINGS)
    gone = piped(words(line, tcs, tmp_path / "c"), folder, lines=0, env=SETTINGS)
    assert (said.code, gone.code) == (whole.code, whole.code)
    assert "Traceback" not in whole.errors + said.errors + gone.errors
    assert "Broken" not in said.errors + gone.errors
    assert "\x1b" not in whole.raw + whole.errors


@pytest.mark.parametrize(
    "line", ["asyncapi", "day --help", "--help", "why 1900002 --json", "demo --dir other --json"]
)
def test_json_and_help_into_a_closed_pipe_are_no_fault(line: str, demo: tuple[Path, str]) -> None:
    folder, _ = demo
    gone = piped(line.split(), folder, lines=0, env=SETTINGS)
    assert (gone.code in {0, 1}, gone.errors) == (True, "")


@pytest.mark.parametrize(
    "encoding",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"LC_ALL": "C"},
        {"PYTHONIOENCODING": "latin-1"},
        {"PYTHONIOENCODING": "ascii"},
    ],
    ids=str,
)
def test_no_encoding_is_too_small(encoding: dict[str, str], demo: tuple[Path, str]) -> None:
    folder, _ = demo
    (folder / "demo" / "in" / "Ærøskøbing, 北京").write_text("Dear trust")
    lines = "ingest demo/in/Ær*", "files", "files --json", "why 1900002", "day --help"
    program = f'"{sys.executable}" -c "from tis_esr.start import main; main()"'
    script = "; ".join(f"{program} {line} || test $? -lt 3 || echo FAILED {line}" for line in lines)
    said = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment(**SETTINGS, **encoding),
        capture_output=True,
        check=True,
    )
    assert b"Traceback" not in said.stderr
    assert b"FAILED" not in said.stdout
    assert b"PARKED" in said.stdout


def test_a_dumb_terminal_gets_lines_without_colour_or_bars(demo: tuple[Path, str]) -> None:
    folder, tcs = demo
    called = words(LINES[1], tcs, folder / "unused")
    screen = typed(called, folder, columns=80, env={**SETTINGS, "TERM": "dumb"})
    assert "\x1b" not in screen.raw
    assert "\r" not in screen.raw.replace("\r\n", "")
    assert any(line.startswith("Reading files: ") and " of " in line for line in screen.lines)


def test_no_color_is_without_colour_and_says_the_same(demo: tuple[Path, str]) -> None:
    folder, _ = demo
    coloured = typed(["doctor"], folder, columns=200, env=SETTINGS)
    plain = typed(["doctor"], folder, columns=200, env={**SETTINGS, "NO_COLOR": "1"})
    assert "\x1b[32m" in coloured.raw
    assert "\x1b[3" not in plain.raw
    assert plain.text == coloured.text
    assert "settings: OK" in plain.text


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_is_given_its_completion(shell: str, tmp_path: Path) -> None:
    said = CliRunner().invoke(app, [], env={"_TIS_ESR_COMPLETE": f"source_{shell}"}, prog_name="tis-esr")
    assert "tis-esr" in said.output
    assert "_TIS_ESR_COMPLETE" in said.output


@pytest.mark.parametrize(
    ("typed_so_far", "offered"),
    [
        ("tis-esr re", "redrive"),
        ("tis-esr export ", "applicants"),
        ("tis-esr export applicants --dean", "--deanery"),
        ("tis-esr export applicants --deanery E", "EOE"),
        ("tis-esr run Recon", "Reconciliation"),
    ],
)
def test_bash_is_offered_commands_options_and_values(typed_so_far: str, offered: str, tmp_path: Path) -> None:
    env = {
        **environment(),
        "_TIS_ESR_COMPLETE": "complete_bash",
        "COMP_WORDS": typed_so_far,
        "COMP_CWORD": str(len(typed_so_far.split(" ")) - 1),
    }
    said = CliRunner().invoke(app, [], env=env, prog_name="tis-esr")
    assert offered in said.output.split()
