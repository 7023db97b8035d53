"""``recover``: what an outage delayed is named, and caught up step by step; a second call does nothing (incidents A13, A16, A17)."""

import asyncio
import json
import os
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.program import ENGINES, Program, Said, program
from tests.journeys.small_world import NPN, Small, por, small_world
from tests.journeys.test_reconciling import a_day
from tests.journeys.test_tasks_killed import running

from tis_esr.engine.embedded.reader import StateReader
from tis_esr.engine.production.server_checks import Finding
from tis_esr.operations.audit.trail import entries
from tis_esr.operations.doctor.check import Check
from tis_esr.reading_settings import load
from tis_esr.simulation.days.generated_world import World

LATER = "EOE/RX1/800/STR/002"
OUTAGE = ("--from", "2026-11-25T09:00", "--to", "2026-11-25T17:30", "--as-of", "2026-11-25")
STEPS = ["DOCTOR", "REDRIVE", "RECONCILE", "SENT_SINCE", "STATUSES", "EXPORTS", "FULL_FILES"]


def two_posts(world: World) -> None:
    for npn in (NPN, LATER):
        world.placement(world.post("EOE", npn=npn), world.person(), 30, 300)


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Program, Small]]:
    """A first day, then an outage of a day in which a file arrives."""
    with small_world(tmp_path, two_posts) as small:
        called = program(request.param, tmp_path)
        small.file(por())
        a_day(called, small, "2026-11-24")
        name = small.file(por(2, LATER), day_number=1)
        os.utime(tmp_path / "in" / name, (1, 1))  # it was written long ago, so it is complete
        yield called, small


def recover(here: tuple[Program, Small], *words: str, **settings: str) -> Said:
    called, small = here
    return called("recover", *OUTAGE, *words, "--tcs", small.tcs.url, **settings)


def json_of(said: Said) -> Any:
    """Return the JSON behind lines of the log."""
    return json.loads(said.text[said.text.index("{\n") :])


def states(found: Any) -> dict[str, str]:
    return {step["step"]: step["state"] for step in found["steps"]}


