"""What a process measures of itself and its machine: memory, disks, clock, restarts of its tasks."""

import os
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from pathlib import Path

from tis_esr.operations.doctor.disk import local_volumes
from tis_esr.settings import Settings

_GROUPS = Path("/proc/self/cgroup")
_CONTROL = Path("/sys/fs/cgroup")
_USED = Path("/proc/self/statm")
_HOUR = 3600.0


def memory_share() -> float | None:
    """Return the share of its memory limit that this process uses, by default of the machine's memory; None if unknown."""
    try:
        used = int(_USED.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return None
    return used / min([machine, *memory_limits()])


def memory_limits(groups: Path = _GROUPS, control: Path = _CONTROL) -> list[int]:
    """Return the limits in bytes of the control groups that this process is in: a container's, a systemd unit's, a slice's."""
    found = []
    for path in _limiting(groups, control):
        try:
            found.append(int(path.read_text()))
        except (OSError, ValueError):  # there is none, or it says "max"
            continue
    return [limit for limit in found if limit > 0]


def _limiting(groups: Path, control: Path) -> Iterator[Path]:
    """Yield the files with the limits of this process's groups and of those above them, in version 2 and in version 1."""
    try:
        lines = groups.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers == "":
            top, name = control, "memory.max"
        elif "memory" in controllers.split(","):
            top, name = control / "memory", "memory.limit_in_bytes"
        else:
            continue
        own = top / group.strip("/")
        yield from (folder / name for folder in (own, *own.parents) if folder.is_relative_to(top))


def free_disks(settings: Settings) -> dict[str, float]:
    """Return the free share of each disk that holds the state file or a folder of files, by the setting that names it."""
    return {volume.setting: volume.free / volume.total for volume in local_volumes(settings) if volume.total}


class Restarts:
    """Counts the restarts of tasks within the last hour; ``now`` is in seconds of any steady clock."""

    def __init__(self) -> None:
        self._known: deque[tuple[float, Counter[str]]] = deque()

    def within_an_hour(self, restarts: Mapping[str, int], now: float) -> dict[str, int]:
        """Return the number by task, with those that were restarted only."""
        self._known.append((now, Counter(restarts)))
        while len(self._known) > 1 and now - self._known[0][0] > _HOUR:
            self._known.popleft()
        before = self._known[0][1] if len(self._known) > 1 else Counter[str]()
        return dict(Counter(restarts) - before)
