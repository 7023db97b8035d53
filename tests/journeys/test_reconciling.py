"""``reconcile``: what nobody reported of TIS is found at once; a dry run says what the day will do, and does nothing."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.program import ENGINES, Program, Said, program
from tests.journeys.small_world import NPN, Small, por, small_world
from tests.journeys.test_tasks_killed import running

from tis_esr.operations import waiting_for_services
from tis_esr.reading_settings import load
from tis_esr.simulation.days.generated_world import World

LATER = "EOE/RX1/800/STR/002"


def two_posts(world: World) -> None:
    """Two to come in one post; of the other post nothing is known yet."""
    post = world.post("EOE", npn=NPN)
    world.placement(post, world.person(), 30, 300)
    world.placement(post, world.person(), 40, 300)


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Program, Small]]:
    with small_world(tmp_path, two_posts) as small:
        called = program(request.param, tmp_path)
        small.file(por(), por(2, LATER))
        assert a_day(called, small, "2026-11-24").code == 0
        yield called, small


def a_day(called: Program, small: Small, day: str) -> Said:
    return called(
        "day",
        "--in",
        small.folder / "in",
        "--out",
        small.folder / "out",
        "--tcs",
        small.tcs.url,
        "--as-of",
        day,
    )


def reconcile(called: Program, small: Small, *words: str) -> Said:
    return called("reconcile", "--as-of", "2026-11-25", "--deanery", "EOE", "--tcs", small.tcs.url, *words)


def change(small: Small) -> None:
    """Of the two one is moved to a later day, which nobody reports, and one is deleted; the other post is made."""
    moved, deleted = (placement["id"] for placement in small.world.placements)
    store = small.tcs.simulator.store
    store.put_placement({**store.placements[moved], "dateTo": "2027-11-01"})
    store.remove_placement(deleted)
    store.put_post({"id": 99, "nationalPostNumber": LATER, "status": "CURRENT"})


def test_a_dry_run_says_what_the_next_day_then_does_and_does_nothing(here: tuple[Program, Small]) -> None:
    called, small = here
    change(small)
    out = sorted(path.name for path in (small.folder / "out").iterdir())
    calls = small.tcs.simulator.store.post_events[:]
    said = reconcile(called, small, "--dry-run")
    assert said.code == 0
    assert said.text.startswith("Dry run as of 25 Nov 2026: 2 positions compared with TIS.")
    assert reconcile(called, small, "--dry-run").text == said.text
    assert sorted(path.name for path in (small.folder / "out").iterdir()) == out
    assert small.tcs.simulator.store.post_events == calls
    planned = {
        name: int(rows) for rows, name in re.findall(r"EOE: (\d+) rows would be sent in (\S+)", said.text)
    }
    a_day(called, small, "2026-11-25")
    sent = {
        path.name: len(path.read_text().splitlines()) - 2
        for path in (small.folder / "out").iterdir()
        if path.name not in out
    }
    assert planned == sent
    assert sent


def test_a_dry_run_lists_each_record_that_would_be_another_one(here: tuple[Program, Small]) -> None:
    called, small = here
    change(small)
    moved, deleted = (placement["id"] for placement in small.world.placements)
    found = reconcile(called, small, "--dry-run", "--json").json
    assert found["positions"] == 2
    assert {(change["kind"], change["position_id"], change["effect"]) for change in found["changes"]} == {
        ("4", 1, "new"),
        ("2", 1, "new"),
        ("1", 1, "new"),
        ("5", 2, "new"),
    }
    assert {str(moved), str(deleted)} <= set(re.findall(r"\d{4,}", str(found["changes"])))


def test_a_dry_run_knows_what_a_record_that_waits_to_be_resent_was_sent_with(
    here: tuple[Program, Small],
) -> None:
    """ESR rejected it, TIS had other data for a while: with the data that ESR rejected it is not sent."""
    called, small = here
    if called.engine == "production":
        pytest.skip("a rejected record waits here until a DataExporter runs")
    app = "DE_EOE_APP_20261124_00000008.DAT"
    rejected = f'APC,"{NPN}",FAIL,"ERROR","","",,1,1001,1\nTRL,1\n'
    (small.folder / "in" / app.replace("APP", "APC")).write_text(rejected)
    a_day(called, small, "2026-11-25")
    store, first = small.tcs.simulator.store, small.world.placements[0]["id"]
    before = store.placements[first]
    store.put_placement({**before, "dateTo": "2027-11-01"})
    reconcile(called, small)
    assert [file["rows"] for file in reconcile(called, small, "--dry-run", "--json").json["files"]][:1] == [1]
    store.put_placement(before)
    said = reconcile(called, small, "--dry-run", "--json").json
    assert [file for file in said["files"] if "_APP_" in file["name"]] == []


def test_what_changed_in_tis_is_found_at_once_and_as_often_as_it_is_asked_for(
    here: tuple[Program, Small],
) -> None:
    called, small = here
    if called.engine == "production":
        pytest.skip("there running services do it, as the next test shows")
    change(small)
    said = reconcile(called, small)
    assert (said.code, said.text.splitlines()[0]) == (
        0,
        "2 positions were compared with TIS, and the daily rules applied as of 25 Nov 2026.",
    )
    assert (
        "4 rows would be exported"
        in called("export", "notifications", "--as-of", "2026-11-25", "--dry-run").text
    )
    small.tcs.simulator.store.remove_placement(small.world.placements[0]["id"])
    assert reconcile(called, small, "--json").json["positions"] == 2
    assert reconcile(called, small, "--dry-run", "--json").json["changes"] == []


def test_what_was_parked_in_the_comparison_is_said_with_exit_code_1(here: tuple[Program, Small]) -> None:
    called, small = here
    if called.engine == "production":
        pytest.skip("there running services do it")
    post = next(one for one in small.tcs.simulator.store.posts.values() if one["nationalPostNumber"] == NPN)
    post["status"] = {"code": 1}
    said = reconcile(called, small)
    notice = "1 message was parked meanwhile; tis-esr parked says why, and who acts"
    assert (said.code, said.text.splitlines()[-2]) == (1, notice)
    [entry, _] = called("audit", "--act", "reconcile", "--json").json["entries"]
    assert entry["result"].endswith("messages parked: 1")


async def test_running_services_compare_on_request_and_it_says_when_they_have(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    called, small = here
    if called.engine == "embedded":
        pytest.skip("one process has the state file")
    for name, value in called.settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TIS_ESR_TCS_URL", small.tcs.url)
    monkeypatch.setattr("tis_esr.process.serving_process.log_events", lambda _: None)
    monkeypatch.setattr(waiting_for_services, "SILENT_SECONDS", 0.5)
    silent = await asyncio.to_thread(reconcile, called, small)
    assert silent.code == 3
    assert "2 positions are still to be compared, and none was for" in silent.text
    monkeypatch.setattr(waiting_for_services, "SILENT_SECONDS", 60.0)
    async with running(load()):
        said = await asyncio.to_thread(reconcile, called, small)
    assert said.code == 0
    compared = "2 positions were compared with TIS, and the daily rules applied as of 25 Nov 2026."
    assert compared in said.text.splitlines(), "beside warnings of the services, which run in this process"
