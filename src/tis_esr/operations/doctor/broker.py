"""RabbitMQ by its management API: alarms, nodes, and shovels, policies, bindings and queues that are not ours (A20, A21)."""

import re
from collections.abc import Iterable

from tis_esr.counted import counted
from tis_esr.engine.production.rabbitmq.topology import DEAD, EXCHANGE, Queue, queues
from tis_esr.engine.production.server_checks import Finding
from tis_esr.operations.doctor.disk import node_findings
from tis_esr.operations.doctor.management import SETTING, Broker, ManagementError, Policy, read
from tis_esr.services.flow import bindings_only
from tis_esr.settings import Settings

_OURS = "esr."
_UNSEEN = (
    "is not set, so these were not checked: shovels, policies, bindings and queues that are not ours, and the"
    " disk of RabbitMQ's nodes"
)


async def check(settings: Settings) -> list[Finding]:
    """Read the management API, or say what can't be seen without it."""
    if settings.engine != "production":
        return []
    try:
        broker = await read(settings)
    except ManagementError as error:
        return [Finding(SETTING, error.reason, "correct it, or have the management plugin enabled")]
    if broker is None:
        return [Finding(SETTING, _UNSEEN, "set it if the management plugin is enabled", is_note=True)]
    topology = queues(bindings_only())
    return [*alarms(broker), *node_findings(broker), *foreign(broker, topology)]


def alarms(broker: Broker) -> list[Finding]:
    """Return the nodes that are down, partitioned, or accept no messages."""
    found = []
    for node in broker.nodes:
        if not node.is_running:
            found.append(Finding(SETTING, f"the node {node.name} of RabbitMQ is down", "start it"))
        if node.partitions:
            others = ", ".join(node.partitions)
            problem = f"the node {node.name} of RabbitMQ does not see {others}: a network partition"
            found.append(Finding(SETTING, problem, "see rabbitmqctl cluster_status"))
        for is_raised, what in ((node.memory_alarm, "memory"), (node.disk_alarm, "disk")):
            if is_raised:
                problem = f"the {what} alarm of the node {node.name} is raised: RabbitMQ accepts no messages"
                found.append(Finding(SETTING, problem, f"free {what} on that node"))
    return found


def foreign(broker: Broker, topology: Iterable[Queue]) -> list[Finding]:
    """Return what is in our virtual host that we did not create and that touches our messages."""
    own = {queue.name: set(queue.keys) for queue in topology}
    return [*_shovels(broker, own), *_policies(broker, own), *_bindings(broker, own), *_queues(broker, own)]


def _shovels(broker: Broker, own: dict[str, set[str]]) -> list[Finding]:
    ours = {*own, DEAD, EXCHANGE}
    return [
        Finding(
            SETTING,
            f"the shovel {shovel.name} moves messages from {shovel.source} to {shovel.destination}",
            "delete it: messages are requeued by tis-esr parked retry, which knows what took effect",
        )
        for shovel in broker.shovels
        if {shovel.source, shovel.destination} & ours or shovel.source.startswith(_OURS)
    ]


def _policies(broker: Broker, own: dict[str, set[str]]) -> list[Finding]:
    found = []
    for policy in broker.policies:
        if touched := _touched(policy, own):
            problem = (
                f"the policy {policy.name} sets {', '.join(policy.sets)} on {len(touched)} of our queues or exchanges,"
                f" such as {touched[0]}"
            )
            found.append(
                Finding(SETTING, problem, "remove it, or keep its pattern off names that begin with esr")
            )
    return found


def _touched(policy: Policy, own: dict[str, set[str]]) -> list[str]:
    names = [] if policy.apply_to == "exchanges" else sorted([*own, DEAD])
    if policy.apply_to in {"all", "exchanges"}:
        names.append(EXCHANGE)
    try:
        return [name for name in names if re.search(policy.pattern, name)]
    except re.error:  # Erlang's expressions are not quite Python's
        return names


def _bindings(broker: Broker, own: dict[str, set[str]]) -> list[Finding]:
    found = [
        Finding(
            SETTING,
            f"the exchange {EXCHANGE} also sends {binding.key} to {binding.destination}, which no service reads",
            "remove that binding: such copies hold personal data and are never handled",
        )
        for binding in broker.bindings
        if binding.key not in own.get(binding.destination, set())
    ]
    there = {(binding.destination, binding.key) for binding in broker.bindings}
    missing = sorted((queue, key) for queue, keys in own.items() for key in keys if (queue, key) not in there)
    if missing:
        queue, key = missing[0]
        problem = f"{counted(len(missing), 'binding is', 'bindings are')} missing, such as {key} to {queue}"
        found.append(Finding(SETTING, problem, "run tis-esr install"))
    return found


def _queues(broker: Broker, own: dict[str, set[str]]) -> list[Finding]:
    return [
        Finding(
            SETTING,
            f"the queue {name} is not ours and holds {counted(number, 'message')}",
            "find out who created it; messages that were moved there are not in tis-esr parked",
        )
        for name, number in sorted(broker.queues.items())
        if name.startswith(_OURS) and name not in own and name != DEAD and number
    ]
