"""Judges what the doctor's checks find of the servers: alarms, foreign objects, disks. Pure."""

from collections.abc import Sequence

from tis_esr.engine.production.server_checks import Finding as Check
from tis_esr.operations.alarms import about_servers
from tis_esr.operations.alarms.findings import Finding, finding
from tis_esr.operations.alarms.kinds import Kind


def broker_alarms(found: Sequence[Check], *, is_blocked: bool) -> list[Finding]:
    """Return one finding if RabbitMQ accepts no messages, or its management API names alarms or nodes that are down."""
    blocked = "RabbitMQ accepts no messages: its memory or disk alarm is raised"
    problems = [check.problem for check in found] or ([blocked] if is_blocked else [])
    return _one(about_servers.BROKER_ALARM, problems)


def foreign_objects(found: Sequence[Check]) -> list[Finding]:
    """Return one finding with everything that is not ours and touches our messages."""
    return _one(about_servers.FOREIGN_OBJECTS, [check.problem for check in found])


def full_disks(found: Sequence[Check]) -> list[Finding]:
    """Return one finding with the disks of servers that are nearly full."""
    return _one(about_servers.STORE_DISK_LOW, [check.problem for check in found if not check.is_note])


def _one(kind: Kind, problems: Sequence[str]) -> list[Finding]:
    if not problems:
        return []
    more = f"; and {len(problems) - 1} more" if len(problems) > 1 else ""
    return [finding(kind, "", list(problems), f"{problems[0]}{more}")]
