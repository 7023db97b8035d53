"""Disks that are nearly full: of the state file, of folders of files, of MongoDB, and of RabbitMQ's nodes."""

import shutil
from pathlib import Path
from typing import Final

import msgspec
from pymongo.errors import PyMongoError

from tis_esr.engine.production.mongodb import health
from tis_esr.engine.production.server_checks import MONGODB, Finding
from tis_esr.operations.composition import addresses
from tis_esr.operations.doctor import management
from tis_esr.operations.doctor.check import not_checked
from tis_esr.settings import BadSettingsError, Settings

GIGABYTE: Final = 10**9
LEAST_FREE_BYTES: Final = GIGABYTE
LEAST_FREE_SHARE: Final = 0.05
_PLENTY: Final = 20 * GIGABYTE


class Volume(msgspec.Struct, frozen=True):
    """A volume: what is on it, the setting that names that, and its bytes."""

    of: str
    setting: str
    free: int
    total: int

    @property
    def is_low(self) -> bool:
        """Return whether it has less than 1 GB free, or less than 5 % and 20 GB."""
        share = self.free / self.total if self.total else 0.0
        return self.free < LEAST_FREE_BYTES or (share < LEAST_FREE_SHARE and self.free < _PLENTY)


async def check(settings: Settings) -> list[Finding]:
    """Check every disk that can be seen from here."""
    volumes, unread = await read(settings)
    return [*(finding for volume in volumes for finding in findings(volume)), *unread]


async def read(settings: Settings) -> tuple[list[Volume], list[Finding]]:
    """Return the volumes that can be seen, and a note for each that can't."""
    volumes, unread = local_volumes(settings), []
    if settings.engine == "production":
        try:
            if told := await health.disk(addresses(settings)):
                volumes.append(Volume("MongoDB's data", MONGODB, *told))
        except (BadSettingsError, PyMongoError, ValueError):
            unread.append(not_checked(MONGODB, "MongoDB's disk"))
    return volumes, unread


def local_volumes(settings: Settings) -> list[Volume]:
    """Return the volumes of the state file and of folders for files."""
    places = {}
    if settings.engine == "embedded":
        places["TIS_ESR_STATE"] = settings.state.resolve().parent
    if settings.files_in == "folder":
        places["TIS_ESR_INBOUND"] = Path(settings.inbound)
    if settings.files_out == "folder":
        places["TIS_ESR_OUTBOUND"] = Path(settings.outbound)
    found = []
    for setting, place in places.items():
        if place.is_dir():
            usage = shutil.disk_usage(place)
            found.append(Volume(str(place), setting, usage.free, usage.total))
    return found


def findings(volume: Volume) -> list[Finding]:
    """Return the finding about a volume that is nearly full."""
    if not volume.is_low:
        return []
    share = 100 * volume.free / volume.total if volume.total else 0.0
    problem = f"{volume.of}: {volume.free / GIGABYTE:.1f} GB free ({share:.0f} %)"
    return [Finding(volume.setting, problem, "free disk space, or enlarge the volume")]


def node_findings(broker: management.Broker) -> list[Finding]:
    """Return the finding about each node of RabbitMQ that comes near its disk limit."""
    return [
        Finding(
            management.SETTING,
            f"the node {node.name} of RabbitMQ has {node.disk_free / GIGABYTE:.1f} GB free, and accepts no messages"
            f" below {node.disk_free_limit / GIGABYTE:.1f} GB",
            "free disk space on that node",
        )
        for node in broker.nodes
        if node.is_running and node.disk_free < 2 * node.disk_free_limit
    ]
