"""``reconcile-status``: statuses that TIS lost are found and sent again, none twice (incidents A9 to A11: 3,786 rows by SQL)."""

import asyncio
import json
import sqlite3
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
from tis_esr.operations.audit.trail import entries
from tis_esr.operations.status_check import comparing
from tis_esr.reading_settings import load
from tis_esr.services.data_exporter.outbound import OutboundState
from tis_esr.simulation.days.generated_world import World

OTHER = "EOE/RX1/800/STR/002"


def two_posts(world: World) -> None:
    for npn in (NPN, OTHER):
        world.placement(world.post("EOE", npn=npn), world.person(), 30, 300)


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Program, Small]]:
    with small_world(tmp_path, two_posts) as small:
        called = program(request.param, tmp_path)
        small.file(por(), por(2, OTHER))
        a_day(called, small, "2026-11-24")
        yield called, small


def compare(here: tuple[Program, Small], *words: str) -> Said:
    called, small = here
    return called("reconcile-status", *words, "--tcs", small.tcs.url, "--as-of", "2026-11-25")


def events(small: Small) -> dict[int, list[dict[str, Any]]]:
    """Return what TCS lists on placements."""
    return {key: list(some) for key, some in small.tcs.simulator.store.placement_events.items()}


def linked(small: Small) -> list[tuple[int, int, str]]:
    return [(e["postId"], e["positionId"], e["status"]) for e in small.tcs.simulator.store.post_events]


def json_of(said: Said) -> Any:
    """Return the JSON behind lines of the log."""
    return json.loads(said.text[said.text.index("{\n") :])


def test_what_tis_lists_as_it_should_is_no_difference(here: tuple[Program, Small]) -> None:
    said = compare(here)
    assert (said.code, said.text) == (
        0,
        "2 placements and 2 posts were compared with TIS.\nStatuses in TIS: 0 missing, 0 doubled, 0 different\n",
    )


def test_lost_statuses_are_reported_and_nothing_is_sent_without_repair(here: tuple[Program, Small]) -> None:
    _, small = here
    lost = small.world.placements[0]["id"]
    small.tcs.simulator.store.placement_events[lost].clear()
    before = (events(small), linked(small))
    said = compare(here, "--json")
    assert (said.code, said.json["counts"]) == (1, {"MISSING": 1, "DOUBLED": 0, "DIFFERENT": 0})
    [difference] = said.json["differences"]
    assert (difference["of"], difference["id"], difference["position_id"]) == ("placement", lost, 1)
    assert (events(small), linked(small)) == before
    assert "To repair what can be repaired: tis-esr reconcile-status --repair" in compare(here).text


def repaired(here: tuple[Program, Small]) -> Said:
    return compare(here, "--repair", "--json")


def test_a_repair_appends_what_is_missing_once_and_nothing_that_is_there(here: tuple[Program, Small]) -> None:
    called, small = here
    if called.engine == "production":
        pytest.skip("there running services repair, as the next test shows")
    store = small.tcs.simulator.store
    lost, kept = (placement["id"] for placement in small.world.placements)
    before = events(small)
    store.placement_events[lost].clear()
    store.post_events[:] = [event for event in store.post_events if event["positionId"] != 2]
    del store._latest[2, 1002]
    said = repaired(here)
    assert (said.code, json_of(said)["repaired"]) == (0, 2)
    assert [e["filename"] for e in events(small)[lost]] == [e["filename"] for e in before[lost]]
    assert events(small)[kept] == before[kept]
    assert sorted(position for _, position, _ in linked(small)) == [1, 2]
    again = repaired(here)
    assert (again.code, json_of(again)["repaired"]) == (0, 0)
    assert [len(some) for some in events(small).values()] == [1, 1]
    reader = StateReader(called.folder / "state.sqlite")
    acts = [(entry.act, entry.result) for entry in entries(reader) if entry.act != "day"]
    reader.close()
    assert acts == [
        ("status.repair", "0 of 0 differences"),
        ("status.repair", "begun"),
        ("status.repair", "2 of 2 differences"),
        ("status.repair", "begun"),
    ]


