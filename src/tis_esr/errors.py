"""The root class of this program's errors, and the exit codes of commands."""

from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """The meaning of a command's exit code."""

    DONE = 0
    DONE_WITH_PARKED = 1
    USAGE = 2
    UNAVAILABLE = 3
    FAULT = 70
    INTERRUPTED = 130


class TisEsrError(Exception):
    """The root of this program's errors. Fields say what failed; the text is for people and has no personal data.

    ``exit_code`` is that of a command that ends with the error: FAULT for an internal error, whose text is not shown.
    ``advice`` is what to do, "" where the text says it.
    """

    exit_code: ClassVar[Exit] = Exit.FAULT
    advice: ClassVar[str] = ""


class UsageError(TisEsrError):
    """A value on the command line that can't be used; names the option and what to give instead."""

    exit_code = Exit.USAGE

    def __init__(self, option: str, reason: str) -> None:
        super().__init__(f"{option}: {reason}")
        self.option = option
        self.reason = reason
