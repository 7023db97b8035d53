"""A day of ``tis-esr run`` as a process, scraped by Prometheus, whose alerts go through Alertmanager to a webhook."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, TypeVar

from docgen.generated import ROOT
from servers.monitoring import Prometheus, free_port, running_alertmanager, running_prometheus

from tis_esr import wall_clock
from tis_esr.simulation.days.generate import synthesize
from tis_esr.simulation.tcs.server import running_simulator
from tis_esr.simulation.tcs.switches import Switches

DEPLOY = ROOT / "deploy" / "prometheus"
DOCS_URL = "https://docs.example/tis-esr"
_PROGRAM = [sys.executable, "-c", "from tis_esr.start import main; main()"]
STATE = "TIS_ESR_STATE"
_PATIENCE = 90.0
_PAST_DAYS = 20
T = TypeVar("T")


@dataclass
class Receiver:
    """What the webhooks of Alertmanager received: by the path, each alert once for each message."""

    address: str = ""
    alerts: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def of(self, name: str, status: str = "firing") -> list[tuple[str, dict[str, Any]]]:
        """Return the alerts of a name, with the path on which each came."""
        return [
            (path, one)
            for path, one in self.alerts
            if one["labels"]["alertname"] == name and one["status"] == status
        ]


@dataclass
class Installation:
    """What runs. ``program`` is the process of ``tis-esr run``."""

    program: "subprocess.Popen[bytes]"
    prometheus: Prometheus
    receiver: Receiver
    folder: Path

    def stop_program(self) -> None:
        """End it as a service manager does."""
        self.program.send_signal(signal.SIGTERM)
        assert self.program.wait(timeout=30) == 0


def until(found: Callable[[], T], what: Callable[[], object] = str) -> T:
    """Poll until something is there; return it, or fail with ``what`` is the case instead."""
    end = time.monotonic() + _PATIENCE
    while not (value := found()):
        assert time.monotonic() < end, what()
        time.sleep(0.25)
    return value


@contextmanager
def installation(folder: Path, engine: Mapping[str, str]) -> Iterator[Installation]:
    """Run a past day on an engine, then today's services with traffic, Prometheus, Alertmanager and the receiver of alerts.

    TCS is down when the files arrive, so that messages are released and handled later.
    """
    today = wall_clock.today()
    _past_day(folder, today - timedelta(days=_PAST_DAYS), engine)
    synthesize(deaneries=3, posts=150, seed=7, out=folder / "today", as_of=today)
    (folder / "arriving").mkdir()
    with ExitStack() as stack:
        faults = Switches(fail_rate=1.0)
        tcs = stack.enter_context(running_simulator(folder / "today" / "tcs", faults))
        receiver = stack.enter_context(_receiver())
        port = free_port()
        settings = {**engine, **_settings(folder, tcs.url, receiver.address, port)}
        program = stack.enter_context(_running(folder, settings))
        manager = stack.enter_context(running_alertmanager(folder, _alertmanager(folder, receiver.address)))
        prometheus = stack.enter_context(running_prometheus(folder, _prometheus(folder, port, manager)))
        until(lambda: prometheus.query("tis_esr_poll_age_seconds"), lambda: "nothing was scraped")
        _arrive(folder, today)
        released = 'tis_esr_handled_total{outcome="released"}'
        until(lambda: prometheus.query(released), lambda: "nothing was released while TCS was down")
        faults.fail_rate = 0.0
        yield Installation(program, prometheus, receiver, folder)


def _past_day(folder: Path, day: date, engine: Mapping[str, str]) -> None:
    """Process a day whose files to ESR nobody confirmed, and of which rows are old enough to be purged."""
    synthesize(deaneries=3, posts=60, seed=7, out=folder / "past", as_of=day)
    with running_simulator(folder / "past" / "tcs") as tcs:
        words = ["--in", folder / "past" / "in", "--out", folder / "out", "--tcs", tcs.url]
        words += ["--as-of", day.isoformat(), *(["--state", engine[STATE]] if STATE in engine else [])]
        done = subprocess.run(
            [*_PROGRAM, "day", *map(str, words)],
            env=_environment(engine),
            cwd=folder,
            capture_output=True,
            check=False,
        )
    assert done.returncode == 1, done.stderr.decode()


def _arrive(folder: Path, today: date) -> None:
    """Let ESR's files of today arrive, and one whose number reveals a missing one."""
    for file in sorted((folder / "today" / "in").iterdir()):
        file.rename(folder / "arriving" / file.name)
    later = folder / "today" / f"DE_EMD_RMC_{today:%Y%m%d}_00004009.DAT"
    later.write_text("TRL,0\n")
    later.rename(folder / "arriving" / later.name)


def _settings(folder: Path, tcs: str, receiver: str, port: int) -> dict[str, str]:
    return {
        "TIS_ESR_INBOUND": str(folder / "arriving"),
        "TIS_ESR_OUTBOUND": str(folder / "out"),
        "TIS_ESR_TCS_URL": tcs,
        "TIS_ESR_HTTP_PORT": str(port),
        "TIS_ESR_SWEEP_SECONDS": "0.5",
        "TIS_ESR_ALARM_SECONDS": "1",
        "TIS_ESR_KEEP_ROWS_DAYS": "5",
        "TIS_ESR_ALARM_SLACK_URL": f"{receiver}/refuses",
    }


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    return {**os.environ, "NO_COLOR": "1", **settings}


@contextmanager
def _running(folder: Path, settings: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    with (
        (folder / "run.log").open("wb") as log,
        subprocess.Popen(
            [*_PROGRAM, "run"], env=_environment(settings), cwd=folder, stdout=log, stderr=log
        ) as program,
    ):
        try:
            yield program
        finally:
            program.kill()


def _prometheus(folder: Path, port: int, alertmanager: str) -> Path:
    """Return our example of a configuration, with these addresses, and what takes minutes in seconds."""
    text = (DEPLOY / "prometheus.yaml").read_text()
    text = text.replace("127.0.0.1:8080", f"127.0.0.1:{port}").replace("interval: 30s", "interval: 1s")
    text = text.replace("127.0.0.1:9093", alertmanager.removeprefix("http://"))
    (folder / "prometheus.yaml").write_text(text)
    rules = (DEPLOY / "rules.yaml").read_text()
    (folder / "rules.yaml").write_text(re.sub(r"for: [1-9]\d*m", "for: 3s", rules))
    return folder / "prometheus.yaml"


def _alertmanager(folder: Path, receiver: str) -> Path:
    """Return our example of a configuration, with this receiver, and without its pauses."""
    text = (DEPLOY / "alertmanager.yaml").read_text()
    text = text.replace("https://pager.example/hook", f"{receiver}/page")
    text = text.replace("https://tickets.example/hook", f"{receiver}/ticket")
    text = text.replace("group_wait: 30s", "group_wait: 0s").replace(
        "group_interval: 5m", "group_interval: 1s"
    )
    (folder / "alertmanager.yaml").write_text(text)
    return folder / "alertmanager.yaml"


@contextmanager
def _receiver() -> Iterator[Receiver]:
    """Receive what Alertmanager posts; answer 500 to what is posted to ``/refuses``."""
    receiver = Receiver()

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path != "/refuses":
                receiver.alerts += [(self.path, one) for one in json.loads(body)["alerts"]]
            self.send_response(500 if self.path == "/refuses" else 200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
            pass

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        receiver.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, name="receiver", daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
