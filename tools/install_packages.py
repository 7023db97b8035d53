"""Runs ``pip install`` for the Makefile and shows how far it is: packages of the total, rate and time left.

Standard library only: it runs before anything is installed. On a terminal one line is redrawn; elsewhere, and with TERM=dumb,
there is a line at the beginning and one at the end. What pip prints is shown only where it fails.
"""

import os
import re
import subprocess
import sys
import sysconfig
import threading
import time
from itertools import pairwise
from pathlib import Path

_COLLECTED = re.compile(r"\s*(Collecting|Requirement already satisfied:) ")
_PINNED = re.compile(r"[A-Za-z0-9].*==")
_ELSEWHERE = re.compile(r"sys_platform == 'win32'")
_POLL_SECONDS = 0.2


def pinned(requirements: Path) -> int:
    """Return how many packages a file of requirements names for this platform."""
    lines = requirements.read_text().splitlines()
    return sum(1 for line in lines if _PINNED.match(line) and not _ELSEWHERE.search(line))


def line(done: int, total: int, seconds: float) -> str:
    """Return ``12 of 43 packages, 3.0/s, 0:10 left``."""
    done = min(done, total)
    if not done:
        return f"0 of {total} packages"
    left = int((total - done) * seconds / done)
    return f"{done} of {total} packages, {done / seconds:.1f}/s, {left // 60}:{left % 60:02d} left"


def installed() -> int:
    """Return how many packages the environment has."""
    return len(list(Path(sysconfig.get_path("purelib")).glob("*.dist-info")))


class Install:
    """One run of pip; packages count half when they are collected, and half when they are installed."""

    def __init__(self, arguments: list[str]) -> None:
        files = [Path(name) for flag, name in pairwise(arguments) if flag == "-r"]
        self.arguments, self.total = arguments, sum(map(pinned, files))
        self.collected, self.before, self.begun = 0, installed(), time.monotonic()
        self.said: list[str] = []

    def run(self) -> int:
        """Return pip's exit code."""
        command = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", *self.arguments]
        print(f"Installing Python packages into {sys.prefix}, once: {self.total}", flush=True)
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
            reader = threading.Thread(target=self._read, args=(pip,))
            reader.start()
            while pip.poll() is None:
                self._draw()
                time.sleep(_POLL_SECONDS)
            reader.join()
        if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
            print("\r\x1b[2K", end="")
        if pip.returncode:
            print("\n".join(self.said), file=sys.stderr)
        else:
            print(f"Installed: {self.total}, in {time.monotonic() - self.begun:.0f} s", flush=True)
        return pip.returncode

    def _read(self, pip: "subprocess.Popen[str]") -> None:
        for said in pip.stdout or ():
            self.said.append(said.rstrip())
            self.collected += _COLLECTED.match(said) is not None

    def _draw(self) -> None:
        if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
            done = (min(self.collected, self.total) + min(installed() - self.before, self.total)) // 2
            print(f"\r\x1b[2K  {line(done, self.total, time.monotonic() - self.begun)}", end="", flush=True)


if __name__ == "__main__":
    sys.exit(Install(sys.argv[1:]).run())
