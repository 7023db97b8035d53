"""Days in forked processes, on either engine, and what they ended in."""

import json
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.journeys.outcome import calls, files, holdings
from tests.servers import Place

from tis_esr.engine.embedded.reading import StateReader
from tis_esr.engine.production.reading import ProductionReader
from tis_esr.engine.reading import Reader
from tis_esr.synthetic.generate import synthesize
from tis_esr.tcs.simulator.running import running_simulator

TODAY = date(2026, 11, 24)
KILLED = -9


class Days:
    """Runs days in forked processes. ``undisturbed`` is what one ends in, ``counts`` the calls of each boundary."""

    def __init__(self, folder: Path, servers: Place | None = None, posts: int = 70) -> None:
        self.folder = folder
        self.servers = servers
        synthesize(deaneries=1, posts=posts, seed=5, out=folder, as_of=TODAY)
        command = [sys.executable, "-m", "tests.faults.zygote"]
        self.zygote = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started = time.monotonic()
        self.counts: dict[str, int] = {}
        self.undisturbed = self.outcome("undisturbed", [{"counts": str(folder / "counts.json")}])
        self.seconds = time.monotonic() - started
        self.counts = json.loads((folder / "counts.json").read_text())

    def close(self) -> None:
        """End the process that forks."""
        self.zygote.kill()
        self.zygote.wait()

    def run(self, place: Path, tcs: str, settings: dict[str, Any], **spec: Any) -> int:
        """Run one day to its end, whatever that is."""
        args = {
            "in": str(self.folder / "in"),
            "out": str(place / "out"),
            "state": str(place / "state"),
            "tcs": tcs,
            "as_of": TODAY.isoformat(),
        }
        assert self.zygote.stdin is not None
        assert self.zygote.stdout is not None
        self.zygote.stdin.write(json.dumps({"args": args, "settings": settings, **spec}) + "\n")
        self.zygote.stdin.flush()
        while not (said := self.zygote.stdout.readline().strip()).lstrip("-").isdigit():
            assert self.zygote.poll() is None
        return int(said)

    def outcome(self, name: str, disturbances: list[dict[str, Any]]) -> tuple[Any, ...]:
        """Run a day with each disturbance in turn, then once more undisturbed, on one state and one TCS."""
        place, settings = self.folder / name, self.settings()
        if self.servers is not None:
            self.servers.install(settings["mongodb_database"])
        with running_simulator(self.folder / "tcs") as tcs:
            codes = [self.run(place, tcs.url, settings, **spec) for spec in disturbances]
            if codes[-1] != 0:
                assert codes[-1] == KILLED
                assert self.run(place, tcs.url, settings) == 0
            found = holdings(self.reader(place, settings)), files(place / "out"), calls(tcs.simulator.calls)
        if self.servers is not None:
            self.servers.drop(settings["mongodb_database"])
        return found

    def settings(self) -> dict[str, Any]:
        """Return the settings of a fresh day: a database of its own, and leases that end soon."""
        if self.servers is None:
            return {}
        return {
            "engine": "production",
            "amqp_url": self.servers.amqp_url,
            "mongodb_url": self.servers.mongodb_url,
            "mongodb_database": f"test_{uuid4().hex[:12]}",
            "lease_seconds": 1.0,
            "resend_seconds": 2.0,
        }

    def reader(self, place: Path, settings: dict[str, Any]) -> Reader:
        """Open what a day left."""
        if self.servers is None:
            return StateReader(place / "state")
        return ProductionReader(self.servers.addresses(database=settings["mongodb_database"]))
