"""Sources about processes, servers and the store."""

from pymongo.errors import PyMongoError

from tis_esr.engine.faults import TransientError
from tis_esr.engine.production.mongodb import health
from tis_esr.engine.production.rabbitmq.liveness import accepts_messages
from tis_esr.engine.production.rabbitmq.topology import queues
from tis_esr.engine.production.server_checks import MONGODB
from tis_esr.operations.alarms import about_servers
from tis_esr.operations.alarms.deliveries import statuses
from tis_esr.operations.alarms.digest import missing_digest
from tis_esr.operations.alarms.findings import Finding
from tis_esr.operations.alarms.judge_process import process_findings
from tis_esr.operations.alarms.judge_servers import broker_alarms, foreign_objects, full_disks
from tis_esr.operations.alarms.judge_sinks import failing
from tis_esr.operations.alarms.sight import NotKnownError, Sight, Source
from tis_esr.operations.alarms.sinks.configured import sinks_of
from tis_esr.operations.alarms.sizes import measure, measured, unusual_growth
from tis_esr.operations.alarms.store_bytes import store_bytes
from tis_esr.operations.composition import addresses
from tis_esr.operations.doctor import broker, management
from tis_esr.operations.doctor.disk import Volume, node_findings
from tis_esr.operations.doctor.disk import findings as disk_findings
from tis_esr.services.flow import bindings_only


async def _process(sight: Sight) -> list[Finding]:
    return process_findings(sight.process)


async def _broker(sight: Sight) -> list[Finding]:
    if sight.settings.engine != "production":
        return []
    is_blocked = not await accepts_messages(addresses(sight.settings).amqp_url)
    known = await management.read(sight.settings)
    return broker_alarms(broker.alarms(known) if known else [], is_blocked=is_blocked)


async def _foreign(sight: Sight) -> list[Finding]:
    if sight.settings.engine != "production":
        return []
    known = await management.read(sight.settings)
    if known is None:
        raise NotKnownError(f"{management.SETTING} is not set")
    return foreign_objects(broker.foreign(known, queues(bindings_only())))


async def _disks(sight: Sight) -> list[Finding]:
    if sight.settings.engine != "production":
        return []
    try:
        told = await health.disk(addresses(sight.settings))
    except PyMongoError as error:
        raise TransientError(f"MongoDB's disk can't be read ({type(error).__name__})") from error
    known = await management.read(sight.settings)
    return full_disks(
        [
            *(disk_findings(Volume("MongoDB's data", MONGODB, *told)) if told else []),
            *(node_findings(known) if known else []),
        ]
    )


async def _sinks(sight: Sight) -> list[Finding]:
    names, cron = [sink.name for sink in sinks_of(sight.settings)], sight.settings.digest_cron
    if not names:
        return []
    return await sight.read(
        lambda reader: [
            *failing(statuses(reader, names, sight.now), sight.now),
            *missing_digest(reader, names, cron, sight.now),
        ]
    )


async def _growth(sight: Sight) -> list[Finding]:
    size = await store_bytes(sight.settings)
    await measure(sight.begin, sight.today, size)
    return await sight.read(lambda reader: unusual_growth(measured(reader, sight.today), size))


SOURCES = (
    Source(
        (
            about_servers.TCS_BREAKER_OPEN,
            about_servers.TCS_LIMIT_LOW,
            about_servers.DISK_SPACE,
            about_servers.MEMORY_HIGH,
            about_servers.TASK_RESTARTS,
            about_servers.CLOCK_SKEW,
        ),
        _process,
    ),
    Source((about_servers.BROKER_ALARM,), _broker),
    Source((about_servers.FOREIGN_OBJECTS,), _foreign, seconds=300),
    Source((about_servers.STORE_DISK_LOW,), _disks, seconds=300),
    Source((about_servers.STORE_GROWTH,), _growth, seconds=3600),
    Source((about_servers.SINK_FAILING, about_servers.DIGEST_MISSING), _sinks),
)
