"""The envelope that every message travels in, and how its id follows from its cause."""

from hashlib import blake2b
from typing import TypeVar

import msgspec

T = TypeVar("T")
Identity = tuple[str, str]
"""The key of a message: its queue and its id."""

ISOLATING_DEATHS = 3
"""After this many ends of processes a message is handled alone: it, or one beside it, may be the cause."""
PARKING_DEATHS = 6
"""After this many it is parked: in the last few it was alone."""


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One message on one queue.

    ``correlation_id`` names the inbound row that caused it (``file:row``, rows count from 1) and is kept through all
    hops. ``last_row`` is the last row that an assignment's message covers (0: just ``row``). ``attempts`` counts
    deliveries, this one included; ``deaths`` counts the processes that ended while they were handling it. ``claim``
    names the claim by which this process holds it, if the engine names claims: a later claim has another name.
    """

    id: str
    queue: str
    correlation_id: str
    source_file: str
    deanery: str
    row: int
    body: bytes
    last_row: int = 0
    attempts: int = 1
    deaths: int = 0
    claim: str = ""

    @property
    def identity(self) -> Identity:
        """Return the key of the message."""
        return self.queue, self.id

    @property
    def is_isolated(self) -> bool:
        """Return whether it may have killed its processes, and so is handled alone."""
        return self.deaths >= ISOLATING_DEATHS

    def decode(self, as_type: type[T]) -> T:
        """Return the body as ``as_type``; raises ``msgspec.ValidationError`` if it does not match."""
        return msgspec.json.decode(self.body, type=as_type)


def derived_id(*cause: object) -> str:
    """Return an id derived from its cause, so that sending again changes nothing."""
    return blake2b("\x1f".join(map(str, cause)).encode(), digest_size=16).hexdigest()
