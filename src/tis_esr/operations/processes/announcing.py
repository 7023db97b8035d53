"""What this process announces, from the settings and from what RabbitMQ says of itself."""

import os
import socket
from collections.abc import Sequence
from uuid import uuid4

from pika.exceptions import AMQPError

from tis_esr import __version__
from tis_esr.engine.embedded.schema import SCHEMA_VERSION as STATE_VERSION
from tis_esr.engine.faults import TransientError
from tis_esr.engine.production.mongodb.schema import SCHEMA_VERSION
from tis_esr.engine.production.rabbitmq.liveness import cluster_name
from tis_esr.operations.composition import addresses
from tis_esr.operations.processes.announced import Process
from tis_esr.operations.processes.must_agree import digest, values
from tis_esr.operations.shown_settings import without_secrets
from tis_esr.settings import Settings


def described(settings: Settings, name: str, services: Sequence[str]) -> Process:
    """Return a process of these services as it announces itself, without what RabbitMQ says."""
    agreed = values(settings, services)
    is_production = settings.engine == "production"
    where = addresses(settings) if is_production else None
    return Process(
        name=name,
        run=uuid4().hex,
        version=__version__,
        services=list(services),
        host=socket.gethostname(),
        pid=os.getpid(),
        engine=settings.engine,
        state="" if is_production else str(settings.state.resolve()),
        mongodb=f"{without_secrets(where.mongodb_url)} {where.database}" if where else "",
        amqp=without_secrets(where.amqp_url) if where else "",
        schema=SCHEMA_VERSION if is_production else STATE_VERSION,
        settings=agreed,
        digest=digest(agreed),
    )


async def broker_of(settings: Settings) -> str:
    """Return the cluster name of RabbitMQ, "" on the embedded engine. Raises TransientError if it can't be reached."""
    if settings.engine != "production":
        return ""
    try:
        return await cluster_name(addresses(settings).amqp_url)
    except (AMQPError, OSError, TimeoutError) as error:
        raise TransientError(f"RabbitMQ: {type(error).__name__}") from error
