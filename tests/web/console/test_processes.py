"""Processes on pages, and the doctor's findings in words with what to do."""

import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from tests.operations.test_process_overview import ONE, TWO
from tests.web.console.browsing import desk, text, title

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.work import Work
from tis_esr.operations.access.accounts import Account, Role
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.processes.announced import PROCESSES
from tis_esr.wall_clock import today

VIEWER = Account(name="testa.viewer", roles=frozenset({Role.VIEWER}))


@pytest.fixture
async def place(tmp_path: Path) -> Path:
    """A process that runs, and one that is gone for ten minutes."""
    place = tmp_path / "processes.sqlite"
    with closing(EmbeddedEngine(place, ALL_COLLECTIONS)) as engine:
        work = Work(engine, {}, today=today(), now=datetime.now(UTC))
        for one, silent in ((ONE, 1.0), (TWO, 600.0)):
            await work.get(PROCESSES, [one.name])
            work.put(PROCESSES, msgspec.structs.replace(one, heartbeat=time.time() - silent, started=1.0))
        await work.commit()
    return place


async def test_processes_are_listed_with_heartbeat_version_and_services(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        said = text(await browser.get("/processes"))
        csv = (await browser.get("/processes.csv?sort=-name")).text.splitlines()
    assert "1 running, 1 gone" in said
    assert "one Running" in said
    assert "two Gone" in said
    assert "0.3.0 0 DataExporter, TisChanges app1 1" in said
    assert "No process runs: InboundDataReader" in said
    assert csv[1].startswith("two,Gone,")


async def test_one_process_shows_its_settings_beside_those_of_others(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        page = await browser.get("/processes/one")
        unknown = await browser.get("/processes/three")
    assert title(page) == "Process one – TIS-ESR"
    assert "TIS_ESR_APPLICANTS_CRON 0 14 * * * The same, or none uses it" in text(page)
    assert (unknown.status_code, title(unknown)) == (404, "No such process – TIS-ESR")


async def test_processes_are_for_operators(place: Path) -> None:
    async with desk(place, account=VIEWER).signed_in() as browser:
        answers = [await browser.get(path) for path in ("/processes", "/processes.csv", "/processes/one")]
        home = await browser.get("/")
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert 'href="/processes"' not in home.text


async def test_without_processes_the_page_says_what_is_usual(tmp_path: Path) -> None:
    empty = tmp_path / "empty.sqlite"
    EmbeddedEngine(empty, ALL_COLLECTIONS).close()
    async with desk(empty).signed_in() as browser:
        said = text(await browser.get("/processes"))
    assert "No process has announced itself. On a state file that is usual" in said


async def test_the_doctor_says_what_is_wrong_what_to_do_and_what_was_checked(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        said = text(await browser.get("/doctor"))
    wrong = said.partition("What is wrong Check Setting or thing What is wrong What to do")[2].partition(
        "To know"
    )[0]
    assert "TCS TIS_ESR_TCS_URL" in wrong
    assert "disk" in said.partition("All checks")[2]
    assert "Volumes that are nearly full." in said
