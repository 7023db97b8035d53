"""Every kind of alarm. Rules for Prometheus, runbooks and messages are made from these entries."""

from typing import Final

from tis_esr.operations.alarms import about_files, about_people, about_queues, about_servers
from tis_esr.operations.alarms.kinds import Kind

CATALOGUE: Final[tuple[Kind, ...]] = (
    *about_files.KINDS,
    *about_people.KINDS,
    *about_queues.KINDS,
    *about_servers.KINDS,
)
BY_ID: Final = {kind.id: kind for kind in CATALOGUE}
