"""The exit code and the message of each failure that ends a command."""

import traceback
from pathlib import Path

from tis_esr.errors import Exit, TisEsrError


def reported(error: BaseException) -> tuple[str, Exit]:
    """Return the line that reports an error, and the exit code."""
    if isinstance(error, TisEsrError) and error.exit_code is not Exit.FAULT:
        return str(error), error.exit_code
    if isinstance(error, BaseExceptionGroup):
        return _within(error)
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}", Exit.UNAVAILABLE
    return _fault(error), Exit.FAULT


def _within(group: BaseExceptionGroup[BaseException]) -> tuple[str, Exit]:
    """Describe a group of failures; internal errors precede transient ones."""
    _, rest = group.split(_is_retryable)
    first: BaseException = rest or group
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return (str(first), Exit.UNAVAILABLE) if rest is None else (_fault(first), Exit.FAULT)


def _is_retryable(error: BaseException) -> bool:
    if isinstance(error, TisEsrError):
        return error.exit_code is Exit.UNAVAILABLE
    return isinstance(error, OSError)


def _fault(error: BaseException) -> str:
    """Name an unexpected error by its type and place alone: its text may hold personal data."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "tis_esr" in frame.filename] or list(frames)
    place = f" in {Path(own[-1].filename).name}, line {own[-1].lineno}" if own else ""
    return (
        f"internal error: {type(error).__name__}{place}. Report this line and the command to support;"
        " committed work is kept, and the command can be run again"
    )
