"""Days in forked processes, on either engine, and what they ended in."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tests.journeys.outcome import calls, files, holdings
from tests.servers import Place

from tis_esr.engine.embedded.reader import StateReader
from tis_esr.engine.production.reader import ProductionReader
from tis_esr.engine.reader_protocol import Reader
from tis_esr.settings import Settings
from tis_esr.simulation.days.generate import synthesize
from tis_esr.simulation.tcs.server import Running, running_simulator

TODAY = date(2026, 11, 24)
KILLED = -9
UNCERTAIN_SECONDS = 1.0
"""How long a call to TCS counts as one that may still arrive: the simulator acts on what it gets at once."""


class Zygote:
    """A process to fork from; see the module of that name."""

    def __init__(self) -> None:
        self._process = self._begun()

    @staticmethod
    def _begun() -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "tests.faults.zygote"]
        return subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )

    def run(self, job: dict[str, Any]) -> int:
        """Do one job to its end, whatever that is; a test that is given up leaves nothing to the next one."""
        try:
            return self._done(job)
        except BaseException:
            self.close()
            self._process = self._begun()
            raise

    def _done(self, job: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        while not (said := self._process.stdout.readline().strip()).lstrip("-").isdigit():
            assert self._process.poll() is None
        return int(said)

    def close(self) -> None:
        """End it, and what it may be doing."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()


@dataclass
class Ground:
    """Where one day takes place: a state or a database of its own, its files, its TCS."""

    inbound: Path
    folder: Path
    tcs: Running
    settings: dict[str, Any]
    servers: Place | None
    zygote: Zygote
    url: str
    state_file: Path

    @property
    def out(self) -> Path:
        """Where the files for ESR go."""
        return self.folder / "out"

    @property
    def state(self) -> Path | None:
        """The state file, where there is one."""
        return self.state_file if self.servers is None else None

    def run(self, zygote: Zygote | None = None, **job: Any) -> int:
        """Do something here in a forked process, a day where nothing else is said; return its wait status."""
        args = {
            "in": str(self.inbound),
            "out": str(self.out),
            "state": str(self.state_file),
            "tcs": self.url,
            "as_of": TODAY.isoformat(),
        }
        return (zygote or self.zygote).run({"args": args, "settings": self.settings, **job})

    def in_process(self, **more: Any) -> Settings:
        """Return the settings for what is run within this process."""
        return Settings(**{"patience_seconds": 20, "tcs_url": self.url, **self.settings, **more})

    def reader(self) -> Reader:
        """Open what was left here."""
        if self.state is not None:
            return StateReader(self.state)
        return ProductionReader(self.servers.addresses(database=self.settings["mongodb_database"]))  # type: ignore[union-attr]  # asked on production only, where there are servers

    def found(self) -> tuple[Any, ...]:
        """Return what was left here: documents, files and writes to TCS; every row of a file has to be accounted for."""
        kept = holdings(self.reader())
        accounted = {name: sum(states.values()) for name, states in kept["rows"].items()}
        assert accounted == lines(self.inbound)
        return kept, files(self.out), calls(self.tcs.simulator.calls)


def lines(folder: Path) -> dict[str, int]:
    """Return how many lines each file of a folder has."""
    return dict(Counter({path.name: len(path.read_bytes().splitlines()) for path in folder.iterdir()}))


@contextmanager
def ground(
    inbound: Path, tcs_data: Path, folder: Path, servers: Place | None, zygote: Zygote
) -> Iterator[Ground]:
    """Make room for a day, with an empty engine, and TCS as its data says."""
    settings = {"tcs_uncertain_seconds": UNCERTAIN_SECONDS, **(production(servers) if servers else {})}
    folder.mkdir(parents=True, exist_ok=True)
    with running_simulator(tcs_data) as tcs:
        yield Ground(inbound, folder, tcs, settings, servers, zygote, tcs.url, folder / "state")


def production(servers: Place) -> dict[str, Any]:
    """Return the settings of an empty production engine whose leases end soon."""
    return {
        "engine": "production",
        "amqp_url": servers.amqp_url,
        "mongodb_url": servers.mongodb_url,
        "mongodb_database": servers.emptied(),
        "lease_seconds": 1.0,
        "resend_seconds": 2.0,
    }


class Days:
    """Runs generated days. ``undisturbed`` is what one ends in, ``counts`` the calls of each boundary."""

    def __init__(
        self, folder: Path, servers: Place | None = None, posts: int = 70, deaneries: int = 1
    ) -> None:
        self.folder = folder
        self.servers = servers
        synthesize(deaneries=deaneries, posts=posts, seed=5, out=folder, as_of=TODAY)
        self.zygote = Zygote()
        self._number = 0
        started = time.monotonic()
        self.undisturbed = self.outcome("undisturbed", [{"counts": str(folder / "counts.json")}])
        self.seconds = time.monotonic() - started
        self.counts: dict[str, int] = json.loads((folder / "counts.json").read_text())

    def close(self) -> None:
        """End the process that forks."""
        self.zygote.close()

    @contextmanager
    def ground(self, name: str, inbound: Path | None = None) -> Iterator[Ground]:
        """Make room for one more of these days."""
        self._number += 1
        place = self.folder / "days" / f"{self._number} {name}"
        with ground(
            inbound or self.folder / "in", self.folder / "tcs", place, self.servers, self.zygote
        ) as made:
            yield made

    def outcome(
        self, name: str, disturbances: list[dict[str, Any]], *, all_kill: bool = False
    ) -> tuple[Any, ...]:
        """Run a day with each disturbance in turn, then once more undisturbed if the last one killed it."""
        with self.ground(name) as made:
            codes = [made.run(**disturbance) for disturbance in disturbances]
            assert not all_kill or set(codes) == {KILLED}, list(zip(disturbances, codes, strict=True))
            if codes[-1] != 0:
                assert codes[-1] == KILLED, codes
                assert made.run() == 0
            return made.found()
