"""``tis-esr processes`` on both engines: what runs is listed while it runs, and not after it stopped."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.program import ENGINES, Program, program
from tests.journeys.small_world import NPN, small_world
from tests.journeys.test_tasks_killed import running

from tis_esr import __version__


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Program]:
    with small_world(tmp_path, lambda world: world.post("EOE", npn=NPN)) as small:
        called = program(request.param, tmp_path)
        called.settings["TIS_ESR_TCS_URL"] = small.tcs.url
        (tmp_path / "in").mkdir()
        yield called


async def announced(here: Program) -> list[dict[str, Any]]:
    """Return the processes, once they have announced everything: on production the broker's name follows."""
    listed = (await asyncio.to_thread(here, "processes", "--json")).json["processes"]
    return [one for one in listed if one["broker"] or here.engine == "embedded"]


async def test_a_running_process_is_listed_until_it_stops(
    here: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tis_esr.process.serving_process.log_events", lambda _: None)
    async with running(here.read_settings(), "DataExporter"):
        async with asyncio.timeout(20):
            while not (listed := await announced(here)):  # noqa: ASYNC110 - of the program
                await asyncio.sleep(0.1)
        text = (await asyncio.to_thread(here, "processes")).text
    [process] = listed
    assert (process["state"], process["version"], process["services"]) == (
        "RUNNING", __version__, ["DataExporter"],
    )  # fmt: skip
    assert bool(process["broker"]) == (here.engine == "production")
    schema = 5 if here.engine == "production" else 6
    shown = f"Running {process['name']}  version {__version__}, schema {schema}\n    DataExporter\n"
    assert shown in text, "beside what the process itself logs, such as an alarm about late files"
    said = here("processes")
    assert (said.code, said.text) == (
        0, "No process runs: none has announced itself. Start tis-esr run.\n",
    )  # fmt: skip
