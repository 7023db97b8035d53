"""Where servers of the tests keep their data: in memory, where there is enough, because both wait for the disk at each commit."""

import os
import re
import shutil
from hashlib import sha256
from pathlib import Path

PLACE = "SERVERS_OF_TESTS"
"""Names the folder; its own ``.servers`` where it is empty. A test run sets it for all its processes; benches don't, they measure with a disk."""
_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder in it is of this user and this checkout
_ENOUGH = 8 * 2**30
_CHECKOUT = "checkout"
_LIMITS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)
"""Of a container and what it uses, by the versions of control groups."""


def place_in_memory(checkout: Path) -> str:
    """Return the folder for a checkout's servers in memory, made; "" where less than 8 GB are free. Forget those of checkouts that are gone."""
    if not _MEMORY.is_dir() or min(shutil.disk_usage(_MEMORY).free, _available()) < _ENOUGH:
        return ""
    own = f"tis-esr-servers-{os.getuid()}-"
    for folder in _MEMORY.glob(f"{own}*"):
        named = folder / _CHECKOUT
        if named.exists() and not Path(named.read_text()).exists():
            shutil.rmtree(folder, ignore_errors=True)
    place = _MEMORY / (own + sha256(str(checkout).encode()).hexdigest()[:10])
    place.mkdir(mode=0o700, exist_ok=True)
    (place / _CHECKOUT).write_text(str(checkout))
    return str(place)


def _available() -> int:
    """Return how many bytes of memory are available to processes here: of the machine, or of the container."""
    machine = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return min([int(machine[1]) * 1024 if machine else 0, *_container()])


def _container() -> list[int]:
    """Return the memory that is left below a container's limit, if it has one."""
    pairs = [[_read(path) for path in paths] for paths in _LIMITS]
    return [int(limit) - int(used) for limit, used in pairs if limit.isdigit() and used.isdigit()]


def _read(path: str) -> str:
    return Path(path).read_text().strip() if Path(path).exists() else ""
