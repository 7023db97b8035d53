"""``tis-esr console`` as a process of its own, as people start it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_CALL = "from tis_esr.start import main; main()"


@dataclass
class ConsoleProcess:
    """A running console: the line that names its address, and the address in it."""

    process: "subprocess.Popen[str]"
    line: str

    @property
    def address(self) -> str:
        return re.findall(r"https?://\S+", self.line)[0]

    def stopped(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """Stop it as Ctrl-C does; return its exit code and the rest of what it printed."""
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=15)
        return self.process.returncode, rest


@contextmanager
def console_process(
    words: Sequence[object],
    folder: Path,
    settings: Mapping[str, str] | None = None,
    command: str = "console",
) -> Iterator[ConsoleProcess]:
    """Start it in a folder, and wait until it has printed its address."""
    environment = {
        **os.environ,
        "COLUMNS": "200",
        "NO_COLOR": "1",
        "PYTHONUNBUFFERED": "1",
        **(settings or {}),
    }
    process = subprocess.Popen(
        [sys.executable, "-c", _CALL, command, *map(str, words)],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "://" in line and ("signs in once" in line or line.startswith("Console:")):
                yield ConsoleProcess(process, line)
                break
        else:
            raise AssertionError("".join(said))
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
