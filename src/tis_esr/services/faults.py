"""What TCS's errors mean for a message: wait, try alone, or hand it to a person."""

from collections.abc import Sequence
from dataclasses import replace

from tis_esr.engine.errors import Explained, Suspect, Transient
from tis_esr.engine.messages import Message
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.tcs.errors import TcsConflict, TcsError, TcsServerError, TcsUnavailable, TcsUncertain

_SERVER_ERROR = 500


def telling_faults_apart(handler: Handler) -> Handler:
    """Return the handler with TCS's errors as the engine's faults; see ``as_fault``."""

    async def run(work: Work, messages: Sequence[Message]) -> None:
        try:
            await handler.run(work, messages)
        except TcsError as error:
            raise as_fault(error) from error

    return replace(handler, run=run)


def as_fault(error: TcsError) -> Exception:
    """Return TCS's unavailability as Transient and its lasting 500s as Suspect.

    So is a 500 on an append: it is looked for before it is tried again, and after a few rounds parked.
    Everything else that TCS refuses is a permanent fault of the message.
    """
    if isinstance(error, TcsUncertain) and error.status == _SERVER_ERROR:
        return Suspect(str(error))
    if isinstance(error, TcsUnavailable):
        return Transient(str(error), error.retry_after or 0.0)
    if isinstance(error, TcsServerError | TcsConflict):
        return Suspect(str(error))
    return Explained(str(error))
