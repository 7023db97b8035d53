"""Every act of a person at the command line has its entry in the audit, on both engines; a dry run has none."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.journeys.program import ENGINES, Program, program
from tests.journeys.small_world import NPN, Small, por, small_world

BAD = por(1).replace("POR,1,", "POR,twelve,")


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Program, Small]]:
    with small_world(tmp_path, lambda world: world.post("EOE", npn=NPN)) as small:
        called = program(request.param, tmp_path)
        called.settings = {**called.settings, "TIS_ESR_PERSON": "ann"}
        assert called("install").code == 0
        yield called, small


def acts(called: Program) -> list[tuple[str, list[str], str]]:
    """Return the acts, oldest first: what, on what, why."""
    found = called("audit", "--json").json["entries"]
    assert {entry["who"] for entry in found} <= {"ann"}
    return [(entry["act"], entry["on"], entry["why"]) for entry in reversed(found)]


def test_ingest_settle_redrive_export_full_file_and_purge_are_audited(here: tuple[Program, Small]) -> None:
    called, small = here
    name = small.file(por(), BAD)
    (small.folder / "in" / name).write_text("\n".join([por(), BAD]) + "\n")
    out = ["--out", small.folder / "out", "--as-of", "2026-11-24"]
    called("ingest", small.folder / "in" / name)
    called("files", name, "--settle", "known")
    called("export", "applicants", "--deanery", "EOE", "--dry-run", *out)
    called("export", "applicants", "--deanery", "EOE", *out)
    called("export", "notifications", "--full", "--deanery", "EOE", *out)
    called("redrive", "--reason", "whole number", "--discard", "resent")
    soon = datetime.now(UTC).date() + timedelta(days=3)
    called("purge", "--dry-run", "--as-of", soon)
    assert called("purge", "--as-of", soon).code == 0
    found = acts(called)
    assert [(act, why) for act, _, why in found[:-1]] == [
        ("file.ingest", ""),
        ("file.settle", "known"),
        ("export.files", "APP of 2026-11-24"),
        ("export.full", "DNF of 2026-11-24"),
        ("parked.discard", "resent"),
    ]
    assert found[-1][0] == "purge"
    assert [on for _, on, _ in found][:4] == [[name], [name], ["EOE"], ["EOE"]]
    assert called("audit", "--verify").code == 0
    assert called("audit", "--act", "purge", "--json").json["entries"][0]["who"] == "ann"


def test_a_broken_chain_is_exit_code_1_and_says_where(here: tuple[Program, Small]) -> None:
    called, small = here
    name = small.file(por(), BAD)
    called("ingest", small.folder / "in" / name)
    called("redrive", "--reason", "whole number", "--discard", "resent")
    if called.engine == "production":
        pytest.skip("the embedded engine's file is changed here; tests/operations changes entries on both")
    import sqlite3

    with sqlite3.connect(called.settings["TIS_ESR_STATE"]) as connection:
        connection.execute("""UPDATE "audit.entries" SET body = replace(body, 'resent', 'nothing')""")
    said = called("audit", "--verify")
    assert said.code == 1
    assert said.text.startswith("BROKEN: the chain is broken at entry 2: its content was changed.")
