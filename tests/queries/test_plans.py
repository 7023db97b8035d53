"""Every query of both engines has an index: three days, every command and every background task are explained."""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import aiohttp
import pytest
from pymongo import MongoClient
from tests.journeys.program import ENGINES
from tests.journeys.small_world import por
from tests.journeys.story import APC_1, APP_1, DRAFT, MOVED, NEW, Story, npn, story
from tests.journeys.test_tasks_killed import running
from tests.left_behind import own_name
from tests.queries.plans import PLANS
from tests.queries.sqlite_plans import Explaining
from tests.servers import place

from tis_esr.operations.reports.kinds import ReportKind
from tis_esr.settings import Settings


@pytest.fixture(params=ENGINES)
def lived(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Story]:
    with PLANS.apart(), story(request.param, tmp_path) as lived:
        yield lived


def test_every_command_and_background_task_reads_by_an_index(
    lived: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    called, small = lived.program, lived.small
    files = [APP_1, APC_1, "DE_EOE_RMC_20261124_00000101.DAT", "DE_LDN_RMC_20261124_00000001.DAT"]
    rows = [f"{file}:{row}" for file in files for row in (1, 4, 99)]
    for word in (MOVED, NEW, DRAFT, npn(1), 1, 1001, "1234567", *files, *rows):
        assert lived.why(word, "--json").code in {0, 1}
    name = small.file(por(7), por(8).replace("POR,8,", "POR,eight,"))
    called("ingest", small.folder / "in" / name)
    for words in (
        ("files",),
        ("files", name),
        ("files", name, "--settle", "seen"),
        ("parked",),
        ("alarms", "list", "--cleared"),
        ("lint",),
        ("forecast", "--weeks", "20"),
        ("outage", "--from", "2026-11-24T10:00", "--to", "2026-11-26T20:00"),
        ("deadlines", "--days", "30", "--as-of", "2026-11-27"),
        *(("report", kind, "--tcs", small.tcs.url) for kind in ReportKind),
        ("report", "rejections", "--personal", "asked for", "--csv", "-"),
        ("person", "export", "--gmc", "7200003", "--why", "asked for", "--out", small.folder / "person.json"),
        ("person", "erase", "--gmc", "7200003", "--why", "asked for", "--dry-run"),
        ("person", "erase", "--gmc", "7200002", "--why", "asked for", "--as-of", "2027-11-27"),
        ("board", "--history"),
        ("expectations", "waive", "--until", "2026-11-27", "--from", "2026-11-27", "--why", "closed"),
        ("digest",),
        ("promise",),
        ("doctor",),
        ("install",),
    ):
        called(*words)
    for kind in ("applicants", "notifications"):
        called("export", kind, "--dry-run", "--as-of", "2026-11-27")
        called("export", kind, "--as-of", "2026-11-27")
    [parked] = called("parked", "--json").json
    called("parked", "show", parked["id"], "--unmask", "--why", "a test")
    called("parked", "retry", parked["id"], "--dry-run")
    remark = ("--why", "resent", "--ticket", "T1", "--review", "2099-01-01")
    called("parked", "discard", parked["id"], *remark)
    for words in (
        ("parked", "list", "--discarded"),
        ("batch",),
        ("batch", "show", "B1"),
        ("batch", "stop", "B1", "--why", "w"),
        ("audit",),
        ("audit", "--act", "parked.look"),
        ("audit", "--verify"),
    ):
        called(*words)
    monkeypatch.setattr("tis_esr.process.serving_process._LEDGER_SECONDS", 0.5)
    monkeypatch.setattr("tis_esr.process.serving_process.log_events", lambda _: None)
    settings = {name.removeprefix("TIS_ESR_").lower(): value for name, value in called.settings.items()}
    asyncio.run(_run(Settings(**{**settings, "tcs_url": small.tcs.url, "sweep_seconds": 0.5})))
    bad = PLANS.taken()
    assert not bad, "\n".join(bad)
    assert len(PLANS.faults) > 40


async def _run(settings: Settings) -> None:
    """Run all services, and ask for their metrics and health, while each background task does its work a few times."""
    async with running(settings) as address, aiohttp.ClientSession() as session:
        async with asyncio.timeout(30):
            for _ in range(20):
                for path in ("/metrics", "/health/ready", "/health/live"):
                    async with session.get(f"{address}{path}") as answer:
                        assert answer.status in {200, 503}
                await asyncio.sleep(0.1)


def test_a_scan_and_a_sort_in_sqlite_are_found() -> None:
    with PLANS.apart() as plans, closing(sqlite3.connect(":memory:", factory=Explaining)) as connection:
        connection.execute("CREATE TABLE kept (key TEXT PRIMARY KEY, part TEXT, of TEXT) WITHOUT ROWID")
        connection.execute("SELECT key FROM kept WHERE of = ?", ("a",))
        connection.execute("CREATE INDEX by_part ON kept (part)")
        connection.execute("SELECT key FROM kept WHERE part IN (?, ?) ORDER BY key", ("a", "b"))
        connection.execute("SELECT key FROM kept WHERE part IN (?, ?, ?) ORDER BY part, key", ("a", "b", "c"))
        assert [bad.splitlines()[1].strip() for bad in plans.taken()] == [
            "SCAN kept",
            "USE TEMP B-TREE FOR ORDER BY",
        ]


def test_a_scan_and_a_sort_in_mongodb_are_found() -> None:
    name = own_name(uuid4().hex[:12])
    with PLANS.apart() as plans, MongoClient[dict[str, object]](place().mongodb_url) as client:
        kept = client[name].kept
        kept.insert_one({"part": "a"})
        kept.create_index("part")
        kept.find_one({"of": "b"})
        kept.find({"part": "a"}).sort("of").to_list()
        kept.find({"part": "a"}).sort("part").to_list()
        kept.delete_one({"of": "c"})
        kept.find({}).sort("part").to_list()
        client.drop_database(name)
        assert [bad.splitlines()[1].strip() for bad in plans.taken()] == [
            "COLLSCAN",
            "SORT",
            "COLLSCAN",
            "IXSCAN of the whole index part_1",
        ]
