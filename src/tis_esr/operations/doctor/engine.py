"""The state file, or RabbitMQ and MongoDB: there, of the right version, complete, and accepting messages."""

from pika.exceptions import AMQPError

from tis_esr.engine.embedded.schema import open_state
from tis_esr.engine.faults import UnusableStateError
from tis_esr.engine.production.rabbitmq.liveness import accepts_messages
from tis_esr.engine.production.rabbitmq.topology import queues
from tis_esr.engine.production.server_checks import AMQP, Finding, findings_of
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.composition import addresses
from tis_esr.services.flow import bindings_only
from tis_esr.settings import BadSettingsError, Settings

_ALARM = Finding(
    AMQP,
    "RabbitMQ accepts no messages: its memory or disk alarm is raised",
    "see rabbitmq-diagnostics alarms, and free memory or disk space on its nodes",
)


async def check(settings: Settings) -> list[Finding]:
    """Check the engine that the settings name."""
    if settings.engine == "production":
        return await _servers(settings)
    if not settings.state.exists():
        return []
    try:
        open_state(settings.state, read_only=True).close()
    except UnusableStateError as error:
        return [Finding("TIS_ESR_STATE", error.reason, "name another file")]
    return []


async def _servers(settings: Settings) -> list[Finding]:
    try:
        found = await findings_of(addresses(settings), ALL_COLLECTIONS, queues(bindings_only()))
        if any(finding.setting == AMQP for finding in found):
            return found
        return found if await accepts_messages(addresses(settings).amqp_url) else [*found, _ALARM]
    except BadSettingsError as error:
        return [Finding("TIS_ESR_ENGINE", str(error), "set it, or use the embedded engine")]
    except (AMQPError, OSError, TimeoutError):
        return [_ALARM]
