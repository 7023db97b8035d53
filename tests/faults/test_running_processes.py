"""Processes of ``tis-esr run`` that are slowed, stalled and killed, with TCS slow and failing, end as ``tis-esr day`` does.

The files are those of two days, of which the second deletes, moves and changes what the first one said; both arrive
while the other is still being handled.
"""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from random import Random

import pytest
from tests.drawn import LONG
from tests.faults.ends import differences, end_of
from tests.faults.processes import PROGRAM, SLOWED, Processes, environment, processes
from tests.faults.two_days import TwoDays, two_days
from tests.servers import Place, place
from tests.simulation.outcome import Outcome

from tis_esr.commands.day import day
from tis_esr.engine.embedded.reader import StateReader
from tis_esr.engine.production.reader import ProductionReader
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState
from tis_esr.settings import Settings
from tis_esr.simulation.tcs.server import running_simulator
from tis_esr.simulation.tcs.switches import Switches
from tis_esr.wall_clock import LONDON

QUIET_SECONDS = 0.5
LONGEST = 100.0

Disturbance = Callable[[Processes, Random], None]


def undisturbed(_: Processes, __: Random) -> None:
    """Leave them alone."""


def stalled(running: Processes, random: Random) -> None:
    """Stall one process for longer than its lease, again and again."""
    for _ in range(3):
        running.stall(0, random.uniform(2, 4))
        time.sleep(random.uniform(0.3, 1.2))


def killed(running: Processes, random: Random) -> None:
    """Kill one process and start it again."""
    for _ in range(2):
        time.sleep(random.uniform(0.3, 2.5))
        running.kill_and_restart(1)


@dataclass(frozen=True)
class Case:
    """Programs to run, how TCS behaves, what befalls the processes, and seconds between two files."""

    name: str
    programs: list[list[str]]
    disturb: Disturbance = undisturbed
    tcs: Switches = field(default_factory=Switches)
    apart: float = 0.0


FAILING = {"fail_rate": 0.1, "fail_after_rate": 0.05, "slow_rate": 0.05, "slow_ms": 2000}
CASES = [
    Case("one stalled for seconds", [PROGRAM] * 2, stalled, Switches(delay_ms=10), apart=0.6),
    Case("TCS failing and slow, one killed", [PROGRAM] * 2, killed, Switches(**FAILING)),
    *(
        [
            Case(
                "one of three slowed, TCS at 100 ms", [PROGRAM, SLOWED, PROGRAM], tcs=Switches(delay_ms=100)
            ),
            Case("TCS failing and slow", [PROGRAM] * 2, tcs=Switches(**FAILING), apart=0.3),
            Case("one killed", [PROGRAM] * 2, killed, Switches(delay_ms=20)),
            Case("one of two slowed", [PROGRAM, SLOWED], apart=0.6),
            Case("TCS failing, one stalled", [PROGRAM] * 3, stalled, Switches(**FAILING), apart=0.5),
            Case("TCS failing, one killed", [PROGRAM, PROGRAM, SLOWED], killed, Switches(**FAILING)),
        ]
        if LONG
        else []
    ),
]


class Ordered:
    """Two days of one seed, and what ``tis-esr day`` ends in with the files of both."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.days: TwoDays = two_days(folder, seed, datetime.now(LONDON).date())

    @cached_property
    def end(self) -> Outcome:
        """Run it."""
        inbound, out, state = (self.folder / "ordered" / name for name in ("in", "out", "state"))
        inbound.mkdir(parents=True)
        for name, content in self.days.files.items():
            (inbound / name).write_bytes(content)
        with running_simulator(self.days.tcs) as tcs:
            day(Settings(patience_seconds=20), inbound, out, tcs.url, self.days.today, state)
            return end_of(self.days, StateReader(state), tcs, out)


@pytest.fixture(scope="module", params=range(1, 21 if LONG else 2))
def ordered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Ordered:
    return Ordered(tmp_path_factory.mktemp("two-days"), request.param)


@pytest.fixture(scope="module")
def servers() -> Place:
    return place()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_processes_end_two_days_as_day_does(
    ordered: Ordered, servers: Place, tmp_path: Path, case: Case, request: pytest.FixtureRequest
) -> None:
    seed = request.node.callspec.params["ordered"]
    found = end_in_processes(ordered.days, servers, tmp_path, case, Random(f"{seed} {case.name}"))
    assert differences(ordered.days, ordered.end, found) == []


def end_in_processes(days: TwoDays, servers: Place, folder: Path, case: Case, random: Random) -> Outcome:
    """Have the files arrive at processes that are disturbed, export by command, and return what is left."""
    database = servers.emptied()
    (folder / "arriving").mkdir()
    with running_simulator(days.tcs, case.tcs) as tcs:
        settings = environment(servers, database, tcs.url, folder)
        with processes(settings, folder) as running:
            for program in case.programs:
                running.start(program)
            with reader_of(servers, database) as reader:

                def is_quiet() -> bool:
                    split = [f for f in reader.find(FILES, {}) if f.state is not FileState.SPLITTING]
                    return len(split) == len(days.files) and not reader.waiting()

                everyone = range(len(case.programs))
                running.wait_for("start", lambda: all(map(running.is_running, everyone)), LONGEST)
                arrive(days, folder, case.apart, random)
                case.disturb(running, random)
                settle(running, is_quiet)
                for what in ("applicants", "notifications"):
                    running.command("export", what)
                    settle(running, is_quiet)
        return end_of(days, ProductionReader(servers.addresses(database=database)), tcs, folder / "out")


@contextmanager
def reader_of(servers: Place, database: str) -> Iterator[ProductionReader]:
    """Open the database for as long as the block lasts."""
    reader = ProductionReader(servers.addresses(database=database))
    try:
        yield reader
    finally:
        reader.close()


def arrive(days: TwoDays, folder: Path, apart: float, random: Random) -> None:
    """Put the files into the folder in any order, so many seconds apart."""
    for name in random.sample(sorted(days.files), len(days.files)):
        (folder / "part").write_bytes(days.files[name])
        shutil.move(folder / "part", folder / "arriving" / name)
        time.sleep(apart)


def settle(running: Processes, is_quiet: Callable[[], bool]) -> None:
    """Wait until nothing has been left to handle for a while."""
    since: float | None = None

    def settled() -> bool:
        nonlocal since
        now = time.monotonic()
        since = (since or now) if is_quiet() else None
        return since is not None and now - since >= QUIET_SECONDS

    running.wait_for("quiet", settled, LONGEST)
