"""All checks of ``tis-esr doctor``, in the order in which they are shown."""

import asyncio
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
    exports,
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
    "exports": exports.check,
    "files in": files.check_inbound,
    "files out": files.check_outbound,
    "TCS": tcs.check,
    "certificates": certificates.check,
    "clocks": clocks.check,
    "disk": disk.check,
}


async def examine(settings: Settings) -> AsyncIterator[Check]:
    """Make every check, and yield each when it is done; one that fails is a finding, and the others are made."""
    for name in CHECKS:
        yield await _made(settings, name, None)


async def examine_at_once(settings: Settings, seconds: float) -> list[Check]:
    """Make every check at the same time; one without an answer in ``seconds`` has that as its finding."""
    return list(await asyncio.gather(*(_made(settings, name, seconds) for name in CHECKS)))


async def _made(settings: Settings, name: str, seconds: float | None) -> Check:
    try:
        async with asyncio.timeout(seconds) as limit:
            found = await CHECKS[name](settings)
    except Exception as error:  # noqa: BLE001 - one check that fails must not cost the others
        late = isinstance(error, TimeoutError) and limit.expired()
        found = [_late(name, seconds or 0) if late else _failed(name, error)]
    return Check(name=name, ok=all(finding.is_note for finding in found), findings=found)


def _late(name: str, seconds: float) -> Finding:
    """Return the finding about a check that took too long."""
    return Finding(
        name, f"no answer within {seconds:.0f} seconds", "see what it waits for with tis-esr doctor"
    )


def _failed(name: str, error: Exception) -> Finding:
    """Return the finding about a check that failed; other texts of errors may name an address with its password."""
    said = f": {error.strerror}" if isinstance(error, OSError) and error.strerror else ""
    problem = f"the check failed: {type(error).__name__}{said}"
    return Finding(name, problem, "correct that if you can, otherwise report it; nothing is known of it")
