"""Weeks of ``tis-esr run`` in one process: a day's files at their times, faults, renewed certificates and secrets, rotated logs, moved clocks."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.journeys.small_world import TODAY, Small, small_world
from tests.journeys.steady import Steady, build
from tests.soak.front import Front, fronted
from tests.soak.stores import EngineName, Store, store_of

from tis_esr.records.file_names import DEANERIES
from tis_esr.services.retention.audit import PURGES
from tis_esr.simulation.tcs.switches import Switches

LONDON = ZoneInfo("Europe/London")
SETTINGS = {
    "TIS_ESR_KEEP_ROWS_DAYS": "2",
    "TIS_ESR_KEEP_PERSONAL_DAYS": "2",
    "TIS_ESR_KEEP_HISTORY_DAYS": "3",
    "TIS_ESR_SWEEP_SECONDS": "0.05",
    "TIS_ESR_ALARM_SECONDS": "5",
    "TIS_ESR_HTTP_PORT": "0",
    "TIS_ESR_LOG_FORMAT": "json",
    "TIS_ESR_TCS_CLIENT_ID": "tis-esr",
}
"""Short retention, so that everything has been purged before the days that count."""
_NIGHTLY = "esr.queue.reconcileallcommand", "esr.queue.dailyrulescommand"
_WAIT_SECONDS = 600.0
"""For what takes a second, on a machine that has little time for it."""
_HANDLED = re.compile(r'^tis_esr_handled_total\{outcome="\w+",queue="([^"]+)"\} (\S+)$', re.MULTILINE)
_DEPTH = re.compile(r"^tis_esr_(?:queue_depth\{[^}]*\}|outbox_depth) (\S+)$", re.MULTILINE)

Sample = dict[str, int]


@dataclass
class Soak:
    """A process that lives through days; ``samples`` has what it used at the end of each, ``events`` what was done to it, by day."""

    small: Small
    front: Front
    store: Store
    offices: Sequence[str]
    samples: list[Sample] = field(default_factory=list)
    events: dict[int, list[str]] = field(default_factory=dict)
    lives: list[int] = field(default_factory=list)
    """The days on which the process was started."""

    def __post_init__(self) -> None:
        """Prepare the folders."""
        self.days = 0
        self.arriving = self.small.folder / "arriving"
        self.arriving.mkdir()
        (self.small.folder / "in").mkdir(exist_ok=True)
        self.log = self.small.folder / "tis-esr.log"
        self._steady = [Steady(self.small, office, place) for place, office in enumerate(self.offices)]
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start the process, at midnight before the first day or now."""
        settings = {
            **SETTINGS,
            **self.store.settings,
            "TIS_ESR_INBOUND": str(self.arriving),
            "TIS_ESR_OUTBOUND": str(self.small.folder / "out"),
            "TIS_ESR_TCS_URL": f"{self.front.url}/tcs",
            "TIS_ESR_TCS_TOKEN_URL": f"{self.front.url}/token",
            "TIS_ESR_TCS_CLIENT_SECRET": self.front.secret,
            "SSL_CERT_FILE": str(self.front.authority.file),
        }
        self.lives.append(self.days)
        with self.log.open("ab") as log:
            begun = log.tell()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.soak.moved_clock", self._moment(0, 0).isoformat()],
                env={**os.environ, **settings}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        self._address = self._until(partial(self._announced, begun))

    def stop(self) -> None:
        """Have the process finish, as a rolling restart does; it must end by itself with code 0."""
        assert self._process is not None
        self._process.terminate()
        assert self._process.wait(timeout=40) == 0, self.log.read_text()[-2000:]

    def kill(self) -> None:
        """End the process if it still runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def day(self) -> None:
        """Live through one day, and measure at its end."""
        staged = self.small.folder / "in"
        for steady in self._steady:
            steady.day(self.days)
        self._at(7, 12, *_NIGHTLY)
        self._arrive(staged, "APC")
        self._at(14, 0, "esr.queue.appfilegenerationcommand")
        self._at(14, 9)
        self._arrive(staged, "RMC")
        self._at(15, 0, "esr.queue.notificationfilegenerationcommand")
        self._at(15, 12)
        self._arrive(staged, "DCC")
        self._at(23, 30)
        self._idle()
        self._until(self._is_purged)
        self.samples.append(
            {**self._tell("measure"), "store": self.store.used(), "log": self.log.stat().st_size}
        )
        self._end_of_day()

    def sent(self) -> set[str]:
        """Return the types of the files for ESR of the last days."""
        return {path.name.split("_")[2] for path in (self.small.folder / "out").glob("*.DAT")}

    def leak(self, name: str) -> None:
        """Make the process leak from now on."""
        self._tell(f"leak {name}")

    def note(self, event: str) -> None:
        """Record what is done to the process on this day."""
        self.events.setdefault(self.days, []).append(event)

    def renew_certificate(self) -> None:
        """TCS presents another certificate; connections are closed."""
        self.front.renew_certificate()
        self.note("certificate of TCS renewed")

    def renew_secret(self) -> None:
        """The client's secret changes: a process with the new one follows the process with the old one."""
        self.stop()
        self.front.secret = f"invented-secret-{self.days + 2}"
        self.start()
        self.note("client secret changed, restarted")

    def turn_clock_back(self) -> None:
        """The machine's clock is set back by an hour, and corrected."""
        self._move(self._moment(0, 0) - timedelta(hours=1))
        self._idle()
        self.note("clock set back by an hour")

    def fail_calls(self) -> None:
        """TCS fails some of its next calls."""
        self.small.tcs.simulator.misbehaviour.switches = Switches(fail_next=5)
        self.note("5 calls to TCS fail")

    def drop_connections(self) -> None:
        """Every connection to TCS is cut."""
        self.front.loop.call_soon_threadsafe(self.front.disconnect)
        self.note("connections to TCS cut")

    def cut_servers(self) -> None:
        """Every connection to RabbitMQ and MongoDB is cut, if the engine has any."""
        if self.store.cut():
            self.note("connections to RabbitMQ and MongoDB cut")

    def _arrive(self, staged: Path, kind: str) -> None:
        """Put the day's files of a kind into the inbound folder, as they are after a while, and wait until they are handled."""
        files = [path for path in staged.iterdir() if f"_{kind}_" in path.name or path.suffix == ".txt"]
        wanted = self._metrics()[0].get("esr.queue.file.arrived", 0) + sum(
            path.suffix == ".DAT" for path in files
        )
        for path in files:
            arrived = self.arriving / path.name
            shutil.move(path, staged.parent / path.name)
            os.utime(staged.parent / path.name, (0, 0))
            (staged.parent / path.name).rename(arrived)
        self._idle(lambda handled: handled.get("esr.queue.file.arrived", 0) >= wanted)

    def _end_of_day(self) -> None:
        """Rotate the log, as logrotate does with ``copytruncate``; remove old files from both folders."""
        self._check_log()
        os.truncate(self.log, 0)
        self.days += 1
        old = f"{TODAY + timedelta(days=self.days - 4):%Y%m%d}"
        for folder in (self.arriving, self.small.folder / "out"):
            for path in folder.glob("*.DAT"):
                if path.name.split("_")[3] <= old:
                    path.unlink()
            for path in folder.glob("*.txt"):
                path.unlink()

    def _check_log(self) -> None:
        """Every line of the day's log is an event, and none says that something failed that should not."""
        for line in self.log.read_text().splitlines():
            assert json.loads(line)["level"] in {"info", "warning"}, line

    def _at(self, hour: int, minute: int, *commanded: str) -> None:
        """Move to a time of the day, and wait until the commands that are due then are handled, one for each deanery."""
        before = self._metrics()[0]
        self._move(self._moment(hour, minute))
        wanted = {queue: before.get(queue, 0) + len(DEANERIES) for queue in commanded}
        self._idle(lambda handled: all(handled.get(queue, 0) >= number for queue, number in wanted.items()))

    def _is_purged(self) -> bool:
        """Say whether the day's purge is over; on the first day there is none."""
        today = f"{TODAY + timedelta(days=self.days)}"
        with closing(self.store.reader()) as reader:
            return self.days == 0 or any(purge.finished for purge in reader.get(PURGES, [today]))

    def _move(self, moment: datetime) -> None:
        self._tell(f"at {moment.isoformat()}")

    def _moment(self, hour: int, minute: int) -> datetime:
        day = TODAY + timedelta(days=self.days)
        return datetime(day.year, day.month, day.day, hour, minute, 1, tzinfo=LONDON).astimezone(UTC)

    def _tell(self, line: str) -> Any:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def _announced(self, begun: int) -> str | None:
        """Return the address that the process logs once it runs."""
        text = self.log.read_bytes()[begun:].decode()
        found = [
            event["http"]
            for line in text.splitlines()
            if line.endswith("}") and "http" in (event := json.loads(line))
        ]
        return found[0] if found else None

    def _metrics(self) -> tuple[dict[str, float], bool]:
        """Return the handled messages by queue, and whether none waits; that is unknown while a server is unavailable."""
        with urllib.request.urlopen(f"{self._address}/metrics", timeout=20) as answer:  # noqa: S310 - of the process
            text = answer.read().decode()
        handled: dict[str, float] = {}
        for queue, number in _HANDLED.findall(text):
            handled[queue] = handled.get(queue, 0) + float(number)
        depths = [float(depth) for depth in _DEPTH.findall(text)]
        return handled, bool(depths) and not any(depths)

    def _idle(self, is_done: Callable[[dict[str, float]], bool] = lambda _: True) -> None:
        """Wait until something was handled and nothing waits."""

        def idle() -> bool:
            handled, none_waits = self._metrics()
            return is_done(handled) and none_waits

        self._until(idle)

    def _until(self, found: Callable[[], Any]) -> Any:
        assert self._process is not None
        ends = time.monotonic() + _WAIT_SECONDS
        while not (value := found()):
            assert self._process.poll() is None, self.log.read_text()[-3000:]
            assert time.monotonic() < ends, f"day {self.days}: {self.log.read_text()[-3000:]}"
            time.sleep(0.02)
        return value


@contextmanager
def soaking(folder: Path, offices: Sequence[str], engine: EngineName = "embedded") -> Iterator[Soak]:
    """Start a process on an engine, with the traffic of some deaneries."""
    with (
        small_world(folder / "world", partial(build, deaneries=offices)) as small,
        fronted(small.tcs.url, folder) as front,
        store_of(engine, folder) as store,
    ):
        soak = Soak(small, front, store, offices)
        try:
            soak.start()
            yield soak
        finally:
            soak.kill()
