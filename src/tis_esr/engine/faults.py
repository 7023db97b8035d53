"""Error classes by what follows: transient errors are retried, permanent ones are parked for a person."""

from tis_esr.errors import Exit, TisEsrError
from tis_esr.parking_causes import ParkingCause

LONGEST_WAIT = 300.0
"""Seconds after which everything is retried, even if a longer wait was requested."""


class TransientError(TisEsrError):
    """A dependency is down or slow: the batch is released and retried automatically.

    ``retry_after`` is how long to wait at least, in seconds, up to LONGEST_WAIT. ``expected`` says that nothing is
    wrong and the wait is part of the procedure: it uses up no patience and pauses no queue.
    """

    exit_code = Exit.UNAVAILABLE

    def __init__(self, reason: str, retry_after: float = 0.0, *, expected: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = min(retry_after, LONGEST_WAIT)
        self.expected = expected


class RetryLimitedError(TisEsrError):
    """A call failed, perhaps because of the message: it is retried alone a few times, then parked for the ``cause``."""

    def __init__(self, reason: str, cause: ParkingCause = ParkingCause.OTHER) -> None:
        super().__init__(reason)
        self.reason = reason
        self.cause = cause


class PermanentError(TisEsrError):
    """A permanent error of a message whose text has no personal data, so it may be stored as the reason, with the ``cause``."""

    def __init__(self, reason: str, cause: ParkingCause = ParkingCause.OTHER) -> None:
        super().__init__(reason)
        self.cause = cause


class ConflictError(TransientError):
    """Another transaction changed a document that this one had read; the work is retried."""

    def __init__(self, collection: str) -> None:
        super().__init__(f"a document of {collection} changed meanwhile")


class LeaseLostError(TransientError):
    """The messages are no longer this process's to handle: taken over, done or parked meanwhile."""

    def __init__(self) -> None:
        super().__init__("the lease on these messages was lost; they are being handled elsewhere")


class UnroutableError(TisEsrError):
    """A message was emitted under a routing key that no queue is bound to: a programming error."""

    def __init__(self, routing_key: str) -> None:
        super().__init__(f"no queue is bound to {routing_key!r}; declare a handler for it")
        self.routing_key = routing_key


class StateInUseError(TisEsrError):
    """Another process uses the state file."""

    exit_code = Exit.UNAVAILABLE

    def __init__(self, path: str) -> None:
        super().__init__(
            f"{path} is in use by another tis-esr process; stop that one, or give another --state FILE"
        )
        self.path = path


class UnusableStateError(TisEsrError):
    """The file is not a state file, or has a version that this program cannot read."""

    exit_code = Exit.USAGE

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} can't be used as state: {reason}; give another --state FILE")
        self.path = path
        self.reason = reason
