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
    """Make every check, and yield each when it is done; one that fails is a finding, and the others are made."""
    for name, check in CHECKS.items():
        try:
            found = await check(settings)
        except Exception as error:  # noqa: BLE001 - one check that fails must not cost the others
            found = [_failed(name, error)]
        yield Check(name=name, ok=all(finding.is_note for finding in found), findings=found)


def _failed(name: str, error: Exception) -> Finding:
    """Return the finding about a check that failed; other texts of errors may name an address with its password."""
    said = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
    problem = f"the check failed: {type(error).__name__}{said}"
    return Finding(name, problem, "correct that if you can, otherwise report it; nothing is known of it")
