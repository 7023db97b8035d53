"""Under steady traffic the store reaches a size and stays there: every collection and table, and the file itself."""

import asyncio
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from tests.journeys.small_world import TODAY, small_world
from tests.journeys.steady import Steady, build

from tis_esr.operations.all_collections import OPERATIONS_COLLECTIONS
from tis_esr.operations.composition import engine_for_operation
from tis_esr.services.tis_changes.tis_changes import announce_changes
from tis_esr.settings import Settings

Figures = dict[str, int]

DAYS = 60
STEADY_FROM = 40
"""Days after which all that is kept for a time has been purged once: guards are kept longest, for 20 days."""
KEEP = {"keep_rows_days": 4, "keep_personal_days": 6, "keep_history_days": 10, "send_rtc": True}
SLACK = 1
"""A day's traffic differs a little: a chance document more is no growth."""
SIZE = "bytes in use"
NEVER_FILLED = {
    "schedule.commands",
    "tcs.budget",
    "day.begun",
    "dataexporter.rtc_rows",
    "dataexporter.region_starts",
    "dataexporter.restored",
    *(collection.name for collection in OPERATIONS_COLLECTIONS),
}
"""Of fixed size, whatever the traffic, or empty at the end of each day; or filled by acts of people and by ``run`` alone."""


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> list[Figures]:
    """The figures at the end of each day."""
    folder = tmp_path_factory.mktemp("steady")
    found = []
    with small_world(folder, build) as small:
        steady = Steady(small)
        for number in range(DAYS):
            steady.day(number)
            asyncio.run(report(folder / "state", number))
            small.run(number, **KEEP)
            steady.clear(number)
            found.append(figures(folder / "state"))
    return found


async def report(state: Path, number: int) -> None:
    """Have TIS report that each day another person's details changed."""
    moment = f"{TODAY + timedelta(days=number)}T06:00:00Z"
    metadata = {"timestamp": moment, "record-type": "data", "operation": "update", "table-name": "Person"}
    async with engine_for_operation(Settings(), state, TODAY + timedelta(days=number)) as runner:
        work = runner.work()
        announce_changes(work, [{"data": {"id": str(300_000 + number)}, "metadata": metadata}])
        await work.commit()


def figures(state: Path) -> Figures:
    """Count the rows of every table, and the bytes of the pages that are in use."""
    with closing(sqlite3.connect(state)) as connection:

        def one(query: str) -> int:
            return int(connection.execute(query).fetchone()[0])

        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        found = {name: one(f'SELECT count(*) FROM "{name}"') for (name,) in names.fetchall()}
        used = one("PRAGMA page_count") - one("PRAGMA freelist_count")
        return {**found, SIZE: used * one("PRAGMA page_size")}


def growing(lived: list[Figures], steady_from: int) -> dict[str, tuple[int, int]]:
    """Return what is larger at some time of the last quarter than it ever was before, since it should be steady."""
    half = (steady_from + len(lived)) // 2
    grown = {}
    for name in lived[-1]:
        before = max(day[name] for day in lived[steady_from:half])
        after = max(day[name] for day in lived[half:])
        slack = before // 50 if name == SIZE else SLACK
        if after > before + slack:
            grown[name] = (before, after)
    return grown


def test_no_collection_and_no_table_grows_any_more(lived: list[Figures]) -> None:
    for name in lived[-1]:
        print(f"{name:36}", *(f"{day[name]:>8}" for day in [*lived[::10], lived[-1]]))
    assert growing(lived, STEADY_FROM) == {}


def test_the_traffic_reached_every_collection(lived: list[Figures]) -> None:
    """A collection that nothing fills would not be held by the other test."""
    empty = {name for name, number in lived[-1].items() if not number}
    assert empty <= NEVER_FILLED


def test_what_is_not_purged_is_found_by_its_name(lived: list[Figures]) -> None:
    leaking = [{**day, "inbounddatawriter.journal": 44 + number} for number, day in enumerate(lived)]
    assert set(growing(leaking, STEADY_FROM)) == {"inbounddatawriter.journal"}
