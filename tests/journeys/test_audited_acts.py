"""Every act of a person at the command line has its entry in the audit, on both engines; a dry run has none."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.journeys.program import ENGINES, Program, program
from tests.journeys.small_world import NPN, Small, por, small_world
from tests.journeys.test_reconciling import a_day

from tis_esr.simulation.tcs.switches import Switches

REMARK = ("--why", "resent", "--ticket", "T1", "--review", "2099-01-01")
BAD = por(1).replace("POR,1,", "POR,twelve,")


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Program, Small]]:
    with small_world(tmp_path, lambda world: world.post("EOE", npn=NPN)) as small:
        called = program(request.param, tmp_path)
        called.settings = {**called.settings, "TIS_ESR_PERSON": "ann"}
        assert called("install").code == 0
        yield called, small


def acts(called: Program) -> list[tuple[str, list[str], str, str]]:
    """Return the acts, oldest first: what, on what, why, with which result."""
    found = called("audit", "--json").json["entries"]
    assert {entry["who"] for entry in found} <= {"ann"}
    return [(entry["act"], entry["on"], entry["why"], entry["result"]) for entry in reversed(found)]


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
    called("parked", "discard", "--reason", "whole number", *REMARK)
    soon = datetime.now(UTC).date() + timedelta(days=3)
    called("purge", "--dry-run", "--as-of", soon)
    assert called("purge", "--as-of", soon).code == 0
    found = acts(called)
    request = called.engine == "production"
    assert [one for one in found if one[0] != "purge"] == [
        ("file.ingest", [name], "", "begun"),
        ("file.ingest", [name], "", f"{name}: Split, 2 rows"),
        ("file.settle", [name], "known", "1 finding settled"),
        *begun("export.files", "APP of 2026-11-24", "no file", requested=request),
        *begun("export.full", "DNF of 2026-11-24", "no file", requested=request),
        ("parked.discard", found[-3][1], "resent, T1, review on 2099-01-01", "1 discarded"),
    ]
    assert [(act, why) for act, _, why, _ in found[-2:]] == [("purge", f"as of {soon}")] * 2
    assert [result for *_, result in found[-2:]] == ["begun", "nothing"]
    assert called("audit", "--verify").code == 0
    assert called("audit", "--act", "purge", "--json").json["entries"][0]["who"] == "ann"


def begun(act: str, why: str, result: str, *, requested: bool) -> list[tuple[str, list[str], str, str]]:
    """Return the entries of an act that running services do on the production engine."""
    results = ["requested"] if requested else ["begun", result]
    return [(act, ["EOE"], why, one) for one in results]


def test_a_day_run_by_hand_is_audited_with_its_result(here: tuple[Program, Small]) -> None:
    called, small = here
    small.file(por())
    a_day(called, small, "2026-11-24")
    found = called("audit", "--act", "day", "--json").json["entries"]
    assert [(one["who"], one["why"], one["result"]) for one in reversed(found)] == [
        ("ann", "as of 2026-11-24", "begun"),
        ("ann", "as of 2026-11-24", "files in: 1 (2 rows); files out: 0 (0 rows)"),
    ]


def test_a_day_that_fails_has_its_failure_as_the_result(here: tuple[Program, Small]) -> None:
    called, small = here
    small.file(por())
    small.tcs.simulator.misbehaviour.switches = Switches(fail_rate=1.0, fail_status=503)
    called.settings["TIS_ESR_PATIENCE_SECONDS"] = "0.2"
    assert a_day(called, small, "2026-11-24").code == 3
    called.settings["TIS_ESR_PATIENCE_SECONDS"] = "30"
    small.tcs.simulator.misbehaviour.switches = Switches()
    assert a_day(called, small, "2026-11-24").code == 0
    results = [result for act, _, _, result in acts(called) if act == "day"]
    assert results[1].startswith("failed: esr.queue.por.saved stopped: TCS")
    assert [results[0], *results[2:]] == ["begun", "begun", "files in: 1 (2 rows); files out: 0 (0 rows)"]


def test_a_broken_chain_is_exit_code_1_and_says_where(here: tuple[Program, Small]) -> None:
    called, small = here
    name = small.file(por(), BAD)
    called("ingest", small.folder / "in" / name)
    called("parked", "discard", "--reason", "whole number", *REMARK)
    if called.engine == "production":
        pytest.skip("the embedded engine's file is changed here; tests/operations changes entries on both")
    import sqlite3

    with sqlite3.connect(called.settings["TIS_ESR_STATE"]) as connection:
        connection.execute("""UPDATE "audit.entries" SET body = replace(body, 'resent', 'nothing')""")
    said = called("audit", "--verify")
    assert said.code == 1
    assert said.text.startswith("BROKEN: the chain is broken at entry 3: its content was changed.")
