"""``tis-esr run`` in processes of its own, as in production, on the settings of one system."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import Place

PROGRAM = [sys.executable, "-c", "from tis_esr.start import main; main()"]
SLOWED = [sys.executable, "-m", "tests.faults.slowed"]
NEVER = "0 0 29 2 *"
"""Exports are asked for by command alone: the 29th of February is the day on which no test is run."""


def environment(servers: Place, database: str, tcs: str, folder: Path) -> dict[str, str]:
    """Return the settings of the production engine, with short leases, and folders for files."""
    return {
        "TIS_ESR_ENGINE": "production",
        "TIS_ESR_AMQP_URL": servers.amqp_url,
        "TIS_ESR_MONGODB_URL": servers.mongodb_url,
        "TIS_ESR_MONGODB_DATABASE": database,
        "TIS_ESR_TCS_URL": tcs,
        "TIS_ESR_TCS_TIMEOUT_SECONDS": "5",
        "TIS_ESR_TCS_UNCERTAIN_SECONDS": "3",
        "TIS_ESR_LEASE_SECONDS": "1",
        "TIS_ESR_RESEND_SECONDS": "2",
        "TIS_ESR_INBOUND": str(folder / "arriving"),
        "TIS_ESR_OUTBOUND": str(folder / "out"),
        "TIS_ESR_HTTP_PORT": "0",
        "TIS_ESR_SWEEP_SECONDS": "0.3",
        "TIS_ESR_APPLICANTS_CRON": NEVER,
        "TIS_ESR_NOTIFICATIONS_CRON": NEVER,
    }


class Processes:
    """Processes of ``tis-esr run``, each with a log of its own in ``folder``."""

    def __init__(self, settings: dict[str, str], folder: Path) -> None:
        self._environment = {**os.environ, **settings}
        self._folder = folder
        self._programs: list[list[str]] = []
        self._running: list[subprocess.Popen[bytes]] = []
        self.codes: list[int] = []

    def start(self, program: list[str], *services: str) -> None:
        """Start one more, of these services or of all."""
        self._programs.append([*program, "run", *services])
        self._running.append(self._started(self._programs[-1], len(self._running)))

    def command(self, *words: str) -> None:
        """Run another command of the program to its end."""
        subprocess.run([*PROGRAM, *words], check=True, env=self._environment, stdout=subprocess.DEVNULL)

    def stall(self, number: int, seconds: float) -> None:
        """Stop a process in whatever it does, and let it go on after so many seconds."""
        self._running[number].send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self._running[number].send_signal(signal.SIGCONT)

    def kill_and_restart(self, number: int) -> None:
        """Kill a process and start another in its place."""
        self._running[number].kill()
        self._running[number].wait()
        self._running[number] = self._started(self._programs[number], number)

    def wait_for(self, what: str, is_so: Callable[[], bool], seconds: float) -> None:
        """Wait until something is so; fail where a process ended by itself or it takes too long."""
        end = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < end, f"{what}: not within {seconds} s; {self.last_words()}"
            ended = [process.poll() for process in self._running]
            assert ended == [None] * len(ended), f"ended with {ended}; {self.last_words()}"
            time.sleep(0.1)

    def is_running(self, number: int) -> bool:
        """Say whether a process has opened its engine."""
        return b"running" in self._log(number).read_bytes()

    def last_words(self) -> str:
        """Return the end of each log."""
        logs = [self._log(number) for number in range(len(self._running))]
        return "\n".join(f"{log}:\n{log.read_bytes()[-1500:].decode(errors='replace')}" for log in logs)

    def end(self) -> None:
        """Have all come to their end in good order; ``codes`` are what they ended with."""
        for process in self._running:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        try:
            self.codes = [process.wait(30) for process in self._running]
        finally:
            for process in self._running:
                process.kill()

    def _started(self, program: list[str], number: int) -> subprocess.Popen[bytes]:
        with self._log(number).open("ab") as log:
            return subprocess.Popen(program, env=self._environment, stdout=log, stderr=log)

    def _log(self, number: int) -> Path:
        return self._folder / f"process-{number}.log"


@contextmanager
def processes(settings: dict[str, str], folder: Path) -> Iterator[Processes]:
    """Have processes for as long as the block lasts, which end with 0."""
    made = Processes(settings, folder)
    try:
        yield made
    finally:
        made.end()
    assert set(made.codes) <= {0}, f"ended with {made.codes}; {made.last_words()}"
