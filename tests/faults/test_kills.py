"""A day killed anywhere and started again ends as if nothing had happened (guarantees 1, 2, 5 and 6)."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.outcome import calls, documents, files

from tis_esr.synthetic.generate import synthesize
from tis_esr.tcs.simulator.running import running_simulator

TODAY = date(2026, 11, 24)
KILLED = -9
KILLS_A_GROUP = 20


class Days:
    """Runs days in forked processes, and tells what they ended in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        synthesize(deaneries=1, posts=70, seed=5, out=folder, as_of=TODAY)
        command = [sys.executable, "-m", "tests.faults.zygote"]
        self.zygote = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started = time.monotonic()
        self.counts: dict[str, int] = {}
        self.undisturbed = self.outcome("undisturbed", [{"counts": str(folder / "counts.json")}])
        self.seconds = time.monotonic() - started
        self.counts = json.loads((folder / "counts.json").read_text())

    def run(self, name: str, tcs: str, **spec: Any) -> int:
        place = self.folder / name
        args = {"in": str(self.folder / "in"), "out": str(place / "out"), "state": str(place / "state")}
        assert self.zygote.stdin is not None
        assert self.zygote.stdout is not None
        self.zygote.stdin.write(
            json.dumps({"args": {**args, "tcs": tcs, "as_of": TODAY.isoformat()}, **spec}) + "\n"
        )
        self.zygote.stdin.flush()
        while not (said := self.zygote.stdout.readline().strip()).lstrip("-").isdigit():
            pass
        return int(said)

    def outcome(self, name: str, disturbances: list[dict[str, Any]]) -> tuple[Any, ...]:
        """Run a day with each disturbance in turn, then once more undisturbed, on one state and one TCS."""
        with running_simulator(self.folder / "tcs") as tcs:
            codes = [self.run(name, tcs.url, **spec) for spec in disturbances]
            if codes[-1] != 0:
                assert codes[-1] == KILLED
                assert self.run(name, tcs.url) == 0
            return (
                documents(self.folder / name / "state"),
                files(self.folder / name / "out"),
                calls(tcs.simulator.calls),
            )


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Days]:
    days = Days(tmp_path_factory.mktemp("days"))
    yield days
    days.zygote.kill()
    days.zygote.wait()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("group", range(5))
def test_killed_at_20_random_moments_and_started_again_it_ends_the_same(days: Days, group: int) -> None:
    moments = random.Random(group)
    for number in range(KILLS_A_GROUP):
        kill = {"kill_after": moments.uniform(0.01, days.seconds)}
        assert days.outcome(f"random-{group}-{number}", [kill]) == days.undisturbed


@pytest.mark.timeout(300)
def test_killed_many_times_in_a_row_it_ends_the_same(days: Days) -> None:
    kills = [{"kill_after": days.seconds * (1 + number) / 12} for number in range(10)]
    assert days.outcome("in a row", kills) == days.undisturbed


@pytest.mark.timeout(300)
@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize(
    "boundary",
    [
        "commit",
        "write file",
        "put in place",
        "tell changed",
        "tell exported",
        "patch contact",
        "create absence",
        "claim",
        "patch absence",
    ],
)
def test_killed_at_a_crash_point_it_ends_the_same(days: Days, boundary: str, side: str) -> None:
    last = days.counts[boundary]
    step = 1 if boundary == "commit" else max(1, last // 2)
    for number in range(1, last + 1, step):
        crashed = days.outcome(f"{boundary}-{side}-{number}", [{"crash": [boundary, number, side]}])
        assert crashed == days.undisturbed, f"{side} {boundary} number {number} of {last}"
