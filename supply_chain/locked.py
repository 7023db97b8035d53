"""The packages of a lock file, as ``make lock`` writes it."""

import re
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from supply_chain import ROOT

RUNTIME = ROOT / "requirements.txt"
LOCKS = (
    RUNTIME,
    *(ROOT / f"requirements-{name}.txt" for name in ("build", "dev")),
    ROOT / "tests/fuzz/requirements.txt",
)
"""Every lock file: what the wheel needs at run time, then what builds and tests it."""

_PACKAGE = re.compile(r"^(?P<pin>[A-Za-z0-9][^\\#\n]*?) ?\\\n(?P<rest>(?:[ ]+.*\n?)*)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
_NEEDED_BY = re.compile(r"^ +# +(?:via +)?(\S.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Locked:
    """One package of a lock file.

    ``marker`` limits it to some platforms or versions of Python; ``hashes`` are the SHA-256 of the files that may be installed;
    ``needed_by`` are the names of the packages that require it, the project's own among them.
    """

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]
    needed_by: tuple[str, ...]


def read(lock: Path) -> list[Locked]:
    """Return the packages of a lock file, in its order; ValueError names the first that has no exact version or no hash."""
    text = lock.read_text()
    found = [_package(match["pin"], match["rest"]) for match in _PACKAGE.finditer(text)]
    lines = [line for line in text.splitlines() if re.match(r"[A-Za-z0-9]", line)]
    if len(found) != len(lines):
        pinned = {package.name for package in found}
        loose = [line for line in lines if canonicalize_name(re.split(r"[^\w.-]", line)[0]) not in pinned]
        raise ValueError(f"{lock.name}: not locked with hashes: {', '.join(loose or lines)}")
    return found


def _package(pin: str, rest: str) -> Locked:
    requirement = Requirement(pin)
    (specifier,) = requirement.specifier
    hashes = tuple(_HASH.findall(rest))
    if specifier.operator != "==" or not hashes:
        raise ValueError(f"{requirement.name}: not locked with an exact version and hashes")
    needed_by = tuple(
        name.split(" ")[0] for name in _NEEDED_BY.findall(rest) if name != "via" and not name.startswith("-")
    )
    return Locked(
        canonicalize_name(requirement.name),
        specifier.version,
        str(requirement.marker or ""),
        hashes,
        needed_by,
    )


def everything() -> list[Locked]:
    """Return each package and version of all lock files once, by name; one that several files lock is that of the first."""
    found: dict[tuple[str, str], Locked] = {}
    for lock in LOCKS:
        for package in read(lock):
            found.setdefault((package.name, package.version), package)
    return [found[key] for key in sorted(found)]
