"""Sources about messages: what waits, what is parked, which queues nobody reads, whether RabbitMQ accepts messages."""

from tis_esr.engine.production.rabbitmq.liveness import queues_without_consumer
from tis_esr.operations.alarms import about_queues
from tis_esr.operations.alarms.findings import Finding
from tis_esr.operations.alarms.judge_queues import (
    backlog,
    outbox,
    parked,
    parked_repeatedly,
    without_consumer,
)
from tis_esr.operations.alarms.sight import Sight, Source
from tis_esr.operations.composition import addresses


async def _depths(sight: Sight) -> list[Finding]:
    depths = await sight.engine.depths()
    return [*backlog(depths, sight.now), *outbox(depths, sight.now)]


async def _parked(sight: Sight) -> list[Finding]:
    again = parked_repeatedly(await sight.engine.depths(), sight.now)
    return [*again, *await sight.read(lambda reader: parked(reader.parked()))]


async def _consumers(sight: Sight) -> list[Finding]:
    queues = [queue for own in sight.services.values() for queue in own]
    if sight.settings.engine == "production":
        idle = await queues_without_consumer(addresses(sight.settings).amqp_url, queues)
    else:  # no other process can hold the state file
        served = {queue for name in sight.own_services for queue in sight.services[name]}
        idle = [queue for queue in queues if queue not in served]
    return without_consumer(idle, sight.services)


SOURCES = (
    Source((about_queues.BACKLOG_OLD, about_queues.OUTBOX_OLD), _depths),
    Source((about_queues.PARKED_OLD,), _parked),
    Source((about_queues.QUEUE_WITHOUT_CONSUMER,), _consumers),
)
