"""Exit codes, and how a user's mistake or a missing dependency is said: one line, no stack trace."""

import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape

from tis_esr.desk.accounting import RowsUnaccounted
from tis_esr.engine.errors import StateInUse, Transient, UnusableState
from tis_esr.engine.production.checks import UnusableServer
from tis_esr.engine.production.reading import BadAddress
from tis_esr.engine.runner import OutOfPatience
from tis_esr.files.folder import BadFolder
from tis_esr.files.store import OtherContent, StoreUnavailable
from tis_esr.settings import BadSettings
from tis_esr.tcs.errors import NotTcsError, TcsError
from tis_esr.tcs.settings import BadTcsUrl
from tis_esr.tcs.simulator.store import BadData
from tis_esr.web.serving import PortTaken
from tis_esr.web.tracing import NoTraces

console = Console()
errors = Console(stderr=True, highlight=False)


class Exit(IntEnum):
    """What a command's exit code says."""

    DONE = 0
    DONE_WITH_PARKED = 1
    USAGE = 2
    UNAVAILABLE = 3
    FAULT = 70
    INTERRUPTED = 130


class UsageError(Exception):
    """A value on the command line that can't be used; names it and says what to give instead."""

    def __init__(self, option: str, reason: str) -> None:
        super().__init__(f"{option}: {reason}")
        self.option = option
        self.reason = reason


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn what can go wrong into one plain line and an exit code; no stack trace reaches a user."""
    try:
        yield
    except (
        UsageError,
        BadSettings,
        BadFolder,
        BadTcsUrl,
        BadData,
        UnusableState,
        NoTraces,
        BadAddress,
        NotTcsError,
    ) as error:
        _stop(str(error), Exit.USAGE)
    except (OutOfPatience, StateInUse, Transient, TcsError, UnusableServer) as error:
        _stop(str(error), Exit.UNAVAILABLE)
    except BaseExceptionGroup as group:
        _stop(*_within(group))
    except RowsUnaccounted as error:
        _stop(str(error), Exit.DONE_WITH_PARKED)
    except (StoreUnavailable, PortTaken, OtherContent) as error:
        _stop(str(error), Exit.UNAVAILABLE)
    except OSError as error:
        _stop(f"{error.filename or 'a file'}: {error.strerror or error}", Exit.UNAVAILABLE)
    except KeyboardInterrupt:
        _stop("stopped; nothing is lost: the same command goes on where this one was", Exit.INTERRUPTED)
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:  # noqa: BLE001 - the last place before a stack trace
        _stop(_fault(error), Exit.FAULT)


def _within(group: BaseExceptionGroup[BaseException]) -> tuple[str, Exit]:
    """Say what a group of failures holds; a fault of the program comes before what may pass."""
    _, rest = group.split((OutOfPatience, Transient, TcsError, OSError))
    first: BaseException = rest or group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return (str(first), Exit.UNAVAILABLE) if rest is None else (_fault(first), Exit.FAULT)


def _fault(error: BaseException) -> str:
    """Name an unexpected error by its type and place alone: its text may hold personal data."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "tis_esr" in frame.filename] or list(frames)
    place = f" in {Path(own[-1].filename).name}, line {own[-1].lineno}" if own else ""
    return (
        f"a fault of this program: {type(error).__name__}{place}. Report it to support with this line and the"
        " command; what was committed is kept, and the command may be repeated"
    )


def printable(text: str) -> str:
    """Return a text with what a terminal would obey instead of showing written as an escape; lines stay lines."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def _stop(text: str, code: Exit) -> None:
    sys.stdout.flush()
    errors.print(f"[bold red]tis-esr:[/] {escape(printable(text))}", soft_wrap=True)
    raise typer.Exit(int(code))
