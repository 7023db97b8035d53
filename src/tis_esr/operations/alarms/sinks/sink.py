"""What a receiver of alarms is."""

from typing import Protocol

from tis_esr.errors import Exit, TisEsrError
from tis_esr.operations.alarms.notice import Notice


class SinkError(TisEsrError):
    """A receiver did not accept a message; ``reason`` says why, without its address, which is a secret."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PartlyAcceptedError(SinkError):
    """A receiver accepted a message for some of its addresses: those who have it must not get it again."""


class Sink(Protocol):
    """Sends messages to one receiver."""

    @property
    def name(self) -> str:
        """Return the name by which its messages are stored."""
        ...

    async def send(self, notice: Notice) -> None:
        """Send a message; returns once it is accepted. Raises SinkError, PartlyAcceptedError if it is not to be repeated. May take any time: the caller has a timeout."""
        ...
