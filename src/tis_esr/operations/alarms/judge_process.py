"""Judges one process and its machine: calls to TCS, disk, memory, clock, restarted tasks. Pure."""

from collections.abc import Mapping

import msgspec

from tis_esr.operations.alarms import about_servers
from tis_esr.operations.alarms.findings import Finding, finding
from tis_esr.operations.alarms.thresholds import CLOCK_SECONDS, DISK_FREE_SHARE, MEMORY_SHARE


class ProcessFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a process knows about itself; ``limit`` is that of concurrent calls to TCS, 0 where it can't be more than 1.

    ``restarted`` counts the restarts of its tasks within the last hour, ``clock_skew`` is in seconds, ``disks`` are the
    free shares by place, ``memory`` is the used share of its limit, None if it is not known.
    """

    name: str
    breaker: str
    limit: int
    restarted: Mapping[str, int]
    clock_skew: float
    disks: Mapping[str, float]
    memory: float | None


def process_findings(facts: ProcessFacts) -> list[Finding]:
    """Return what is wrong with a process; each finding is about this process alone."""
    return [
        *_tcs(facts),
        *_disks(facts),
        *_memory(facts),
        *_restarts(facts),
        *_clock(facts),
    ]


def _tcs(facts: ProcessFacts) -> list[Finding]:
    if facts.breaker != "closed":
        text = f"TCS does not answer {facts.name}: its circuit breaker is {facts.breaker}"
        return [finding(about_servers.TCS_BREAKER_OPEN, facts.name, [facts.name], text)]
    if facts.limit == 1:
        text = f"{facts.name} makes one call to TCS at a time: TCS is slow or fails with more"
        return [finding(about_servers.TCS_LIMIT_LOW, facts.name, [facts.name], text)]
    return []


def _disks(facts: ProcessFacts) -> list[Finding]:
    full = {place: free for place, free in facts.disks.items() if free < DISK_FREE_SHARE}
    if not full:
        return []
    text = ", ".join(f"{place} {free:.0%}" for place, free in sorted(full.items()))
    return [
        finding(
            about_servers.DISK_SPACE, facts.name, sorted(full), f"free disk space on {facts.name}: {text}"
        )
    ]


def _memory(facts: ProcessFacts) -> list[Finding]:
    if facts.memory is None or facts.memory <= MEMORY_SHARE:
        return []
    text = f"{facts.name} uses {facts.memory:.0%} of its memory limit"
    return [finding(about_servers.MEMORY_HIGH, facts.name, [facts.name], text)]


def _restarts(facts: ProcessFacts) -> list[Finding]:
    tasks = {task: number for task, number in facts.restarted.items() if number}
    if not tasks:
        return []
    text = (
        f"{facts.name} restarted {', '.join(f'{task} ({number})' for task, number in sorted(tasks.items()))}"
    )
    return [finding(about_servers.TASK_RESTARTS, facts.name, sorted(tasks), f"{text} within an hour")]


def _clock(facts: ProcessFacts) -> list[Finding]:
    if abs(facts.clock_skew) <= CLOCK_SECONDS:
        return []
    ahead = "ahead of" if facts.clock_skew > 0 else "behind"
    text = f"the clock of {facts.name} is {abs(facts.clock_skew):.0f} s {ahead} that of the store"
    return [finding(about_servers.CLOCK_SKEW, facts.name, [facts.name], text)]
