"""What TCS's errors mean for a message: retry later, retry alone, or park it."""

from collections.abc import Sequence
from dataclasses import replace

from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import Explained, Suspect, Transient
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.tcs.tcs_errors import TcsConflict, TcsError, TcsServerError, TcsUnavailable, TcsUncertain


def fault_of(error: TcsError) -> Transient | Suspect | Explained:
    """Return what a message's failed call to TCS is for the engine.

    Trouble of TCS, of a gateway and of our access is Transient. A lasting 500 makes the record Suspect, also on
    a write: that is looked for before it is tried again, and after a few rounds parked. What TCS refuses, and a
    record that can't be read, is a permanent fault of the message.
    """
    if isinstance(error, TcsServerError | TcsConflict) or (isinstance(error, TcsUncertain) and error.suspect):
        return Suspect(str(error))
    if isinstance(error, TcsUnavailable):
        return Transient(str(error), error.retry_after or 0.0)
    return Explained(str(error))


def telling_faults_apart(handler: Handler) -> Handler:
    """Return the handler with TCS's errors as ``fault_of`` has them."""

    async def run(work: Work, messages: Sequence[Message]) -> None:
        try:
            await handler.run(work, messages)
        except TcsError as error:
            raise fault_of(error) from error

    return replace(handler, run=run)