def test_repairs_that_tis_rejects_are_not_said_to_be_done(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    called, small = here
    if called.engine == "production":
        pytest.skip("there running services repair")

    async def gone(*_: object, **__: object) -> bool:
        return False

    small.tcs.simulator.store.placement_events[small.world.placements[0]["id"]].clear()
    monkeypatch.setattr("tis_esr.tcs.client.Tcs.post_esr_exported", gone)
    said = compare(here, "--repair")
    assert said.code == 1
    assert "1 of the repairs was parked" in said.text


def test_doubled_statuses_are_reported_and_stay(here: tuple[Program, Small]) -> None:
    _, small = here
    doubled = small.world.placements[1]["id"]
    some = small.tcs.simulator.store.placement_events[doubled]
    some.append(dict(some[0]))
    said = compare(here, "--json")
    assert (said.code, said.json["counts"]) == (1, {"MISSING": 0, "DOUBLED": 1, "DIFFERENT": 0})


def test_an_applicant_whose_file_is_not_sent_yet_is_under_way_and_tis_is_told_nothing(
    here: tuple[Program, Small],
) -> None:
    called, small = here
    if called.engine == "production":
        pytest.skip("there running services repair")
    small.tcs.simulator.store.placement_events.clear()
    with closing(sqlite3.connect(called.folder / "state.sqlite")) as state:
        state.execute(
            "UPDATE \"dataexporter.files\" SET body = json_set(body, '$.state', ?) WHERE key LIKE ?",
            (OutboundState.ALLOCATED.value, "%_APP_%"),
        )
        state.commit()
    said = repaired(here)
    found = json_of(said)
    assert (said.code, found["counts"]["MISSING"], found["repaired"], found["under_way"]) == (0, 0, 0, 2)
    assert not any(events(small).values())


def test_a_status_whose_file_was_purged_can_not_be_known_and_no_repair_is_advised(
    here: tuple[Program, Small],
) -> None:
    called, small = here
    if called.engine == "production":
        pytest.skip("the embedded engine's file is changed here")
    small.tcs.simulator.store.placement_events.clear()
    with closing(sqlite3.connect(called.folder / "state.sqlite")) as state:
        state.execute("DELETE FROM \"dataexporter.files\" WHERE key LIKE '%_APP_%'")
        state.commit()
    said = compare(here)
    assert (said.code, said.text) == (
        0,
        "2 placements and 2 posts were compared with TIS.\nStatuses in TIS: 0 missing, 0 doubled, 0 different\n"
        "2 statuses can't be known: the file was purged (keep_history_days).\n",
    )
    found = json_of(repaired(here))
    assert (found["purged"], found["repaired"], found["differences"]) == (2, 0, [])
    assert not any(events(small).values())


def test_a_deanery_is_compared_alone(here: tuple[Program, Small]) -> None:
    _, small = here
    small.tcs.simulator.store.placement_events.clear()
    assert compare(here, "--deanery", "LDN", "--json").json["placements"] == 0
    assert compare(here, "--deanery", "EOE", "--json").json["counts"]["MISSING"] == 2


def test_an_interrupted_comparison_goes_on_where_it_stopped(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "PAGE", 1)
    pages: list[int] = []
    page = comparing.Comparer._page

    async def one_page_more(comparer: comparing.Comparer) -> Any:
        if len(pages) == 2:
            pages.append(0)
            raise KeyboardInterrupt
        pages.append(1)
        return await page(comparer)

    monkeypatch.setattr(comparing.Comparer, "_page", one_page_more)
    monkeypatch.setattr(comparing, "HOLD_SECONDS", 0.0)
    assert compare(here).code != 0
    del pages[:]
    pages.extend([1, 1, 1])
    said = compare(here, "--json")
    assert (said.json["placements"], said.json["posts"]) == (2, 2)
    assert len(pages) - 3 < 6  # two pages of two, and the ends of both


async def test_running_services_repair_on_request(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    called, small = here
    if called.engine == "embedded":
        pytest.skip("one process has the state file")
    for name, value in called.settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TIS_ESR_TCS_URL", small.tcs.url)
    monkeypatch.setattr("tis_esr.process.serving_process.log_events", lambda _: None)
    lost = small.world.placements[0]["id"]
    small.tcs.simulator.store.placement_events[lost].clear()
    async with running(load()):
        said = await asyncio.to_thread(repaired, here)
        async with asyncio.timeout(30):
            while not events(small)[lost]:  # noqa: ASYNC110 - over HTTP
                await asyncio.sleep(0.1)
    assert (said.code, json_of(said)["repaired"]) == (0, 1)


async def test_running_services_repair_at_night_without_being_asked(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    called, small = here
    monkeypatch.setattr("tis_esr.process.serving_process.log_events", lambda _: None)
    monkeypatch.setattr("tis_esr.process.nightly_statuses.is_due", lambda last, *_: last is None)
    lost = small.world.placements[0]["id"]
    small.tcs.simulator.store.placement_events[lost].clear()
    nightly = called.read_settings(tcs_url=small.tcs.url, reconcile_status_cron="0 2 * * *")
    async with running(nightly), asyncio.timeout(60):
        while not events(small)[lost]:  # noqa: ASYNC110 - over HTTP
            await asyncio.sleep(0.1)
    assert [len(some) for some in events(small).values()] == [1, 1]
