"""Leases of processes that are gone, which no other process has taken over."""

from pymongo.errors import PyMongoError

from tis_esr.counted import counted
from tis_esr.engine.production.mongodb.health import OrphanedLeases, orphaned_leases
from tis_esr.engine.production.server_checks import MONGODB, Finding
from tis_esr.operations.composition import addresses
from tis_esr.operations.dates import iso, readable
from tis_esr.operations.doctor.check import not_checked
from tis_esr.settings import BadSettingsError, Settings


async def check(settings: Settings) -> list[Finding]:
    """Find leases that expired and were not taken over; the embedded engine has leases in memory only."""
    if settings.engine != "production":
        return []
    try:
        return findings(await orphaned_leases(addresses(settings)))
    except (BadSettingsError, PyMongoError, ValueError):
        return [not_checked(MONGODB, "whether leases are orphaned")]


def findings(found: OrphanedLeases | None) -> list[Finding]:
    """Return the finding about orphaned leases."""
    if found is None:
        return []
    problem = (
        f"{counted(found.messages, 'message is', 'messages are')} leased to a process that is gone, the oldest lease expired"
        f" {readable(iso(found.oldest))}; no process has taken them over"
    )
    return [Finding("tis-esr run", problem, "start tis-esr run with the services that read these messages")]
