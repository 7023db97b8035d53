"""The commands that pages show in ``console`` blocks: run as they stand, page by page, and compared with the page.

A line that begins with ``$`` is a command, ``>`` continues it, and what follows is what it prints. A line of three
dots stands for any lines, three dots within a line for any text; a date with a time stands for any other. One page is one shell in an
empty folder, or as the comment ``<!-- console: ... -->`` of the page says:

``after the demo``   ``tis-esr demo`` has been run in the folder
``production``       the settings name RabbitMQ and MongoDB, both empty

A block after ``<!-- not executed: REASON -->`` isn't run.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SKIPPED = re.compile(r"<!-- not executed: .+? -->\n+\Z")
_PLACE = re.compile(r"<!-- console: (.+?) -->")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d|\d{1,2} [A-Z][a-z]{2} \d{4})[ T]\d\d:\d\d:\d\d(\.\d+)?")
_PORT = "8093"
_LONGEST = 150.0
"""Seconds that a command may take."""
DEMO = "tis-esr demo --as-of 2026-11-24"


@dataclass
class Step:
    """One command, what the page says that it prints, and what it printed and ended with."""

    command: str
    expected: str
    printed: str = ""
    code: int = 0

    @property
    def is_as_shown(self) -> bool:
        """Say whether it printed what the page shows."""
        parts = [
            re.escape(part) for part in re.split(r"^\.\.\.\n", _plain(self.expected), flags=re.MULTILINE)
        ]
        lines = r"(?:.*\n)*?".join(parts).replace(re.escape("..."), r".*?")
        return re.fullmatch(lines, _plain(self.printed)) is not None


@dataclass
class Page:
    """A page's commands in order; ``needs`` is what its folder must be."""

    path: Path
    text: str
    needs: str = "empty folder"
    steps: list[Step] = field(default_factory=list)


def read(path: Path) -> Page:
    """Return a page with its commands."""
    text = path.read_text()
    place = _PLACE.search(text)
    page = Page(path, text, place[1] if place else "empty folder")
    page.steps = [step for block in _blocks(text) for step in _steps(block)]
    return page


def pages_with_commands(root: Path) -> list[Path]:
    """Return the pages that show commands with what they print."""
    pages = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    return [path for path in pages if any(True for _ in _blocks(path.read_text()))]


def _blocks(text: str) -> Iterator[str]:
    for block in _BLOCK.finditer(text):
        if not _SKIPPED.search(text[: block.start()]):
            yield block[1]


def _steps(block: str) -> Iterator[Step]:
    command, shown = "", ""
    for line in block.splitlines(keepends=True):
        if line.startswith("$ "):
            if command:
                yield Step(command, shown)
            command, shown = line[2:].rstrip("\n"), ""
        elif line.startswith("> ") and not shown:
            command += "\n" + line[2:].rstrip("\n")
        else:
            shown += line
    if command:
        yield Step(command, shown)


def run(page: Page, settings: Mapping[str, str] | None = None) -> Page:
    """Run a page's commands in one shell in a folder of their own; note what each printed."""
    with tempfile.TemporaryDirectory(prefix="tis-esr-docs-") as folder:
        place = Path(folder) / "work"
        place.mkdir()
        shell = _Shell(place, _environment(Path(folder), settings or {}))
        try:
            if page.needs == "after the demo":
                shell.run(DEMO)
            for step in page.steps:
                step.printed, step.code = shell.run(step.command)
        finally:
            shell.close()
    return page


def refresh(path: Path, settings: Mapping[str, str] | None = None) -> str:
    """Return the page with what its commands print now; a page that needs servers is left as it is."""
    page = read(path)
    if page.needs == "production" and settings is None:
        return page.text
    text = page.text
    for step in run(page, settings).steps:
        if not step.is_as_shown:
            shown = "\n> ".join(step.command.split("\n"))
            text = text.replace(f"$ {shown}\n{step.expected}", f"$ {shown}\n{step.printed}", 1)
    return text


def _plain(text: str) -> str:
    return re.sub(r"[ \t]+$", "", _MOMENT.sub("2026-11-24 14:00:00", text), flags=re.MULTILINE)


def _environment(folder: Path, settings: Mapping[str, str]) -> dict[str, str]:
    program = folder / "bin" / "tis-esr"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nfrom tis_esr.start import main\nmain()\n")
    program.chmod(0o755)
    ours = Path(__file__).parent.parent
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TIS_ESR_")}
    return {
        **kept,
        "PATH": f"{program.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ours / "src"),
        "COLUMNS": "100",
        "NO_COLOR": "1",
        **settings,
    }


class _Shell:
    """A bash that runs one command after the other; the port of pages is a free one."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = str(probe.getsockname()[1])
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, command: str) -> tuple[str, int]:
        """Return what a command printed, both streams together, and its exit code."""
        assert self._process.stdin is not None
        end = f"--- end of {os.getpid()} ---"
        typed = command.replace(f":{_PORT}", f":{self._port}").replace(
            f"--port {_PORT}", f"--port {self._port}"
        )
        self._process.stdin.write(f"{typed}\ncode=$?; printf '\\n{end}%s\\n' $code; (exit $code)\n")
        self._process.stdin.flush()
        watch = threading.Timer(_LONGEST, self.close)
        watch.start()
        try:
            return self._printed(end, command)
        finally:
            watch.cancel()

    def _printed(self, end: str, command: str) -> tuple[str, int]:
        assert self._process.stdout is not None
        printed: list[str] = []
        for line in self._process.stdout:
            if line.startswith(end):
                code = int(line.removeprefix(end))
                break
            printed.append(line)
        else:
            raise RuntimeError(f"the shell ended, or {_LONGEST:.0f} s passed, at: {command}")
        text = "".join(printed).removesuffix("\n")
        return text.replace(self._port, _PORT), code

    def close(self) -> None:
        """End the shell and what it left running."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
