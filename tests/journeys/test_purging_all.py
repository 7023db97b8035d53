"""When everything is old, only what lives is left, on both engines: after days of everything that comes."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.program import ENGINES, Program, program
from tests.journeys.small_world import Small, small_world
from tests.journeys.steady import Steady, build

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.composition import reader_of
from tis_esr.settings import Settings

KEEP = {
    "TIS_ESR_KEEP_ROWS_DAYS": "4",
    "TIS_ESR_KEEP_PERSONAL_DAYS": "6",
    "TIS_ESR_KEEP_HISTORY_DAYS": "10",
}
LIVING = {
    "reconciliation.positions": 12,
    "appgenerator.positions": 12,
    "notificationgenerator.positions": 12,
    "inbounddatawriter.positions": 12,
    "dataexporter.counters": 2,
    "day.begun": 1,
    "tcs.budget": 1,
    "inbounddatareader.files": 2,
    "inbounddatareader.horizon": 1,
    "retention.purges": 1,
    "retention.progress": 2,
    "audit.entries": 2,
    "audit.head": 1,
}
"""After two days: ten positions of theirs and two new ones, none of them deleted; junk that still
lies in the inbound folder; what is of fixed size; the entries of the purge itself."""
ABOUT_PLACEMENTS = {"dataexporter.notifications", "dataexporter.positions", "notificationgenerator.vpd_uses"}
"""What ESR was told last of a placement that was still to be when its position was last reconciled."""


def days(called: Program, small: Small, number: int) -> None:
    steady = Steady(small)
    for n in range(number):
        steady.day(n)
        day = f"2026-11-{24 + n}"
        folder = small.folder
        said = called(
            "day", "--in", folder / "in", "--out", folder / "out", "--tcs", small.tcs.url, "--as-of", day
        )
        assert said.code == 1, said.text
        steady.clear(n)


def kept(reader: Reader) -> Counter[str]:
    """Count the documents of each collection, and messages and rows that are kept."""
    try:
        found = Counter({c.name: len(reader.find(c, {})) for c in ALL_COLLECTIONS})
        found["rows"] = sum(sum(states.values()) for states in reader.row_counts().values())
        found["parked"] = len(reader.parked())
        return found
    finally:
        reader.close()


@pytest.mark.parametrize("engine", ENGINES)
def test_when_everything_is_old_only_what_lives_is_left(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_world(tmp_path, build) as small:
        called = program(engine, tmp_path)
        days(called, small, 2)
        said = called("purge", "--as-of", "2026-12-26", "--json", **KEEP).text
        done: Any = json.loads(said[said.index("{") :])
        assert done["removed"]["messages"] > 50
        for name, value in called.settings.items():
            monkeypatch.setenv(name, value)
        left = kept(reader_of(Settings()))
        assert {name: n for name, n in left.items() if n and name not in ABOUT_PLACEMENTS} == LIVING
        again = called("purge", "--as-of", "2026-12-26", "--dry-run", "--json", **KEEP)
        assert (again.code, "no file arrived in the 31 days before 26 Dec 2026" in again.text) == (2, True)
