"""Every act of a person at the command line leaves its entry in the audit; a dry run and an act that is refused leave none."""

from pathlib import Path

import pytest
from tests.journeys.program import program
from tests.journeys.small_world import NPN, por

FIRST, THIRD = (f"DE_EOE_RMC_20261124_0000010{number}.DAT" for number in (1, 3))


@pytest.mark.parametrize("engine", ["embedded", "production"])
def test_every_act_leaves_its_entry_in_their_order(engine: str, tmp_path: Path) -> None:
    run = program(engine, tmp_path)
    inbound = tmp_path / "in"
    inbound.mkdir()
    for number, name in enumerate((FIRST, THIRD)):
        (inbound / name).write_text(f"{por(number + 1, NPN)}\nTRL,1\n")
    assert run("install").code == 0
    run("ingest", inbound / FIRST, inbound / THIRD)
    run("export", "applicants", "--deanery", "EOE", "--out", tmp_path / "out", "--dry-run")
    run("export", "applicants", "--deanery", "EOE", "--out", tmp_path / "out")
    run("export", "notifications", "--full", "--deanery", "EOE", "--out", tmp_path / "out")
    [gap] = run("files", "--json").json["gaps"]
    assert run("files", gap["name"], "--settle", "ESR skipped it").code == 0
    assert run("files", gap["name"], "--settle", "ESR skipped it").code == 2
    entries = run("audit", "--json").json["entries"]
    assert [(entry["act"], entry["on"]) for entry in reversed(entries)] == [
        ("file.ingest", [FIRST, THIRD]),
        ("export.files", ["EOE"]),
        ("export.full", ["EOE"]),
        ("file.settle", [gap["name"]]),
    ]
    assert entries[0]["why"] == "ESR skipped it"
