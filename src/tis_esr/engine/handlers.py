"""Handlers of queues, and observers of their outcome."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from tis_esr.engine.envelope import Message
from tis_esr.engine.work import Work


def never() -> bool:
    """Return False."""
    return False


Run = Callable[[Work, Sequence[Message]], Awaitable[None]]


@dataclass(frozen=True)
class Handler:
    """A queue, its routing key, and the function that handles a batch of its messages.

    ``run`` reads and writes through the Work only; it raises TransientError, RetryLimitedError, or anything else for a
    fault of the messages, and ``Work.fail`` names messages that failed while others were done. ``single_active`` has
    one process at a time read the queue, message by message. In production a batch that is not full begins once no
    message has arrived for ``linger`` seconds. Handlers that name the same ``serial_group`` write the same documents,
    so in one process they run one after the other. Sequential batches are least work; up to ``at_once`` of the queue,
    and others of the same group, run concurrently while those in progress ``is_waiting`` for something slow. While that
    ``is_busy`` no other batch of the queue begins.
    """

    queue: str
    routing_key: str
    run: Run
    batch: int = 500
    single_active: bool = False
    linger: float = 0.02
    serial_group: str = ""
    at_once: int = 1
    is_waiting: Callable[[], bool] = never
    is_busy: Callable[[], bool] = never


class Observer(Protocol):
    """Notified of the outcome of messages when their batch has ended.

    ``done``, ``conflict``, ``released``, ``parked``, ``retried``: a batch with failed messages is reported in parts.
    """

    def __call__(self, queue: str, outcome: str, messages: Sequence[Message], seconds: float) -> None:
        """Record the outcome; must not fail or block."""
        ...


def unobserved(queue: str, outcome: str, messages: Sequence[Message], seconds: float) -> None:
    """Record nothing."""
