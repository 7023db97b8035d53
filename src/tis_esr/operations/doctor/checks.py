"""All checks of ``tis-esr doctor``, in the order in which they are shown."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from tis_esr.engine.production.server_checks import Finding
from tis_esr.operations.doctor import (
    agreement,
    broker,
    certificates,
    clocks,
    disk,
    engine,
    files,
    leases,
    permissions,
    replica_set,
    running,
    schedule,
    tcs,
    variables,
)
from tis_esr.operations.doctor.check import Check
from tis_esr.settings import Settings

CHECKS: Final[dict[str, Callable[[Settings], Awaitable[list[Finding]]]]] = {
    "settings": variables.check,
    "schedule": schedule.check,
    "engine": engine.check,
    "replica set": replica_set.check,
    "broker": broker.check,
    "permissions": permissions.check,
    "processes": running.check,
    "agreement": agreement.check,
    "leases": leases.check,
    "files in": files.check_inbound,
    "files out": files.check_outbound,
    "TCS": tcs.check,
    "certificates": certificates.check,
    "clocks": clocks.check,
    "disk": disk.check,
}


async def examine(settings: Settings) -> AsyncIterator[Check]:
    """Make every check, and yield each when it is done."""
    for name, check in CHECKS.items():
        found = await check(settings)
        yield Check(name=name, ok=all(finding.is_note for finding in found), findings=found)
