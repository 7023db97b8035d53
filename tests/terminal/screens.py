"""The program on a pseudo-terminal of a given size, or in a pipe: what it writes, and its exit code.

Each call is a forked process that has imported the program already: hundreds of calls would take minutes otherwise.
"""

import fcntl
import os
import pty
import re
import struct
import sys
import termios
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import tis_esr.commands.day
import tis_esr.commands.doctor
import tis_esr.commands.failures
import tis_esr.commands.why
import tis_esr.simulation.days.generate  # noqa: F401 - imported so that no call has to
from tis_esr import cli
from tis_esr.commands import terminal

ROOT = Path(__file__).parents[2]
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass
class Said:
    """What a command wrote, as written, and its exit code."""

    code: int
    raw: str
    errors: str = ""

    @property
    def lines(self) -> list[str]:
        """Return the lines without colours; of one that was drawn over, what was written last."""
        text = _ESCAPES.sub("", self.raw.replace("\r\n", "\n"))
        return [line.rpartition("\r")[2] for line in text.splitlines()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def environment(**more: str) -> dict[str, str]:
    """Return the variables of a plain shell: nothing of the test's own but the path of the program."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT / "src"), "TERM": "xterm-256color", "LC_ALL": "C.UTF-8", **more}


def typed(
    words: list[str], folder: Path, *, columns: int, rows: int = 24, env: Mapping[str, str] | None = None
) -> Said:
    """Type a command on a terminal of so many columns and rows."""
    size = struct.pack("HHHH", rows, columns, 0, 0)
    process, ours = pty.fork()
    if process == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, size)
        _run(words, folder, env)
    return Said(*_ended(process, _read_all(ours)))


def piped(
    words: list[str], folder: Path, *, lines: int | None = None, env: Mapping[str, str] | None = None
) -> Said:
    """Pipe a command's output to a reader that goes away after so many lines, or stays to the end."""
    (ours, theirs), (our_errors, their_errors) = os.pipe(), os.pipe()
    process = os.fork()
    if process == 0:
        for descriptor, number in ((os.open(os.devnull, os.O_RDONLY), 0), (theirs, 1), (their_errors, 2)):
            os.dup2(descriptor, number)
        os.closerange(3, 256)
        _run(words, folder, env)
    os.close(theirs)
    os.close(their_errors)
    if lines is None:
        said = _read_all(ours)
    else:
        with os.fdopen(ours, "rb") as reader:
            said = b"".join(reader.readline() for _ in range(lines))
    errors = _read_all(our_errors)
    return Said(*_ended(process, said), errors.decode())


def _run(words: list[str], folder: Path, env: Mapping[str, str] | None) -> None:
    """Be the program, as it is right after its start."""
    code = 99
    try:
        os.environ.clear()
        os.environ.update(environment(**env or {}))
        os.chdir(folder)
        sys.stdin, sys.stdout, sys.stderr = os.fdopen(0), os.fdopen(1, "w"), os.fdopen(2, "w")
        sys.__stdout__ = sys.stdout  # type: ignore[misc]
        renew: Callable[..., None] = terminal.Terminal.__init__
        renew(terminal.console, highlight=False)
        renew(terminal.errors, stderr=True, highlight=False)
        sys.argv = ["tis-esr", *words]
        cli.run(cli.loaded())
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        os._exit(code)


def _read_all(descriptor: int) -> bytes:
    said = b""
    try:
        while block := os.read(descriptor, 65536):
            said += block
    except OSError:
        pass  # Linux reports the end of a terminal whose program is gone as an error
    os.close(descriptor)
    return said


def _ended(process: int, said: bytes) -> tuple[int, str]:
    _, status = os.waitpid(process, 0)
    return os.waitstatus_to_exitcode(status), said.decode("utf-8", "replace")
