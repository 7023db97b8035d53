"""Exit codes, and how a user's mistake or a missing dependency is said: one line, no stack trace."""

import re
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.errors import MarkupError
from rich.markup import escape
from rich.text import Text

from tis_esr.desk.accounting import FilesUnfinishedError, RowsUnaccounted
from tis_esr.engine.errors import StateInUse, Transient, UnusableState
from tis_esr.engine.production.checks import UnusableServer
from tis_esr.engine.production.reading import BadAddress
from tis_esr.engine.runner import OutOfPatience
from tis_esr.engine.supervision import TaskFailedError
from tis_esr.files.folder import BadFolder
from tis_esr.files.store import OtherContent, StoreUnavailable
from tis_esr.interrupts import INTERRUPTED, end_at_once
from tis_esr.settings import BadSettings
from tis_esr.tcs.errors import NotTcsError, TcsError
from tis_esr.tcs.settings import BadTcsUrl
from tis_esr.tcs.simulator.store import BadData
from tis_esr.visible import visible
from tis_esr.web.serving import PortTaken
from tis_esr.web.tracing import NoTraces

_NOT_OURS = re.compile(r"(?<!\\)\[(?!(?:bold|bold red|green|yellow|/)\])")


class Terminal(Console):
    """A console on which text from outside does nothing: only our own few tags are markup, and nothing is invisible."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Return the text to show; brackets that are not our markup stay brackets."""
        text = visible(text)
        if options.get("markup") is False:
            return super().render_str(text, **options)
        try:
            return super().render_str(_NOT_OURS.sub(r"\[", text), **options)
        except MarkupError:
            return super().render_str(text, **{**options, "markup": False})


console = Terminal()
errors = Terminal(stderr=True, highlight=False)


class Exit(IntEnum):
    """What a command's exit code says."""

    DONE = 0
    DONE_WITH_PARKED = 1
    USAGE = 2
    UNAVAILABLE = 3
    FAULT = 70
    INTERRUPTED = INTERRUPTED


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
    except (OutOfPatience, StateInUse, TaskFailedError, Transient, TcsError, UnusableServer) as error:
        _stop(str(error), Exit.UNAVAILABLE)
    except BaseExceptionGroup as group:
        _stop(*_within(group))
    except (RowsUnaccounted, FilesUnfinishedError) as error:
        _stop(str(error), Exit.DONE_WITH_PARKED)
    except (StoreUnavailable, PortTaken, OtherContent) as error:
        _stop(str(error), Exit.UNAVAILABLE)
    except OSError as error:
        _stop(f"{error.filename or 'a file'}: {error.strerror or error}", Exit.UNAVAILABLE)
    except KeyboardInterrupt:
        end_at_once()
        _stop("stopped; nothing is lost: the same command goes on where this one was", Exit.INTERRUPTED)
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:  # noqa: BLE001 - the last place before a stack trace
        _stop(_fault(error), Exit.FAULT)


def _within(group: BaseExceptionGroup[BaseException]) -> tuple[str, Exit]:
    """Say what a group of failures holds; a fault of the program comes before what may pass."""
    _, rest = group.split((OutOfPatience, TaskFailedError, Transient, TcsError, OSError))
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


def _stop(text: str, code: Exit) -> None:
    sys.stdout.flush()
    errors.print(f"[bold red]tis-esr:[/] {escape(text)}", soft_wrap=True)
    raise typer.Exit(int(code))
