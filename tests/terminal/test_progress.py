"""Bars have a total, a rate and the time left, and begin where an earlier run of the command ended."""

import io
from pathlib import Path

import pytest
from tests.journeys.small_world import por

from tis_esr.commands.day_progress import ended, lines_of
from tis_esr.commands.progress import amount, progress, time_left
from tis_esr.commands.terminal import Terminal
from tis_esr.engine.row_accounting import RowState


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def dumb(stream: io.StringIO) -> Terminal:
    return Terminal(file=stream, force_terminal=True, width=80, _environ={"TERM": "dumb"})


def test_a_dumb_terminal_gets_a_line_as_a_stage_begins_and_every_ten_seconds() -> None:
    stream, clock = io.StringIO(), Clock()
    with progress(dumb(stream), clock) as bars:
        bar = bars.stage("Reading files", "rows", total=47_000, done=12_000)
        for clock.now in range(1, 26):
            bar.advance(1000)
    assert stream.getvalue().splitlines() == [
        "Reading files: 12,000 of 47,000 rows",
        "Reading files: 22,000 of 47,000 rows",
        "Reading files: 32,000 of 47,000 rows",
    ]


def test_a_pipe_gets_nothing() -> None:
    stream = io.StringIO()
    with progress(Terminal(file=stream)) as bars:
        assert not bars.is_shown
        bars.stage("Reading files", "rows", total=2).advance(2)
    assert stream.getvalue() == ""


def test_a_bar_shows_what_an_earlier_run_had_done_and_is_gone_at_the_end() -> None:
    stream = io.StringIO()
    terminal = Terminal(file=stream, force_terminal=True, width=80, _environ={"TERM": "xterm"})
    with progress(terminal) as bars:
        bars.stage("Handling rows", "rows", total=47_000, done=20_000)
    assert "20,000 of 47,000 rows" in stream.getvalue()
    assert stream.getvalue().endswith("\x1b[2K")


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, ""), (0.4, "0:00 left"), (65, "1:05 left"), (3_725, "1:02:05 left")]
)
def test_time_left_is_in_minutes_and_seconds(seconds: float | None, said: str) -> None:
    assert time_left(seconds) == said


def test_an_amount_has_its_total_where_it_is_known() -> None:
    assert (amount(1_200, 47_000), amount(1_200, None)) == ("1,200 of 47,000", "1,200")


def test_the_rows_of_a_day_are_those_of_its_files_in_the_ledger() -> None:
    counts = {
        "a": {RowState.APPLIED: 3, RowState.PENDING: 2},
        "b": {RowState.PARKED: 1},
        "of yesterday": {RowState.APPLIED: 50},
    }
    assert ended(counts, ["a", "b", "not read yet"]) == (4, 6)


def test_rows_to_read_are_counted_in_bounded_memory(tmp_path: Path) -> None:
    (tmp_path / "a").write_text(f"{por()}\nTRL,2\n")
    (tmp_path / "b").write_bytes(b"x" * (3 << 20) + b"\nTRL,2")
    assert lines_of([tmp_path / "a", tmp_path / "b", tmp_path / "gone"]) == 4
