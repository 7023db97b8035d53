"""Ctrl-C where the program isn't ready to answer it in order: it ends at once, without a stack trace."""

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

INTERRUPTED = 130
"""The exit code of a command that was stopped by Ctrl-C."""


def end_at_once() -> None:
    """Have every further interrupt end the process, with INTERRUPTED; what is committed is safe at any point."""
    signal.signal(signal.SIGINT, _end)


def _end(_number: int, _frame: FrameType | None) -> NoReturn:
    sys.stderr.write("tis-esr: stopped at once. Run the same command again to continue\n")
    sys.stderr.flush()
    os._exit(INTERRUPTED)
