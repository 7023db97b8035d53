"""Queues while no process runs: that none is consumed, and removing their messages."""

from collections.abc import AsyncIterator, Sequence

from pika.exceptions import ChannelClosedByBroker

from tis_esr.engine.production.rabbitmq.amqp import Channel, connect
from tis_esr.engine.production.rabbitmq.topology import Queue
from tis_esr.engine.production.server_addresses import ServerAddresses
from tis_esr.engine.production.server_checks import AMQP, Finding, UnusableServerError

_NOT_FOUND = 404


async def refuse_consumers(addresses: ServerAddresses, queues: Sequence[Queue]) -> None:
    """Raise UnusableServerError while a process consumes one of the queues."""
    async for channel, queue in _existing(addresses, queues):
        if await channel.consumers(queue):
            problem = f"a process still consumes {queue}"
            raise UnusableServerError([Finding(AMQP, problem, "stop all processes, then repeat the command")])


async def purge(addresses: ServerAddresses, queues: Sequence[Queue]) -> None:
    """Remove the ready messages of queues; those in the outbox are published again."""
    async for channel, queue in _existing(addresses, queues):
        await channel.purge(queue)


async def _existing(
    addresses: ServerAddresses, queues: Sequence[Queue]
) -> AsyncIterator[tuple[Channel, str]]:
    """Yield the names of those queues that exist, each with a channel."""
    connection = await connect(addresses.amqp_url)
    try:
        for queue in queues:
            channel = await connection.channel()
            try:
                await channel.declare_queue(queue.name, passive=True)
            except ChannelClosedByBroker as error:
                if error.reply_code != _NOT_FOUND:
                    raise
                continue
            yield channel, queue.name
            await channel.close()
    finally:
        await connection.close()
