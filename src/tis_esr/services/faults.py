"""What TCS's errors mean for a message: wait, try alone, or hand it to a person."""

from collections.abc import Sequence
from dataclasses import replace

from tis_esr.engine.errors import Suspect, Transient
from tis_esr.engine.messages import Message
from tis_esr.engine.runner import Handler
from tis_esr.engine.work import Work
from tis_esr.tcs.errors import TcsServerError, TcsUnavailable


def telling_faults_apart(handler: Handler) -> Handler:
    """Return the handler with TCS's unavailability as Transient and its lasting 500s as Suspect.

    Everything else that TCS refuses stays as it is: a permanent fault of the message.
    """

    async def run(work: Work, messages: Sequence[Message]) -> None:
        try:
            await handler.run(work, messages)
        except TcsUnavailable as error:
            raise Transient(str(error), error.retry_after or 0.0) from error
        except TcsServerError as error:
            raise Suspect(str(error)) from error

    return replace(handler, run=run)
