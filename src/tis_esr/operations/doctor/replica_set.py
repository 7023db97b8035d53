"""MongoDB's replica set: a primary, a majority, and secondaries that keep up."""

from typing import Final

from pymongo.errors import PyMongoError

from tis_esr.counted import counted
from tis_esr.engine.production.mongodb.health import Member, ReplicaSet, replica_set
from tis_esr.engine.production.server_checks import MONGODB, Finding
from tis_esr.operations.composition import addresses
from tis_esr.operations.doctor.check import not_checked
from tis_esr.settings import BadSettingsError, Settings

LAG_SECONDS: Final = 10.0
"""A secondary this far behind makes every commit slow, because a majority has to have it."""


async def check(settings: Settings) -> list[Finding]:
    """Ask MongoDB for the members of its replica set."""
    if settings.engine != "production":
        return []
    try:
        found = await replica_set(addresses(settings).mongodb_url)
    except (BadSettingsError, PyMongoError, ValueError):
        found = None
    return [not_checked(MONGODB, "the replica set")] if found is None else findings(found)


def findings(found: ReplicaSet) -> list[Finding]:
    """Return what is wrong with a replica set."""
    if not found.majority:
        problem = f"may not see the members of the replica set {found.name}, so their state is not checked"
        return [Finding(MONGODB, f"the user {problem}", "grant the role clusterMonitor", is_note=True)]
    down = [member for member in found.members if not member.is_up]
    return [
        *([] if found.has_primary else [_without_primary(found)]),
        *(_down(found, member) for member in down),
        *(_behind(member) for member in found.members if member.lag_seconds > LAG_SECONDS),
    ]


def _without_primary(found: ReplicaSet) -> Finding:
    up = sum(member.is_up for member in found.members)
    problem = (
        f"the replica set {found.name} has no primary: {up} of {counted(len(found.members), 'member')} are up,"
        f" {counted(found.majority, 'vote elects', 'votes elect')} one; nothing is handled"
    )
    return Finding(MONGODB, problem, "start the members that are down")


def _down(found: ReplicaSet, member: Member) -> Finding:
    up = sum(other.is_up for other in found.members)
    margin = "; if one more fails there is no primary" if up <= found.majority else ""
    problem = f"the member {member.host} of the replica set {found.name} is {member.state}{margin}"
    return Finding(MONGODB, problem, "start it, or see its log")


def _behind(member: Member) -> Finding:
    problem = f"the member {member.host} is {member.lag_seconds:.0f} s behind the primary"
    return Finding(MONGODB, problem, "see its disk and network; commits wait for a majority")
