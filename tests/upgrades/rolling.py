"""``python -m tests.upgrades.rolling FOLDER``: a rolling upgrade from the checkout in FOLDER, with real processes.

Both versions run over one RabbitMQ and MongoDB while a day arrives; processes are killed and replaced by the other version,
also back. In the end every row, record, file and call to TCS is as after the same day by this version alone.
"""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.journeys.outcome import Outcome, holdings
from tests.journeys.program import settings_of
from tests.servers import place

from tis_esr import wall_clock
from tis_esr.engine.production.server_addresses import ServerAddresses
from tis_esr.operations.composition import reader_of
from tis_esr.settings import Settings
from tis_esr.simulation.days.generate import synthesize
from tis_esr.simulation.tcs.server import Running, running_simulator

HERE = Path(__file__).parent.parent.parent
PROGRAM = "import sys; sys.argv[0] = 'tis-esr'; from tis_esr.start import main; main()"
POSTS = 150
_LONGEST = 300.0
_COMPARED = {
    "inbounddatareader.files": ("state", "rows", "counts"),
    "reconciliation.positions": ("claims", "status", "post_id", "deleted", "notified"),
    "dataexporter.applicants": ("state", "fields", "file", "reason"),
    "dataexporter.notifications": ("state", "fields", "reason"),
    "inbounddatawriter.journal": ("state", "old", "new", "reason"),
}


@dataclass
class Installation:
    """One database and virtual host, on which programs of both versions run."""

    old: Path
    folder: Path
    tcs: Running
    settings: dict[str, str]
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def call(self, version: Path, *words: object) -> None:
        """Run a command of a version to its end."""
        subprocess.run(self._command(*words), env=self._environment(version), check=True, timeout=120)

    def start(self, version: Path) -> "subprocess.Popen[bytes]":
        """Start a process with all services."""
        log = (self.folder / f"{len(self.running)}-{'old' if version == self.old else 'new'}.log").open("wb")
        process = subprocess.Popen(
            self._command("run"), env=self._environment(version), stdout=log, stderr=log
        )
        self.running.append(process)
        return process

    def _command(self, *words: object) -> list[str]:
        return [sys.executable, "-c", PROGRAM, *map(str, words)]

    def _environment(self, version: Path) -> dict[str, str]:
        more = {
            "PYTHONPATH": str(version / "src"),
            "TIS_ESR_TCS_URL": self.tcs.url,
            "TIS_ESR_SWEEP_SECONDS": "0.5",
        }
        return {**os.environ, **self.settings, **more}

    def waiting(self) -> int:
        """Return how many messages wait."""
        with closing(reader_of(self._read())) as reader:
            return sum(reader.waiting().values())

    def outcome(self) -> Outcome:
        """Return what the services hold, without how often a position was reconciled on the way."""
        found = holdings(reader_of(self._read()))
        kept = {name: found[name] for name in ("rows", "waiting", "parked")}
        for name, fields in _COMPARED.items():
            documents = found[name].items()
            kept[name] = {key: [getattr(document, field) for field in fields] for key, document in documents}
        return kept

    def _read(self) -> Settings:
        names = {name.removeprefix("TIS_ESR_").lower(): value for name, value in self.settings.items()}
        return Settings(**names)  # type: ignore[arg-type]  # as the environment has them

    def until(self, what: str, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        end = time.monotonic() + _LONGEST
        while not holds():
            assert time.monotonic() < end, f"{what} took too long"
            time.sleep(0.2)
        print(f"{what}; {self.waiting():,} messages wait", flush=True)


def roll(here: Installation) -> None:
    """Install beside running processes, replace them one after the other, go back with one, and end the day."""
    here.call(here.old, "install")
    first, second = here.start(here.old), here.start(here.old)
    here.until("old processes work", lambda: here.waiting() > POSTS // 4)
    here.call(HERE, "install")
    first.kill()
    third = here.start(HERE)
    here.until("one of each", lambda: third.poll() is None and _log_has(here, 2, b"running"))
    second.send_signal(signal.SIGTERM)
    back = here.start(here.old)
    here.until("an old one again", lambda: _log_has(here, 3, b"running"))
    third.kill()
    here.start(HERE)
    export(here)
    back.send_signal(signal.SIGTERM)
    here.running[-1].send_signal(signal.SIGTERM)
    assert (back.wait(60), here.running[-1].wait(60)) == (0, 0)


def alone(here: Installation) -> None:
    """Run the day by one process of this version."""
    here.call(HERE, "install")
    process = here.start(HERE)
    here.until("the files are read", lambda: here.waiting() > 0)
    export(here)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


def export(here: Installation) -> None:
    """Wait until everything is handled, then export."""
    here.until("everything is handled", lambda: here.waiting() == 0)
    for what in ("applicants", "notifications"):
        here.call(HERE, "export", what)
        here.until(f"{what} exported", lambda: here.waiting() == 0)


def _log_has(here: Installation, number: int, text: bytes) -> bool:
    [log] = here.folder.glob(f"{number}-*.log")
    return text in log.read_bytes()


def told(tcs: Running) -> tuple[Counter[Any], Counter[Any]]:
    """Return the events that TCS was sent, each with how often."""
    posts = Counter((e["postId"], e["positionId"], e["status"]) for e in tcs.simulator.store.post_events)
    exports = Counter(
        (e["placementId"], e["positionId"])
        for events in tcs.simulator.store.placement_events.values()
        for e in events
    )
    return posts, exports


def rows_sent(folder: Path) -> Counter[str]:
    """Return the data rows of all files to ESR, each with how often."""
    return Counter(
        row
        for path in folder.iterdir()
        for row in path.read_text().splitlines()
        if row[:4] in {"APP,", "NOT,"}
    )


def compare(old: Path, scratch: Path) -> None:
    """Run the day both ways and compare."""
    today = wall_clock.today()
    with ExitStack() as stack:
        made: dict[str, tuple[Outcome, Any, Counter[str]]] = {}
        for way in ("alone", "rolling"):
            folder = scratch / way
            synthesize(out=folder, deaneries=4, posts=POSTS, seed=11, as_of=today)
            tcs = stack.enter_context(running_simulator(folder / "tcs"))
            here = Installation(old, folder, tcs, settings_of("production", folder))
            here.settings["TIS_ESR_MONGODB_DATABASE"] = _fresh().database
            (folder / "out").mkdir(exist_ok=True)
            if way == "rolling":
                roll(here)
            else:
                alone(here)
            made[way] = here.outcome(), told(tcs), rows_sent(folder / "out")
        for name, expected, rolling in zip(
            ("store", "TCS", "files"), made["alone"], made["rolling"], strict=True
        ):
            assert expected == rolling, f"{name} differs: {_difference(expected, rolling)}"
        posts, exports = made["rolling"][1]
        print(
            f"the same {sum(made['rolling'][2].values()):,} rows to ESR, {sum(posts.values()) + sum(exports.values()):,}"
            " events to TCS, and documents; nothing lost, nothing twice"
        )


def _difference(expected: Any, found: Any) -> str:
    """Return the parts that differ, by name."""
    if not isinstance(expected, dict):
        return f"{expected} and {found}"[:2000]
    keys = [key for key in {**expected, **found} if expected.get(key) != found.get(key)]
    return "; ".join(f"{key}: {_difference(expected.get(key), found.get(key))}" for key in keys[:3])


def _fresh() -> ServerAddresses:
    return place().addresses()


if __name__ == "__main__":
    with TemporaryDirectory() as scratch:
        compare(Path(sys.argv[1]).resolve(), Path(scratch))
