"""What there is in RabbitMQ: one topic exchange, and a quorum queue for each queue of a handler."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tis_esr.engine.production.rabbitmq.amqp import Channel
from tis_esr.engine.runner import Handler

EXCHANGE = "esr"
DEAD = "esr.queue.dead"
DELIVERY_LIMIT = 1000
_PREFIX = "esr.queue."

ARGUMENTS: Mapping[str, Any] = {
    "x-queue-type": "quorum",
    "x-delivery-limit": DELIVERY_LIMIT,
    "x-overflow": "reject-publish",
    "x-dead-letter-exchange": "",
    "x-dead-letter-routing-key": DEAD,
    "x-dead-letter-strategy": "at-least-once",
}
"""Explicit, because their defaults differ between RabbitMQ 3.10 and 4.x.

Attempts are counted by the inbox. A message that RabbitMQ dead-letters all the same is kept in the dead queue for inspection, and is sent again from the outbox.
"""


@dataclass(frozen=True)
class Queue:
    """A queue, the routing keys it is bound to, whether one process at a time reads it, how long it lingers."""

    name: str
    keys: tuple[str, ...]
    prefetch: int
    single_active: bool
    linger: float = 0.02

    @property
    def arguments(self) -> dict[str, Any]:
        """Return what it is declared with."""
        return {**ARGUMENTS, **({"x-single-active-consumer": True} if self.single_active else {})}


def own_key(queue: str) -> str:
    """Return the routing key by which the outbox reaches one queue alone: its name less ``esr.queue.``."""
    return queue.removeprefix(_PREFIX)


def queues(handlers: Iterable[Handler]) -> list[Queue]:
    """Return the queues of handlers: bound to their common routing key and to one of their own."""
    return [
        Queue(
            handler.queue,
            tuple(dict.fromkeys((handler.routing_key, own_key(handler.queue)))),
            prefetch=1 if handler.single_active else min((handler.at_once + 1) * handler.batch, 2000),
            single_active=handler.single_active,
            linger=handler.linger,
        )
        for handler in handlers
    ]


async def declare(channel: Channel, wanted: Iterable[Queue]) -> None:
    """Create exchange, queues and bindings where they are missing; raises where one exists with other arguments."""
    await channel.declare_exchange(EXCHANGE)
    await channel.declare_queue(DEAD, {"x-queue-type": "quorum"})
    for queue in wanted:
        await declare_one(channel, queue)


async def declare_one(channel: Channel, queue: Queue) -> None:
    """Make a queue with its bindings."""
    await channel.declare_queue(queue.name, queue.arguments)
    for key in queue.keys:
        await channel.bind(queue.name, EXCHANGE, key)
