"""What TCS's errors mean for a message: retry later, retry alone, or park it."""

from collections.abc import Sequence
from dataclasses import replace

from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import PermanentError, RetryLimitedError, TransientError
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.tcs.tcs_errors import (
    TcsConflictError,
    TcsError,
    TcsServerError,
    TcsUnavailableError,
    TcsUncertainError,
)


def fault_of(error: TcsError) -> TransientError | RetryLimitedError | PermanentError:
    """Return what a message's failed call to TCS is for the engine.

    Trouble of TCS, of a gateway and of our access is TransientError. A lasting 500 makes the record RetryLimitedError, also on
    a write: that is looked for before it is tried again, and after a few rounds parked. What TCS refuses, and a
    record that can't be read, is a permanent fault of the message.
    """
    if isinstance(error, TcsServerError | TcsConflictError) or (
        isinstance(error, TcsUncertainError) and error.suspect
    ):
        return RetryLimitedError(str(error))
    if isinstance(error, TcsUnavailableError):
        return TransientError(str(error), error.retry_after or 0.0)
    return PermanentError(str(error))


def tcs_errors_classified(handler: Handler) -> Handler:
    """Return the handler with TCS's errors as ``fault_of`` has them."""

    async def run(work: Work, messages: Sequence[Message]) -> None:
        try:
            await handler.run(work, messages)
        except TcsError as error:
            raise fault_of(error) from error

    return replace(handler, run=run)
