"""What comes from outside acts on no terminal, log or metric that it reaches."""

import io
import json
import sys

import pytest
import structlog
from rich.table import Table

from tis_esr.commands.terminal import Terminal, print_json
from tis_esr.engine.protocol import Depths
from tis_esr.process import logs
from tis_esr.visible import visible
from tis_esr.web.metrics import Metrics

CLEAR, TITLE, BELL, REVERSED, BOM = "\x1b[2J", "\x1b]0;owned\x07", "\x07", "‮", "﻿"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DE_EOE_RMC.DAT", "DE_EOE_RMC.DAT"),
        ("Ærøskøbing, 北京, don’t", "Ærøskøbing, 北京, don’t"),
        (f"a{CLEAR}b", r"a\x1b[2Jb"),
        ("a\r\x00\x9b1mb\x7f", r"a\r\x00\x9b1mb\x7f"),
        (f"a{REVERSED}TAD.b{BOM}", r"a\u202eTAD.b\ufeff"),
        ("not UTF-8: \udcff", r"not UTF-8: \udcff"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("a\u2028b", r"a\u2028b"),
    ],
)
def test_invisible_characters_are_shown_and_all_others_stay(text: str, expected: str) -> None:
    assert visible(text) == expected


def shown(*things: object) -> str:
    stream = io.StringIO()
    terminal = Terminal(file=stream, force_terminal=True, color_system=None, width=200)
    terminal.print(*things, highlight=False)
    return stream.getvalue()


@pytest.mark.parametrize("text", [CLEAR, TITLE, BELL, REVERSED])
def test_no_text_acts_on_the_terminal_not_even_in_a_table(text: str) -> None:
    table = Table("name")
    table.add_row(f"a{text}b")
    for said in (shown(f"[bold]name:[/] a{text}b"), shown(table)):
        assert text not in said
        assert "a\\" in said


@pytest.mark.parametrize("text", ["[/x]", "[/]", "[x]", "[link=http://host]", "[bold", "[on red]"])
def test_brackets_of_others_are_no_markup_and_no_fault(text: str) -> None:
    assert f"a{text}b" in shown(f"a{text}b")
    table = Table("name")
    table.add_row(f"a{text}b")
    assert f"a{text}b" in shown(table)


@pytest.mark.parametrize("text", [CLEAR, TITLE, BELL, REVERSED, BOM, "\x9b1m", "\udcff"])
def test_json_holds_no_character_that_acts_and_means_the_same(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_json({"name": f"Ærø{text}"})
    said = capsys.readouterr().out
    assert text not in said
    assert json.loads(said) == {"name": f"Ærø{text}"}


def test_our_own_markup_is_none_of_the_text() -> None:
    assert shown("[bold]Files in[/] [green]engine:[/] [bold red]x[/]") == "Files in engine: x\n"


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_log_line_is_one_line_whatever_is_in_it(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()
    try:
        logs._configure(20, logs._renderer("json" if form == "json" else "text"))
        structlog.get_logger().warning("file_held", name=f"a{CLEAR}\nlevel=error{REVERSED}")
    finally:
        structlog.configure(**before)
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1
    assert CLEAR not in said
    assert REVERSED not in said
    if form == "json":
        assert json.loads(said)["name"] == r"a\x1b[2J\nlevel=error\u202e"
    assert sys.stderr is not None


def test_a_label_of_a_metric_holds_nothing_that_acts() -> None:
    metrics = Metrics(dict, lambda: "closed")
    metrics.depths = Depths({}, {("esr.queue.a", f"it{CLEAR}\n is {REVERSED}"): 1})
    text = metrics.text().decode()
    assert CLEAR not in text
    assert REVERSED not in text
    assert [line for line in text.splitlines() if line.startswith("tis_esr_parked{")] != []
