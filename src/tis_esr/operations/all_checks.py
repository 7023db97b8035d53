"""Runs every check of ``tis-esr doctor`` at once, each within a time that a person waits."""

import asyncio

from tis_esr.engine.production.server_checks import Finding
from tis_esr.operations.doctor import CHECKS, Check, services_running
from tis_esr.settings import Settings


async def all_checks(settings: Settings, seconds: float) -> list[Check]:
    """Return the result of each check in their order; one without an answer in ``seconds`` has that as its finding."""
    return list(await asyncio.gather(*(_checked(settings, name, seconds) for name in CHECKS)))


async def _checked(settings: Settings, name: str, seconds: float) -> Check:
    check = CHECKS[name]
    try:
        async with asyncio.timeout(seconds):
            findings = await check(settings)
    except TimeoutError:
        problem = f"no answer within {seconds:.0f} seconds"
        findings = [Finding(name, problem, "see what it is waiting for with tis-esr doctor")]
    # On the embedded engine a day run manually needs no process, so that none is running is a note, not a fault.
    is_note = check is services_running and settings.engine == "embedded"
    return Check(name=name, ok=is_note or not findings, findings=findings)
