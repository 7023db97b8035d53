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
    """Return the handler with TCS's unavailability as Transient and its lasting 500s as Suspect.

    So is a 500 on an append: it is looked for before it is tried again, and after a few rounds parked.
    Everything else that TCS refuses stays as it is: a permanent fault of the message.
    """

    async def run(work: Work, messages: Sequence[Message]) -> None:
        try:
            await handler.run(work, messages)
        except TcsUncertain as error:
            if error.status == _SERVER_ERROR:
                raise Suspect(str(error)) from error
            raise Transient(str(error), error.retry_after or 0.0) from error
        except TcsUnavailable as error:
            raise Transient(str(error), error.retry_after or 0.0) from error
        except (TcsServerError, TcsConflict) as error:
            raise Suspect(str(error)) from error
        except TcsError as error:
            raise Explained(str(error)) from error

    return replace(handler, run=run)
