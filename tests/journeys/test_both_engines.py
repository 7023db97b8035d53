"""Every command answers the same on both engines; those with much to say have a file of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.program import ENGINES, Program, Said, program
from tests.journeys.small_world import NPN, Small, por, small_world

from tis_esr.cli import app

BAD = por(1).replace("POR,1,", "POR,twelve,")
TESTS = Path(__file__).parents[1]
UNREADABLE = "esr.queue.unreadable: column positionID (N(15)) is not a whole number"

ELSEWHERE = {
    "why": "test_why",
    "outage": "test_why_files",
    "deadlines": "test_why_files",
    "report": "test_reports",
    "person": "test_person_requests",
    "alarms": "test_alarms",
    "export": "test_export_by_hand",
    "day": "test_day_report",
    "doctor": "test_doctor",
    "processes": "test_processes",
    "purge": "test_purging",
    "reconcile": "test_reconciling",
    "forecast": "test_look_ahead",
    "lint": "test_look_ahead",
    "region": "test_region_start",
    "board": "test_board",
    "promise": "test_look_ahead",
    "digest": "test_board",
    "expectations": "test_board",
    "regenerate": "test_regenerate",
    "recover": "test_recover",
    "reconcile-status": "test_reconcile_status",
    "batch": "test_parked_desk",
    "audit": "test_parked_desk",
    "console": "test_console",
    "run": "test_running_processes, in tests/faults",
    "backup": "test_backups, in tests/upgrades",
    "restore": "test_backups, in tests/upgrades",
}
WITHOUT_ENGINE = {"demo", "synthesize", "tcs-simulator", "asyncapi"}
HERE = {"ingest", "parked", "redrive", "install"}


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Program, Small]]:
    with small_world(tmp_path, lambda world: world.post("EOE", npn=NPN)) as small:
        yield program(request.param, tmp_path), small


def test_every_command_is_tested_on_both_engines_somewhere() -> None:
    commands = {c.name or c.callback.__name__ for c in app.registered_commands if c.callback}
    untested = commands - ELSEWHERE.keys() - WITHOUT_ENGINE - HERE
    assert not untested - {"files"}, "name the file that tests it on both engines"
    for name in ELSEWHERE.values():
        module, *folders = name.split(", in ")
        folder = TESTS / (folders[0].removeprefix("tests/") if folders else "journeys")
        assert (
            '"production"' in (text := (folder / f"{module}.py").read_text())
            or "ENGINES" in text
            or "days" in text
        )


@pytest.mark.parametrize("words", ["parked", "files", "why 1", "redrive 91f7 --why w"])
def test_a_store_that_was_never_made_is_no_empty_one(here: tuple[Program, Small], words: str) -> None:
    called, _ = here
    said = called(*words.split(), TIS_ESR_STATE="mistyped", TIS_ESR_MONGODB_DATABASE="mistyped")
    expected = {
        "embedded": (2, "mistyped can't be used as state: no such file; tis-esr day creates it"),
        "production": (
            3,
            "TIS_ESR_MONGODB_DATABASE: the database mistyped is not installed; run tis-esr install, or correct the name",
        ),
    }[called.engine]
    assert (said.code, expected[1] in said.text) == (expected[0], True), said.text


def test_what_is_ingested_parked_and_discarded_reads_the_same(here: tuple[Program, Small]) -> None:
    called, small = here
    name = small.file(por(), BAD)
    path = small.folder / "in" / name
    said = called("ingest", path)
    assert (said.code, said.text) == (0, f"{name}: Split: 3 rows\n")
    assert called("ingest", path).text == f"{name}: Split: already processed\n"

    waiting = called("parked")
    assert waiting.code == 1
    assert waiting.text.splitlines()[3] == f"     1 {UNREADABLE}"
    assert f"{name} row 2  " in waiting.text
    [trace] = called("parked", "--json").json
    assert (trace["source_file"], trace["row"], trace["queue"]) == (name, 2, "esr.queue.unreadable")

    left = called("redrive", "--reason", "not a whole number", "--why", "again")
    assert (left.code, "no parked message to retry meets the conditions; 1 can only be discarded" in left.text) == (2, True)  # fmt: skip
    remark = "--discard", "resent", "--ticket", "T1", "--review", "2099-01-01"
    discarded = called("redrive", trace["id"], *remark)
    assert (discarded.code, discarded.text) == (
        0,
        "1 discarded. Review on 1 Jan 2099: tis-esr parked list --discarded\n",
    )
    assert called("parked") == Said(0, "Nothing is parked.\n")


def test_install_can_be_repeated(here: tuple[Program, Small]) -> None:
    called, _ = here
    assert called("install").code == 0
    said = called("install", "--check")
    assert said.code == 0
    assert said.text in {
        "OK: nothing is missing.\n",
        "The embedded engine creates its state file by itself; nothing to install.\n",
    }