def without_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the doctor find nothing: that it does is tested elsewhere."""

    async def examine(_: object) -> Any:
        yield Check(name="engine", ok=True, findings=[])

    monkeypatch.setattr("tis_esr.commands.recover.examine", examine)


def test_a_dry_run_says_what_was_missed_and_what_each_step_would_do(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_findings(monkeypatch)
    _, small = here
    out = sorted(path.name for path in (small.folder / "out").iterdir())
    found = recover(here, "--dry-run", "--json").json
    assert states(found) == {step: "LATER" if step != "DOCTOR" else "NEXT" for step in STEPS}
    due = [one for one in found["outage"]["delayed"] if one["kind"] == "files to ESR that were due"]
    assert [(one["number"], one["names"][0], one["is_open"]) for one in due] == [
        (13, "APP EMD 2026-11-25", True),
        (13, "DNC EMD 2026-11-25", True),
    ]
    assert len(found["unfinished"]) == 1
    said = recover(here, "--dry-run", "--dnf", "EOE")
    assert said.code == 0
    assert said.text.startswith("Dry run: nothing is stored, written or sent.\nFrom 25 Nov 2026 09:00:00 to ")
    assert (
        "Later: drive again 1 file that is not split, and requeue 0 parked messages of ESR's files"
        in said.text
    )
    assert "Later: create the DNF of EOE" in said.text
    assert sorted(path.name for path in (small.folder / "out").iterdir()) == out


@pytest.mark.parametrize("here", ["embedded"], indirect=True)
def test_all_steps_together_make_up_for_the_outage_and_the_same_command_does_nothing_more(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_findings(monkeypatch)
    called, small = here
    found = json_of(recover(here, "--yes", "--json"))
    assert states(found) == dict.fromkeys(STEPS, "DONE")
    texts = {step["step"]: step["text"] for step in found["steps"]}
    assert texts["REDRIVE"] == "drove again 1 file, requeued 0 messages"
    assert texts["RECONCILE"] == "compared 2 positions with TIS, and applied the daily rules"
    assert len(small.sent("APP", 1)) == 1
    assert small.sent("DNC", 1)
    out = sorted(path.name for path in (small.folder / "out").iterdir())
    again = recover(here, "--yes")
    assert (again.code, again.text.splitlines()[-1]) == (0, "The recovery is finished.")
    assert sorted(path.name for path in (small.folder / "out").iterdir()) == out
    assert "created the DNF of EOE" in recover(here, "--yes", "--dnf", "EOE").text
    with closing(StateReader(called.folder / "state.sqlite")) as reader:
        acts = [(one.act, one.result) for one in entries(reader) if one.act.startswith("recover.")]
    assert [act for act, result in acts[2:] if result != "begun"] == [
        f"recover.{step.lower()}" for step in reversed(STEPS)
    ]
    assert acts[3::2] == [(f"recover.{step.lower()}", "begun") for step in reversed(STEPS)]
    assert acts[0] == ("recover.full_files", "created the DNF of EOE")


@pytest.mark.parametrize("here", ["embedded"], indirect=True)
def test_a_recovery_that_leaves_something_to_a_person_ends_with_code_1_and_only_then(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_findings(monkeypatch)
    monkeypatch.setattr("tis_esr.operations.reconciling.Comparison.parked", lambda _: 2)
    said = recover(here, "--yes")
    assert (said.code, said.text.splitlines()[-1]) == (
        1,
        "The recovery is finished. What it left to a person is said with its steps.",
    )
    assert "2 messages were parked meanwhile (tis-esr parked)" in said.text
    assert recover(here, "--yes").code == 0


@pytest.mark.parametrize("here", ["embedded"], indirect=True)
def test_it_stops_before_a_step_that_is_not_confirmed_and_goes_on_there(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_findings(monkeypatch)
    answers = iter([True, True, False])
    monkeypatch.setattr("typer.confirm", lambda _: next(answers))
    said = recover(here)
    assert said.code == 1
    assert re.search(r"^stopped before: compare 1 position with TIS", said.text, re.MULTILINE)
    found = recover(here, "--dry-run", "--json").json
    assert states(found) == {
        "DOCTOR": "DONE", "REDRIVE": "DONE", "RECONCILE": "NEXT", "SENT_SINCE": "LATER", "STATUSES": "LATER", "EXPORTS": "LATER",
        "FULL_FILES": "LATER",
    }  # fmt: skip


@pytest.mark.parametrize("here", ["embedded"], indirect=True)
def test_a_recovery_that_goes_on_days_later_exports_as_of_that_day_and_says_so(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    without_findings(monkeypatch)
    _, small = here
    answers = iter([True, True, True, True, True, False])
    monkeypatch.setattr("typer.confirm", lambda _: next(answers))
    said = recover(here)
    assert "stopped before: export what was missed, as of 25 Nov 2026: APP of EMD" in said.text
    later = ("--as-of", "2026-11-26")
    found = recover(here, *later, "--dry-run", "--json").json
    assert (found["day"], found["begun"]) == ("2026-11-26", "2026-11-25")
    said = recover(here, *later, "--yes")
    assert said.code == 0, said.text
    assert "as of 26 Nov 2026 (the recovery began on 25 Nov 2026): APP of EMD" in said.text
    assert (small.sent("APP", 1), len(small.sent("APP", 2))) == ([], 1)


@pytest.mark.parametrize("here", ["embedded"], indirect=True)
def test_nothing_is_done_while_the_doctor_finds_something(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def examine(_: object) -> Any:
        yield Check(
            name="TCS", ok=False, findings=[Finding("TIS_ESR_TCS_URL", "could not connect", "start it")]
        )

    monkeypatch.setattr("tis_esr.commands.recover.examine", examine)
    said = recover(here, "--yes")
    assert said.code == 3
    assert "Waiting: check the installation (tis-esr doctor): TCS: could not connect" in said.text


@pytest.mark.timeout(180)
async def test_running_services_do_the_steps(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    called, small = here
    if called.engine == "embedded":
        pytest.skip("one process has the state file")
    without_findings(monkeypatch)
    for name, value in called.settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TIS_ESR_TCS_URL", small.tcs.url)
    monkeypatch.setattr("tis_esr.process.serving_process.log_events", lambda _: None)
    async with running(load()):
        said = await asyncio.to_thread(recover, here, "--yes", "--json")
    assert said.code == 0, said.text
    assert states(json_of(said)) == dict.fromkeys(STEPS, "DONE")


@pytest.mark.parametrize("here", ["embedded"], indirect=True)
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--from", "2026-11-25T18:00"), "--to: 25 Nov 2026 17:30:00 is not after 25 Nov 2026 18:00:00"),
        (
            ("--to", "2026-11-26T00:01"),
            "--to: 26 Nov 2026 00:01:00 is after 25 Nov 2026; name a time at which",
        ),
        (
            ("--from", "2026-01-01"),
            "--from: 1 Jan 2026 00:00:00 is more than 60 days before 25 Nov 2026 17:30:00",
        ),
        (("--from", "noon"), "--from: 'noon' is not a valid date and time"),
        (("--dnf", "eoe"), "--dnf: 'eoe' must be one of"),
        (("--json",), "--json: needs --yes or --dry-run"),
    ],
)
def test_an_outage_that_can_not_be_is_a_usage_error(
    here: tuple[Program, Small], words: tuple[str, ...], expected: str
) -> None:
    said = recover(here, *words)
    assert (said.code, expected in said.text) == (2, True), said.text
