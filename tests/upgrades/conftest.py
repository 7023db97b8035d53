"""Stores of earlier versions on both engines, as their processes left them when they were killed."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pymongo
import pytest
from tests.journeys.program import ENGINES, Program, Said, settings_of
from tests.left_behind import own_name
from tests.queries.plans import PLANS
from tests.servers import place
from tests.upgrades.recorded import Recorded, load_events, recorded

from tis_esr.engine.production.server_addresses import ServerAddresses
from tis_esr.simulation.tcs.server import Running, running_simulator

LONG = bool(os.environ.get("LONG_UPGRADES"))
"""``make upgrades`` sets it: a stop at every ninth write, and more on the production engine."""


@dataclass
class OldStore:
    """An earlier version's store, the program of this version on it, and the simulated TCS as it was then."""

    program: Program
    was: Recorded
    tcs: Running

    @property
    def engine(self) -> str:
        """Return the name of the engine."""
        return self.program.engine

    @property
    def addresses(self) -> ServerAddresses:
        """Return where its database is."""
        return place().addresses(database=self.program.settings["TIS_ESR_MONGODB_DATABASE"])

    def install(self) -> Said:
        """Upgrade the store, which reads all of it once."""
        with PLANS.looked_at_by_a_test():
            return self.program("install")

    def day(self, later: int = 0) -> Said:
        """Run the day on which the old version was killed, or one some days later."""
        day, folder = self.was.today + timedelta(days=later), self.was.folder
        return self.program(
            "day", "--in", folder / "in", "--out", folder / "out", "--tcs", self.tcs.url, "--as-of", day
        )

    def sent(self, later: int = 0) -> dict[str, list[str]]:
        """Return the data rows of the files of a day, by deanery, type and number."""
        day = self.was.today + timedelta(days=later)
        return {
            f"{path.name[3:10]} {int(path.stem[-8:])}": path.read_text().splitlines()[1:-1]
            for path in sorted((self.was.folder / "out").glob(f"*_{day:%Y%m%d}_*.DAT"))
        }


@contextmanager
def old_store(version: str, engine: str, folder: Path) -> Iterator[OldStore]:
    """Put up what a version left on an engine."""
    was = recorded(version, engine, folder)
    with ExitStack() as stack:
        settings = settings_of(engine, was.folder)
        if engine == "embedded":
            was.restore_state_file()
        else:
            settings["TIS_ESR_MONGODB_DATABASE"] = name = own_name(uuid4().hex[:12])
            client = stack.enter_context(pymongo.MongoClient[dict[str, object]](place().mongodb_url))
            stack.callback(client.drop_database, name)
            was.restore_database(place().addresses(database=name))
        tcs = stack.enter_context(running_simulator(was.folder / "tcs"))
        load_events(tcs.simulator.store)
        yield OldStore(Program(engine, was.folder, settings), was, tcs)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    """Both engines."""
    return str(request.param)


@pytest.fixture
def put_up(tmp_path: Path, engine: str) -> Iterator[Callable[[str], OldStore]]:
    """Puts up the store of a version on the engine."""
    with ExitStack() as stack:
        yield lambda version: stack.enter_context(
            old_store(version, engine, tmp_path / f"{version}-{uuid4().hex[:6]}")
        )
