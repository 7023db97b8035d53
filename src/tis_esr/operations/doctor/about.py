"""What each check of the doctor looks for, in a sentence for people who have not read about it."""

from typing import Final

ABOUT: Final = {
    "settings": "Variables that look like settings and are none",
    "schedule": "Whether every job is scheduled often enough, and exports begin after the files that they are made from",
    "engine": "Whether the store and the broker answer, are recent enough, and have all that tis-esr install creates",
    "replica set": "Whether MongoDB has a primary and enough members, and how far its secondaries are behind",
    "broker": "Alarms, nodes, shovels, policies, bindings and queues of RabbitMQ",
    "permissions": "Whether our user of RabbitMQ may publish, and no foreign queue takes a copy of every message",
    "processes": "Services that no process runs, queues without a consumer, processes that are gone",
    "agreement": "Whether all processes have the same version, broker, schema and settings",
    "leases": "Messages that are leased to a process that is gone",
    "exports": "Whether exports are withheld because the store was restored from a backup",
    "files in": "Whether ESR's files can be listed and read",
    "files out": "Whether files for ESR can be written",
    "TCS": "Whether TIS's core service answers, knows us, and lets us write",
    "certificates": "Certificates that expire within 30 days",
    "clocks": "Clocks that differ by more than 5 seconds, and the time zone data",
    "disk": "Volumes that are nearly full",
}
"""By the name of the check."""
