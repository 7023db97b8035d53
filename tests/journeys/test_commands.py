"""The program as somebody uses it: every mistake is one plain line and an exit code, never a stack trace."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tis_esr import wall_clock
from tis_esr.cli import app
from tis_esr.simulation.tcs.server import Running, running_simulator

README = Path(__file__).parents[2] / "README.md"
NOBODY = "http://127.0.0.1:9/tcs"


def call(*words: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    assert "Traceback" not in result.output
    return result.exit_code, result.output


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "day"
    assert call("synthesize", "--out", folder, "--posts", "60", "--as-of", "2026-11-24")[0] == 0
    return folder


@pytest.fixture
def tcs(made: Path) -> Iterator[Running]:
    with running_simulator(made / "tcs") as running:
        yield running


def day(made: Path, place: Path, tcs: str, *more: str | Path) -> tuple[int, str]:
    return call(
        "day", "--in", made / "in", "--out", place / "out", "--tcs", tcs, "--as-of", "2026-11-24",
        "--state", place / "state", *more,
    )  # fmt: skip


def test_demo_ends_in_files_and_numbers(tmp_path: Path) -> None:
    code, said = call("demo", "--dir", tmp_path / "demo", "--as-of", "2026-11-24")
    assert code == 1
    assert "Parked messages: 4" in said
    assert "Exit code 1: " in said
    for words in (
        "Files in",
        "Files out",
        "DE_EMD_APP_20261124_00000001.DAT",
        "Positions:",
        "Parked",
        "Invalid data",
    ):
        assert words in said
    assert list((tmp_path / "demo" / "out").glob("*.DAT"))


def test_demo_of_three_days_ends_with_what_each_side_believes(tmp_path: Path) -> None:
    code, said = call("demo", "--days", "3", "--dir", tmp_path / "demo", "--as-of", "2026-11-24")
    assert code == 1
    first, _, rest = said.partition("Day 2, 25 Nov 2026")
    alone = call("demo", "--dir", tmp_path / "one", "--as-of", "2026-11-24")[1]
    day, browser, ending = alone.replace(str(tmp_path / "one"), str(tmp_path / "demo")).partition(
        "To look at"
    )
    assert first.rstrip() == day.rstrip()
    assert rest.rstrip().endswith((browser + ending).rstrip())
    assert "Day 3, 26 Nov 2026" in rest
    table = {" ".join(words[:-3]): words[-3:] for line in rest.splitlines() if len(words := line.split()) > 4}
    assert table["Positions, not deleted"] == ["-", "138", "138"]
    assert table["Applicants sent"] == ["140", "142", "142"]
    for what in (
        "Applicants confirmed",
        "Applicants rejected",
        "Notifications sent",
        "Notifications confirmed",
    ):
        assert table[what][1] == table[what][2]
    assert table["Files quarantined"] == ["-", "-", "0"]
    assert "Records that differ in ESR: 0" in rest


@pytest.mark.parametrize(
    ("now", "came"),
    [
        (datetime(2026, 11, 24, 0, 5, tzinfo=UTC), "2026-11-24T00:05"),
        (datetime(2026, 11, 24, 16, 37, tzinfo=UTC), "2026-11-24T14:20"),
        (datetime(2026, 11, 26, 23, 59, tzinfo=UTC), "2026-11-24T14:20"),
    ],
)
def test_a_demo_is_in_time_whatever_the_time_is(
    now: datetime, came: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall_clock, "now", lambda: now)
    state = tmp_path / "demo" / "state.sqlite"
    call("demo", "--dir", tmp_path / "demo", "--as-of", "2026-11-24")
    board = json.loads(call("board", "--day", "2026-11-24", "--state", state, "--json")[1])
    parked = json.loads(call("parked", "--state", state, "--json")[1])
    here = [cell for cell in board["cells"] if cell["came_at"]]
    assert {cell["came_at"][:16] for cell in here} == {came}
    assert not any(cell["is_late"] for cell in here)
    assert {message["parked_at"][:16] for message in parked} <= {came, f"{came[:-1]}{int(came[-1]) + 1}"}


def test_demo_replaces_its_own_folder_and_no_other(tmp_path: Path) -> None:
    assert call("demo", "--dir", tmp_path / "demo")[0] == 1
    assert call("demo", "--dir", tmp_path / "demo")[0] == 1
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    code, said = call("demo", "--dir", tmp_path / "mine")
    assert code == 2
    assert "was not created by tis-esr demo" in said
    assert (tmp_path / "mine" / "thesis.txt").exists()


def test_day_prints_json_and_says_by_its_code_that_something_is_parked(
    made: Path, tmp_path: Path, tcs: Running
) -> None:
    code, said = day(made, tmp_path, tcs.url, "--json")
    assert code == 1
    summary = json.loads(said)
    assert len(summary["parked"]) == 4
    assert set(summary["waiting"].values()) == {0}


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (["day", "--in", "nowhere", "--out", "o", "--tcs", NOBODY], 2, "nowhere: no such folder"),
        (["day", "--in", ".", "--out", "o", "--tcs", "ftp://host"], 2, "ftp://host"),
        (
            ["day", "--in", ".", "--out", "o", "--tcs", NOBODY, "--as-of", "yesterday"],
            2,
            "'yesterday' is not a valid date",
        ),
        (["day", "--in", "."], 2, "--out"),
        (["tcs-simulator", "--data", "nowhere"], 2, "nowhere: no such folder"),
        (["ingest", "nowhere.DAT"], 2, "nowhere.DAT: no such file"),
        (["export", "applicants", "--state", "nowhere"], 2, "nowhere: no such state file"),
        (["why", "1", "--state", "nowhere"], 2, "nowhere can't be used as state: no such file"),
        (["synthesize", "--out", "."], 2, "is not empty"),
        (["nonsense"], 2, "nonsense"),
    ],
)
def test_a_mistake_is_named(
    words: list[str], code: int, expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "something").touch()
    got, said = call(*words)
    assert (got, expected in said) == (code, True), said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TIS_ESR_TCS_CONCURRENCY", "many"),
        ("TIS_ESR_TCS_TIMEOUT_SECONDS", "-1"),
        ("TIS_ESR_PATIENCE_SECONDS", "0"),
    ],
)
def test_a_bad_setting_is_named(
    name: str, value: str, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    code, said = day(made, tmp_path, NOBODY)
    assert code == 2
    assert name in said


def test_a_bad_settings_file_is_named(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tis-esr.toml").write_text("tcs_concurency = 3\n")
    code, said = day(made, tmp_path, NOBODY)
    assert code == 2
    assert "tcs_concurency" in said


def test_a_tcs_that_is_not_there_is_code_3_and_the_next_call_goes_on(
    made: Path, tmp_path: Path, tcs: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIS_ESR_PATIENCE_SECONDS", "0.1")
    code, said = day(made, tmp_path, NOBODY)
    assert code == 3
    assert "stopped: TCS: " in said
    assert day(made, tmp_path, tcs.url)[0] == 1


def test_state_that_is_in_use_or_no_state_is_said(made: Path, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no database at all, and long enough to be read as one" * 10)
    code, said = day(made, tmp_path, NOBODY)
    assert code == 2
    assert "state can't be used as state" in said


def test_files_that_are_none_of_esrs_are_refused_and_their_neighbours_taken(
    tmp_path: Path, tcs: Running
) -> None:
    inbound = tmp_path / "in"
    inbound.mkdir()
    (inbound / "letter.txt").write_text("Dear trust")
    (inbound / "DE_EOE_RMC_20261124_00000001.DAT").write_bytes(b"PK\x03\x04\0\0\0\0")
    (inbound / "DE_EOE_APP_20261124_00000002.DAT").write_text("TRL,1\n")
    (inbound / "DE_EOE_RMC_20261124_00000003.DAT").write_text("")
    (inbound / "DE_EOE_RMC_20261124_00000004.DAT").write_text('POR,1,"","C",2,"T","EOE/1"\nTRL,2\n')
    code, said = call(
        "day",
        "--in",
        inbound,
        "--out",
        tmp_path / "out",
        "--tcs",
        tcs.url,
        "--state",
        tmp_path / "state",
        "--json",
    )
    assert code == 1
    files = {file["name"]: (file["state"], file["reason"]) for file in json.loads(said)["files_in"]}
    assert files["letter.txt"][0] == "REFUSED"
    assert files["DE_EOE_RMC_20261124_00000001.DAT"] == ("REFUSED", "it is not a text file")
    assert files["DE_EOE_APP_20261124_00000002.DAT"] == (
        "REFUSED",
        "APP files are outbound files, not sent by ESR",
    )
    assert files["DE_EOE_RMC_20261124_00000003.DAT"] == ("SPLIT", "it is empty")
    assert files["DE_EOE_RMC_20261124_00000004.DAT"] == ("SPLIT", "")


def test_a_file_taken_before_is_refused_and_another_of_its_name_too(tmp_path: Path) -> None:
    file, state = tmp_path / "DE_EOE_RMC_20261124_00000004.DAT", tmp_path / "state"
    file.write_text("TRL,1\n")
    assert call("ingest", file, "--state", state)[0] == 0
    assert "already processed" in call("ingest", file, "--state", state)[1]
    file.write_text("TRL,2\n")
    assert "with other content was processed before" in call("ingest", file, "--state", state)[1]


def test_export_by_hand_says_first_and_then_does(made: Path, tmp_path: Path, tcs: Running) -> None:
    day(made, tmp_path, tcs.url)
    words = [
        "export",
        "applicants",
        "--out",
        tmp_path / "more",
        "--state",
        tmp_path / "state",
        "--as-of",
        "2026-11-25",
    ]
    code, said = call(*words, "--deanery", "EMD", "--dry-run")
    assert code == 0
    number = int(re.findall(r"EMD: (\d+) rows would be exported", said)[0])
    code, said = call(*words)
    assert f"DE_EMD_APP_20261125_00000014.DAT: {number} rows" in said
    code, said = call(*words)
    rest = [line for line in said.splitlines() if "nothing new to send" not in line]
    assert (code, rest[:1], rest[3:]) == (
        0,
        ["Too late to send: 1 applicant record (placement:position)"],
        [],
    )
    assert call(*words, "--deanery", "XXX")[0] == 2


def test_why_answers_for_each_kind_of_word(made: Path, tmp_path: Path, tcs: Running) -> None:
    day(made, tmp_path, tcs.url)
    state = ["--state", tmp_path / "state", "--as-of", "2026-11-24"]
    assert (
        "was sent to ESR on 24 Nov 2026 in DE_EMD_APP_20261124_00000001.DAT, row "
        in call("why", "1900002", *state)[1]
    )
    assert "is matched to post 100001" in call("why", "6000001", *state)[1]
    assert "is matched to post 100001" in call("why", "26000001", *state)[1]
    assert "has the number KSS/UNKNOWN/000/STR/1" in call("why", "KSS/UNKNOWN/000/STR/1", *state)[1]
    assert "no applicant record is produced: it has started already" in call("why", "7200001", *state)[1]
    code, said = call("why", "12345", *state)
    assert code == 1
    assert "is not known here" in said
    explained = json.loads(call("why", "1900002", *state, "--json")[1])
    assert explained["answers"][0]["who"] == "nobody"
    assert any("esr.queue.por.split: Done" in event["what"] for event in explained["timeline"])


@pytest.mark.parametrize(
    "command", ["", "demo", "day", "synthesize", "tcs-simulator", "ingest", "export", "why"]
)
def test_every_command_has_help(command: str) -> None:
    assert call(*filter(None, [command]), "--help")[0] == 0


@pytest.mark.parametrize(
    ("loading", "said"),
    [
        ("tis_esr.settings", "tis-esr: stopped at once. Run the same command again to continue\n"),
        (
            "tis_esr.commands.demo",
            "tis-esr: stopped; nothing is lost. Run the same command again to continue\n",
        ),
    ],
)
def test_an_interrupt_while_the_program_is_being_loaded_is_one_line(
    loading: str, said: str, tmp_path: Path
) -> None:
    interrupt = f"""
