"""What all errors of this program have in common, and the exit codes that commands end with."""

from enum import IntEnum
from typing import ClassVar


class Exit(IntEnum):
    """What a command's exit code says."""

    DONE = 0
    DONE_WITH_PARKED = 1
    USAGE = 2
    UNAVAILABLE = 3
    FAULT = 70
    INTERRUPTED = 130


class TisEsrError(Exception):
    """The root of this program's errors. Their fields say what failed, their text is for people and holds no personal data.

    ``exit_code`` is that of a command which ends with the error: FAULT for what no command should end with, whose text
    is not shown. ``advice`` is what to do, "" where the text says it.
    """

    exit_code: ClassVar[Exit] = Exit.FAULT
    advice: ClassVar[str] = ""


class UsageError(TisEsrError):
    """A value on the command line that can't be used; names it and says what to give instead."""

    exit_code = Exit.USAGE

    def __init__(self, option: str, reason: str) -> None:
        super().__init__(f"{option}: {reason}")
        self.option = option
        self.reason = reason
