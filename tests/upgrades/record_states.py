"""``python -m tests.upgrades.record_states PROGRAM NAME``: record what a released version leaves in both stores, as a fixture.

PROGRAM is the ``tis-esr`` of that version, in a virtual environment of its own (0.2.0 is commit 5fd90449). It is really
run: two whole days, and a third that is killed while messages wait in most queues. All people are invented.
"""

import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from tests.servers import place
from tests.upgrades.dumps import dump_mongodb, dump_sqlite, waiting_in_mongodb, waiting_in_sqlite
from tests.upgrades.recorded import STATES, save_tcs

from tis_esr import wall_clock
from tis_esr.simulation.esr.esr import Esr
from tis_esr.simulation.esr.trusts import Change, adopt, change, edit
from tis_esr.simulation.tcs.server import Running, running_simulator

UPSTREAM = ("InboundDataReader", "Reconciliation", "AppGenerator", "NotificationGenerator")
_QUIET = 4.0


@dataclass
class Recording:
    """A version of the program at work in a folder, with a simulated TCS and ESR."""

    program: str
    folder: Path
    tcs: Running
    engine: Mapping[str, str]
    waiting: Callable[[], object]

    def __call__(self, *words: object) -> None:
        print("$ tis-esr", *words, flush=True)
        subprocess.run(
            [self.program, *map(str, words)], env=self._environment(), cwd=self.folder, check=False
        )

    def day(self, day: date) -> None:
        """Run a whole day."""
        self("day", "--in", "in", "--out", "out", "--tcs", self.tcs.url, "--as-of", day)

    def run_and_kill(self, *services: str) -> None:
        """Run services until they leave nothing more to do for each other, then kill the process."""
        process = subprocess.Popen([self.program, "run", *services], env=self._environment(), cwd=self.folder)
        before, since = self.waiting(), time.monotonic()
        while time.monotonic() - since < _QUIET:
            time.sleep(0.2)
            if (now := self.waiting()) != before:
                before, since = now, time.monotonic()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        print("killed; waiting:", before, flush=True)

    def _environment(self) -> dict[str, str]:
        own = {
            "TIS_ESR_TCS_URL": self.tcs.url,
            "TIS_ESR_INBOUND": "in",
            "TIS_ESR_OUTBOUND": "out",
            "TIS_ESR_SWEEP_SECONDS": "0.5",
            "TIS_ESR_POLL_SECONDS": "0.5",
            "TIS_ESR_HTTP_PORT": "0",
        }
        return {**_without_ours(), **own, **self.engine}


def _without_ours() -> dict[str, str]:
    """Return the environment without the path by which the old program would import this version."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def three_days(version: Recording, today: date) -> None:
    """Two whole days, with what changes in TIS and ESR overnight, and the beginning of a third."""
    folder, esr = version.folder, Esr()
    for path in sorted((folder / "in").iterdir()):
        adopt(esr.holdings, path.name, path.read_bytes())
    first, second = today - timedelta(days=2), today - timedelta(days=1)
    version.day(first)
    _deliver(folder, esr, first)
    _overnight(version, esr, second)
    version.day(second)
    _deliver(folder, esr, second)
    living = [number for number, held in sorted(esr.holdings.positions.items()) if not held.deleted]
    change(esr.holdings, [Change(living[0], deleted=True), *map(Change, living[1:14])], today)
    _receive(folder, {**esr.changes(today), **esr.answers(today)})
    version.run_and_kill(*UPSTREAM)
    change(esr.holdings, [Change(number, title="Changed again") for number in living[14:24]], today)
    _receive(folder, esr.changes(today))
    version.run_and_kill("InboundDataReader")


def _deliver(folder: Path, esr: Esr, day: date) -> None:
    for path in sorted((folder / "out").glob(f"*_{day:%Y%m%d}_*.DAT")):
        esr.take(path.name, path.read_bytes(), day)


def _receive(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        (folder / "in" / name).write_bytes(content)


def _overnight(version: Recording, esr: Esr, today: date) -> None:
    tis = version.tcs.simulator.store
    for line in (version.folder / "next" / "changes.jsonl").read_bytes().splitlines():
        said = msgspec.json.decode(line)
        if said["method"] == "DELETE":
            tis.remove_placement(int(said["path"].rpartition("/")[2]))
        elif said["path"] == "/api/posts":
            tis.put_post(said["body"])
        else:
            tis.put_placement(said["body"])
    for path in sorted((version.folder / "next" / "in").iterdir()):
        if f"_{today:%Y%m%d}_" in path.name:
            edit(esr.holdings, path.name.split("_")[1], path.read_bytes(), today)
        else:
            shutil.copyfile(path, version.folder / "in" / path.name)
    _receive(version.folder, {**esr.changes(today), **esr.answers(today)})


def record(program: str, name: str) -> None:
    """Record both engines into ``states/NAME.tar.xz``."""
    today = wall_clock.today()
    with TemporaryDirectory() as scratch:
        result = Path(scratch) / name
        result.mkdir()
        (result / "meta.json").write_bytes(msgspec.json.encode({"version": name, "today": today}))
        for engine in ("embedded", "production"):
            folder = result / engine
            subprocess.run(
                [
                    program,
                    "synthesize",
                    "--posts",
                    "40",
                    "--seed",
                    "5",
                    "--out",
                    str(folder),
                    "--as-of",
                    str(today - timedelta(days=2)),
                ],
                check=True,
                env=_without_ours(),
            )
            with running_simulator(folder / "tcs") as tcs:
                _record_one(program, folder, tcs, engine, today)
            save_tcs(tcs.simulator.store, folder / "tcs")
            shutil.rmtree(folder / "next")
            (folder / "expected.json").unlink()
        with tarfile.open(STATES / f"{name}.tar.xz", "w:xz") as archive:
            archive.add(result, arcname=".", filter=_anonymous)


def _record_one(program: str, folder: Path, tcs: Running, engine: str, today: date) -> None:
    if engine == "embedded":
        state = folder / "state.sqlite"
        own = {"TIS_ESR_STATE": state.name}
        three_days(Recording(program, folder, tcs, own, lambda: waiting_in_sqlite(state)), today)
        (folder / "state.sql").write_text(dump_sqlite(state))
        for path in folder.glob("state.sqlite*"):
            path.unlink()
        return
    addresses = place().addresses()
    own = {
        "TIS_ESR_ENGINE": "production",
        "TIS_ESR_AMQP_URL": addresses.amqp_url,
        "TIS_ESR_MONGODB_URL": addresses.mongodb_url,
        "TIS_ESR_MONGODB_DATABASE": addresses.database,
    }
    version = Recording(program, folder, tcs, own, lambda: waiting_in_mongodb(addresses))
    version("install")
    three_days(version, today)
    (folder / "mongodb.jsonl").write_text(dump_mongodb(addresses))


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = entry.mtime = 0
    entry.uname = entry.gname = ""
    return entry


if __name__ == "__main__":
    record(*sys.argv[1:])
