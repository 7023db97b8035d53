"""Where servers of the tests keep their data: in memory, where there is enough, because both wait for the disk at each commit."""

import os
import shutil
from hashlib import sha256
from pathlib import Path

PLACE = "SERVERS_OF_TESTS"
"""Names the folder; its own ``.servers`` where it is empty. A test run sets it for all its processes; benches don't, they measure with a disk."""
_MEMORY = Path("/dev/shm")  # noqa: S108 - the folder in it is of this user and this checkout
_ENOUGH = 8 * 2**30
_CHECKOUT = "checkout"


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
    """Return how many bytes of memory are available on this machine."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0
