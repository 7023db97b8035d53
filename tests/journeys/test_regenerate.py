"""``regenerate``: what nobody reported of TIS is found for one person, post or placement, and what failed is tried again (A8)."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.program import ENGINES, Program, Said, program
from tests.journeys.small_world import NPN, Small, por, small_world
from tests.journeys.test_reconciling import a_day
from tests.journeys.test_tasks_killed import running

from tis_esr.reading_settings import load
from tis_esr.simulation.days.generated_world import World

LATER = "EOE/RX1/800/STR/002"
DAY = "2026-11-25"


def two_posts(world: World) -> None:
    """One to come in each of two posts, of the second without a birth date."""
    for npn, changes in ((NPN, {}), (LATER, {"dateOfBirth": None})):
        world.placement(world.post("EOE", npn=npn), world.person(**changes), 30, 300)


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Program, Small]]:
    with small_world(tmp_path, two_posts) as small:
        called = program(request.param, tmp_path)
        small.file(por(), por(2, LATER))
        a_day(called, small, "2026-11-24")
        yield called, small


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[tuple[Program, Small]]:
    with small_world(tmp_path, two_posts) as small:
        called = program("embedded", tmp_path)
        small.file(por(), por(2, LATER))
        a_day(called, small, "2026-11-24")
        yield called, small


def regenerate(here: tuple[Program, Small], *words: object) -> Said:
    called, small = here
    return called("regenerate", *words, "--as-of", DAY, "--tcs", small.tcs.url)


def move(small: Small) -> dict[str, object]:
    """The placement of the first post ends later, which nobody reports."""
    store = small.tcs.simulator.store
    moved = {**store.placements[small.world.placements[0]["id"]], "dateTo": "2027-11-01"}
    store.put_placement(moved)
    return moved


def changes(said: Said) -> set[tuple[str, int, str]]:
    return {(change["kind"], change["position_id"], change["effect"]) for change in said.json["changes"]}


@pytest.mark.parametrize("option", ["--person", "--gmc", "--post", "--placement", "--deanery", "--all"])
def test_each_selection_finds_a_change_that_nobody_reported(here: tuple[Program, Small], option: str) -> None:
    _, small = here
    moved = move(small)
    store = small.tcs.simulator.store
    word = {
        "--person": moved["traineeId"],
        "--gmc": store.people[moved["traineeId"]]["gmcDetails"]["gmcNumber"],
        "--post": NPN,
        "--placement": moved["id"],
        "--deanery": "EOE",
    }.get(option)
    said = regenerate(here, option, *([word] if word else []), "--dry-run", "--json")
    assert said.code == 0, said.text
    assert changes(said) == {("4", 1, "new")}
    assert said.json["positions"] == (2 if option in {"--deanery", "--all"} else 1)


def test_a_dry_run_changes_nothing_and_the_run_does_what_it_said(embedded: tuple[Program, Small]) -> None:
    called, small = embedded
    move(small)
    planned = changes(regenerate(embedded, "--post", NPN, "--dry-run", "--json"))
    assert planned == changes(regenerate(embedded, "--post", NPN, "--dry-run", "--json"))
    said = regenerate(embedded, "--post", NPN)
    assert said.code == 0
    assert "1 position was compared with TIS and its records generated again." in said.text.splitlines()
    assert changes(regenerate(embedded, "--post", NPN, "--dry-run", "--json")) == set()
    assert "exported" in called("export", "notifications", "--as-of", DAY, "--dry-run").text


def test_what_failed_since_a_time_is_generated_again_once_tis_has_the_missing_data(
    embedded: tuple[Program, Small],
) -> None:
    _, small = embedded
    said = regenerate(embedded, "--failed-since", "2099-01-01")
    assert (said.code, said.text) == (0, "Nothing failed since then: nothing to generate again.\n")
    store = small.tcs.simulator.store
    trainee = store.placements[small.world.placements[1]["id"]]["traineeId"]
    person = store.people[trainee]
    details = {**person["personalDetails"], "dateOfBirth": "1990-05-05"}
    store.people[trainee] = {**person, "personalDetails": details}
    found = changes(regenerate(embedded, "--failed-since", "2026-01-01T14:00", "--dry-run", "--json"))
    assert ("APP", 2, "changed") in found or ("APP", 2, "new") in found


def test_what_could_not_be_compared_is_said_and_not_counted_as_done(
    embedded: tuple[Program, Small],
) -> None:
    called, small = embedded
    post = next(one for one in small.tcs.simulator.store.posts.values() if one["nationalPostNumber"] == NPN)
    post["status"] = {"code": 1}
    said = regenerate(embedded, "--post", NPN)
    assert (said.code, said.text.splitlines()[-4:-1]) == (
        1,
        [
            "0 positions were compared with TIS and their records generated again.",
            "1 could not be compared.",
            "1 message was parked meanwhile; tis-esr parked says why, and who acts",
        ],
    )
    result = "positions not compared: 1; messages parked: 1"
    assert result in called("audit", "--act", "regenerate").text
    whole = regenerate(embedded, "--deanery", "EOE", "--json")
    assert (whole.code, '"parked": 1' in whole.text) == (1, True)
    assert called("parked", "list", "--cause", "tcs-record-unreadable").code == 1


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "--person: give one of --person, --gmc, --post, --placement, --deanery, --failed-since, --all"),
        (("--post", "1", "--all"), "--person: give one of "),
        (("--person", "999999"), "--person: neither TIS nor this store has a placement of this person"),
        (("--gmc", "0000001"), "--gmc: neither TIS nor this store has a placement of this person"),
        (("--post", "9" * 20), f"--post: {'9' * 20}: no position of ESR has this post"),
        (("--placement", "9" * 20), f"--placement: neither TIS nor this store has a placement {'9' * 20}"),
        (("--placement", "999999"), "--placement: neither TIS nor this store has a placement 999999"),
        (("--post", "XXX/1"), "--post: XXX/1: no position of ESR has this post"),
        (("--failed-since", "yesterday"), "--failed-since: 'yesterday' is not a valid date and time"),
        (("--deanery", "eoe"), "--deanery: 'eoe' must be one of "),
    ],
)
def test_what_can_not_be_selected_is_a_usage_error(
    embedded: tuple[Program, Small], words: tuple[str, ...], expected: str
) -> None:
    said = regenerate(embedded, *words)
    assert (said.code, expected in said.text) == (2, True), said.text


async def test_running_services_generate_again_on_request(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    called, small = here
    if called.engine == "embedded":
        pytest.skip("one process has the state file")
    for name, value in called.settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TIS_ESR_TCS_URL", small.tcs.url)
    monkeypatch.setattr("tis_esr.process.serving_process.log_events", lambda _: None)
    move(small)
    async with running(load()):
        said = await asyncio.to_thread(regenerate, here, "--post", NPN)
    assert said.code == 0
    assert "1 position was compared with TIS and its records generated again." in said.text.splitlines()
