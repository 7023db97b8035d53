"""Whether RabbitMQ lets the user publish: tried with a message that no queue takes.

That MongoDB lets it write, and that it may declare queues, is tried by the check of the engine; TCS and files by theirs.
"""

import asyncio
import contextlib
from uuid import uuid4

from pika import BasicProperties
from pika.exceptions import AMQPError, ChannelClosedByBroker

from tis_esr.engine.production.rabbitmq.amqp import UnroutableMessagesError, connect
from tis_esr.engine.production.rabbitmq.topology import EXCHANGE
from tis_esr.engine.production.server_checks import AMQP, Finding
from tis_esr.operations.composition import addresses
from tis_esr.operations.doctor.check import not_checked
from tis_esr.settings import BadSettingsError, Settings

_REFUSED = 403
_SECONDS = 3.0
_CLOSE_SECONDS = 1.0


async def check(settings: Settings) -> list[Finding]:
    """Publish a message that no queue takes."""
    if settings.engine != "production":
        return []
    try:
        return await _publish(addresses(settings).amqp_url)
    except ChannelClosedByBroker as error:
        if error.reply_code != _REFUSED:
            return [
                not_checked(AMQP, "whether the user may publish", f"RabbitMQ answered {error.reply_code}")
            ]
        problem = f"the user may not publish to the exchange {EXCHANGE}, so no message reaches a queue"
        return [Finding(AMQP, problem, "rabbitmqctl set_permissions -p VHOST USER '.*' '.*' '.*'")]
    except (BadSettingsError, AMQPError, OSError, TimeoutError, ValueError):
        return [not_checked(AMQP, "whether the user may publish")]


async def _publish(url: str) -> list[Finding]:
    probe = (f"tis-esr.probe.{uuid4().hex}", BasicProperties(message_id=uuid4().hex), b"")
    connection = await connect(url)
    try:
        sender = await connection.sender()
        try:
            confirmed = await sender.send(EXCHANGE, [probe], _SECONDS)
        except UnroutableMessagesError:
            return []
        if sender.closed.done():
            raise sender.closed.result()
        if any(confirmed):
            problem = f"a queue takes every message of the exchange {EXCHANGE}: somebody has bound it with #"
            return [
                Finding(AMQP, problem, "remove that binding: it keeps personal data where nobody reads it")
            ]
        return [not_checked(AMQP, "whether the user may publish", "RabbitMQ confirmed nothing")]
    finally:
        with contextlib.suppress(TimeoutError, AMQPError):  # a connection blocked by an alarm isn't answered
            async with asyncio.timeout(_CLOSE_SECONDS):
                await connection.close()
