"""The packages of npm's lock file: types by which the tests check custom resources of Kubernetes. None of them is shipped."""

import msgspec

from supply_chain import ROOT

LOCK = ROOT / "servers/custom_resources/package-lock.json"
_INSIDE = "node_modules/"


class Locked(msgspec.Struct, frozen=True):
    """One package; ``integrity`` is the checksum of its archive, ``license`` an SPDX expression."""

    version: str
    integrity: str
    license: str
    name: str = ""


class _File(msgspec.Struct):
    packages: dict[str, msgspec.Raw]


def read() -> list[Locked]:
    """Return the packages, in the file's order; ValueError for one without a version, a checksum or a licence."""
    found = msgspec.json.decode(LOCK.read_bytes(), type=_File).packages
    return [
        msgspec.structs.replace(msgspec.json.decode(entry, type=Locked), name=place.rpartition(_INSIDE)[2])
        for place, entry in found.items()
        if place
    ]
