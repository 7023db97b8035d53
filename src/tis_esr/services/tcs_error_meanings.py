"""Maps TCS's errors to what follows for a message: retry later, retry alone, or park."""

from collections.abc import Sequence
from dataclasses import replace

from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import PermanentError, RetryLimitedError, TransientError
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.parking_causes import ParkingCause
from tis_esr.tcs.tcs_errors import (
    TcsConflictError,
    TcsError,
    TcsServerError,
    TcsUnavailableError,
    TcsUncertainError,
    TcsUnreadableRecordError,
)


def fault_of(error: TcsError) -> TransientError | RetryLimitedError | PermanentError:
    """Return the engine's error for a message's failed call to TCS.

    Errors of TCS, of a gateway and of our access are TransientError. A lasting 500 is RetryLimitedError, also on a
    write: its effect is checked before each retry, and the message is parked after a few. A call that TCS rejects, and
    an unreadable record, are permanent errors of the message.
    """
    if isinstance(error, TcsServerError | TcsConflictError) or (
        isinstance(error, TcsUncertainError) and error.suspect
    ):
        return RetryLimitedError(str(error), ParkingCause.TCS_FAILED)
    if isinstance(error, TcsUnavailableError):
        return TransientError(str(error), error.retry_after or 0.0)
    unreadable = isinstance(error, TcsUnreadableRecordError)
    cause = ParkingCause.TCS_RECORD_UNREADABLE if unreadable else ParkingCause.TCS_REJECTED
    return PermanentError(str(error), cause)


def tcs_errors_classified(handler: Handler) -> Handler:
    """Return the handler with TCS's errors mapped by ``fault_of``."""

    async def run(work: Work, messages: Sequence[Message]) -> None:
        try:
            await handler.run(work, messages)
        except TcsError as error:
            raise fault_of(error) from error

    return replace(handler, run=run)
