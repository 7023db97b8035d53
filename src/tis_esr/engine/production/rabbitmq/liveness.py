"""Checks that RabbitMQ accepts messages, and that each queue is read by some process; which cluster it is."""

import asyncio
import contextlib
from collections.abc import Sequence
from uuid import uuid4

from pika import BasicProperties
from pika.exceptions import AMQPError

from tis_esr.engine.production.rabbitmq.amqp import Sender, UnroutableMessagesError, connect

_PROBE_SECONDS = 3.0
_CLOSE_SECONDS = 1.0


async def accepts_messages(url: str) -> bool:
    """Return whether RabbitMQ accepts a message: while its memory or disk alarm is raised it accepts none.

    The messages are addressed to no queue, so they leave nothing. There are two, because RabbitMQ blocks a connection
    only after the first. Raises AMQPError, OSError, TimeoutError.
    """
    connection = await connect(url)
    try:
        sender = await connection.sender()
        return await _is_taken(sender) and await _is_taken(sender)
    finally:
        with contextlib.suppress(TimeoutError, AMQPError):  # a blocked connection isn't answered
            async with asyncio.timeout(_CLOSE_SECONDS):
                await connection.close()


async def _is_taken(sender: Sender) -> bool:
    probe = (f"tis-esr.probe.{uuid4().hex}", BasicProperties(message_id=uuid4().hex), b"")
    try:
        return any(await sender.send("", [probe], _PROBE_SECONDS))
    except UnroutableMessagesError:
        return True


async def queues_without_consumer(url: str, queues: Sequence[str]) -> list[str]:
    """Return the queues that no process reads. Raises AMQPError, OSError, TimeoutError."""
    return [queue for queue, consumers in (await consumer_counts(url, queues)).items() if not consumers]


async def consumer_counts(url: str, queues: Sequence[str]) -> dict[str, int]:
    """Return how many consumers each queue has. Raises AMQPError, OSError, TimeoutError."""
    connection = await connect(url)
    try:
        channel = await connection.channel()
        return {queue: await channel.consumers(queue) for queue in queues}
    finally:
        await connection.close()


async def cluster_name(url: str) -> str:
    """Return the name of RabbitMQ's cluster, "" if it reports none. Raises AMQPError, OSError, TimeoutError."""
    connection = await connect(url)
    try:
        return connection.cluster_name
    finally:
        await connection.close()
