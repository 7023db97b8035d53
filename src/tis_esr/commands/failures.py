"""Which failure ends a command with which exit code, and its line."""

import traceback
from pathlib import Path

from tis_esr.commands.outcome import Exit
from tis_esr.engine.faults import StateInUseError, TransientError, UnusableStateError
from tis_esr.engine.production.reader import BadAddressError
from tis_esr.engine.production.server_checks import UnusableServerError
from tis_esr.engine.runner import PatienceExhaustedError
from tis_esr.engine.supervision import TaskFailedError
from tis_esr.files.file_store import ContentMismatchError, StoreUnavailableError
from tis_esr.files.folder import BadFolderError
from tis_esr.operations.row_check import FilesUnfinishedError, RowsUnaccountedError
from tis_esr.settings import BadSettingsError
from tis_esr.simulation.tcs.dto_store import BadDataError
from tis_esr.tcs.tcs_errors import NotTcsError, TcsError
from tis_esr.tcs.tcs_settings import BadTcsUrlError
from tis_esr.web.serving import PortTakenError
from tis_esr.web.tracing import NoTracesError

_USAGE = (
    BadSettingsError,
    BadFolderError,
    BadTcsUrlError,
    BadDataError,
    UnusableStateError,
    NoTracesError,
    BadAddressError,
    NotTcsError,
)
_UNAVAILABLE = (
    PatienceExhaustedError,
    StateInUseError,
    TaskFailedError,
    TransientError,
    TcsError,
    UnusableServerError,
    StoreUnavailableError,
    PortTakenError,
    ContentMismatchError,
)


def reported(error: BaseException) -> tuple[str, Exit]:
    """Return the line that reports an error, and the exit code."""
    if isinstance(error, _USAGE):
        return str(error), Exit.USAGE
    if isinstance(error, _UNAVAILABLE):
        return str(error), Exit.UNAVAILABLE
    if isinstance(error, BaseExceptionGroup):
        return _within(error)
    if isinstance(error, RowsUnaccountedError | FilesUnfinishedError):
        return str(error), Exit.DONE_WITH_PARKED
    if isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        return f"{place}{error.strerror or error}", Exit.UNAVAILABLE
    return _fault(error), Exit.FAULT


def _within(group: BaseExceptionGroup[BaseException]) -> tuple[str, Exit]:
    """Return what a group of failures holds; a fault of the program comes before what may pass."""
    _, rest = group.split((PatienceExhaustedError, TaskFailedError, TransientError, TcsError, OSError))
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
        f"internal error: {type(error).__name__}{place}. Report it to support with this line and the"
        " command; what was committed is kept, and the command may be repeated"
    )
