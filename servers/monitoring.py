"""Prometheus and Alertmanager, each in a folder of its own on loopback, for as long as a block lasts."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

from servers.programs import alertmanager, prometheus
from servers.running import DidNotStart

_START_SECONDS = 60.0


@dataclass(frozen=True)
class Prometheus:
    """A running Prometheus."""

    address: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the series of an expression now, each with ``metric`` and ``value``."""
        return list(self._get("query", query=expression)["result"])

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts that are pending or firing."""
        return list(self._get("alerts")["alerts"])

    def _get(self, path: str, **words: str) -> dict[str, Any]:
        with urlopen(f"{self.address}/api/v1/{path}?{urlencode(words)}", timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)["data"]
            return found


@contextmanager
def running_prometheus(folder: Path, config: Path) -> Iterator[Prometheus]:
    """Run Prometheus with a configuration; its data is in the folder."""
    port = free_port()
    words = [
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'prometheus'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    with _running([str(prometheus()), *words], port, folder / "prometheus.log") as address:
        yield Prometheus(address)


@contextmanager
def running_alertmanager(folder: Path, config: Path) -> Iterator[str]:
    """Run one Alertmanager, without a cluster; yields its address."""
    port = free_port()
    words = [
        f"--config.file={config}",
        f"--storage.path={folder / 'alertmanager'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        "--log.level=warn",
    ]
    with _running([str(alertmanager()), *words], port, folder / "alertmanager.log") as address:
        yield address


def free_port() -> int:
    """Return a port of the loopback on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(command: Sequence[str], port: int, log: Path) -> Iterator[str]:
    address = f"http://127.0.0.1:{port}"
    with log.open("w") as to, subprocess.Popen(command, stdout=to, stderr=to) as process:
        try:
            end = time.monotonic() + _START_SECONDS
            while not _is_ready(address):
                if process.poll() is not None or time.monotonic() > end:
                    raise DidNotStart(f"{command[0]} did not come up: {log.read_text()[-400:]}")
                time.sleep(0.05)
            yield address
        finally:
            process.kill()


def _is_ready(address: str) -> bool:
    try:
        with urlopen(f"{address}/-/ready", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False