import os, signal, sys

class Interrupt:
    def find_spec(self, name, *_):
        if name == {loading!r}:
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it
sys.meta_path.insert(0, Interrupt())
from tis_esr.start import main; main()
"""
    ended = subprocess.run(
        [sys.executable, "-c", interrupt, "demo"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (130, said)
    assert not list(tmp_path.iterdir())


def test_an_interrupt_while_the_commands_are_put_together_is_one_line(tmp_path: Path) -> None:
    interrupt = """
import os, signal, typer.main
put_together = typer.main.get_command_from_info

def interrupted(*args, **options):
    os.kill(os.getpid(), signal.SIGINT)
    return put_together(*args, **options)

signal.signal(signal.SIGINT, signal.default_int_handler)
typer.main.get_command_from_info = interrupted
from tis_esr.start import main; main()
"""
    ended = subprocess.run(
        [sys.executable, "-c", interrupt, "demo"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.stderr == "tis-esr: stopped at once. Run the same command again to continue\n"
    assert ended.returncode == 130


def test_the_installed_program_is_the_one_that_takes_interrupts() -> None:
    project = tomllib.loads((README.parent / "pyproject.toml").read_text())
    assert project["project"]["scripts"] == {"tis-esr": "tis_esr.start:main"}


def test_the_readme_opens_with_the_two_commands() -> None:
    assert "```\nmake run\nmake test\n```" in README.read_text()


def test_the_commands_of_the_readme_work(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "from tis_esr.start import main; main()"]
    assert subprocess.run([*program, "demo"], cwd=tmp_path, capture_output=True, check=False).returncode == 1
    [words] = re.findall(r"^\$ tis-esr (why [^|\n]*)", README.read_text(), re.MULTILINE)
    said = subprocess.run(
        [*program, *words.split()], cwd=tmp_path, check=True, capture_output=True, text=True
    ).stdout
    assert "Who must act" in said
