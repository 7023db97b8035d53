"""Vulnerabilities as the OSV format has them, from a folder or ZIP file of its entries; nothing is asked over a network."""

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
from packaging.version import InvalidVersion, Version

ECOSYSTEMS = ("PyPI", "npm")


class Event(msgspec.Struct):
    """Where in the order of versions being affected begins or ends; one of the three is set."""

    introduced: str = ""
    fixed: str = ""
    last_affected: str = ""


class Range(msgspec.Struct):
    """The events of one range. Ranges of type GIT are in commits, and tell nothing about a release."""

    type: str = "ECOSYSTEM"
    events: list[Event] = []


class Package(msgspec.Struct):
    """A package in an ecosystem (PyPI, npm)."""

    ecosystem: str
    name: str


class Affected(msgspec.Struct):
    """Which versions of a package are affected: those listed, and those in a range."""

    package: Package | None = None
    ranges: list[Range] = []
    versions: list[str] = []


class Advisory(msgspec.Struct):
    """One entry; ``withdrawn`` is set if it was no vulnerability after all."""

    id: str
    modified: str = ""
    summary: str = ""
    withdrawn: str = ""
    aliases: list[str] = []
    affected: list[Affected] = []


class DatabaseError(Exception):
    """The database cannot be used; the text says why and what to do."""


def read(path: Path) -> list[Advisory]:
    """Return the advisories of a database for the ecosystems that are used here; DatabaseError if it cannot be read."""
    found = []
    for name, content in _entries(path):
        try:
            advisory = msgspec.json.decode(content, type=Advisory)
        except msgspec.MsgspecError as error:
            raise DatabaseError(f"{path}: {name} is not an OSV entry: {error}") from error
        if not advisory.withdrawn and any(_in_use(one) for one in advisory.affected):
            found.append(advisory)
    return found


def of(advisories: Iterable[Advisory], ecosystem: str) -> list[Advisory]:
    """Return the advisories that affect a package of an ecosystem."""
    return [
        advisory
        for advisory in advisories
        if any(one.package is not None and one.package.ecosystem == ecosystem for one in advisory.affected)
    ]


def _in_use(affected: Affected) -> bool:
    return affected.package is not None and affected.package.ecosystem in ECOSYSTEMS


def _entries(path: Path) -> Iterator[tuple[str, bytes]]:
    if path.is_dir():
        for entry in sorted(path.rglob("*.json")):
            yield entry.name, entry.read_bytes()
        for archive in sorted(path.rglob("*.zip")):
            yield from _entries(archive)
    elif path.suffix == ".zip" and path.is_file():
        with zipfile.ZipFile(path) as archive_file:
            for name in sorted(archive_file.namelist()):
                if name.endswith(".json"):
                    yield name, archive_file.read(name)
    else:
        raise DatabaseError(f"{path} is not a folder and not a ZIP file")


def is_affected(affected: Affected, version: str) -> bool:
    """Return whether a version is affected; a range that cannot be compared counts, so that a person looks at it."""
    if version in affected.versions:
        return True
    return any(_is_within(one, version) for one in affected.ranges if one.type != "GIT")


def _is_within(one: Range, version: str) -> bool:
    try:
        here = Version(version)
        events = sorted(one.events, key=_place)
        inside = False
        for event in events:
            if event.introduced and _place(event) <= here:
                inside = True
            elif (event.fixed and _place(event) <= here) or (event.last_affected and _place(event) < here):
                inside = False
    except InvalidVersion:
        return True
    return inside


def _place(event: Event) -> Version:
    return Version(event.introduced or event.fixed or event.last_affected or "0")


def fixed_in(affected: Affected) -> list[str]:
    """Return the versions that fix it, in the order of the entry."""
    return [
        event.fixed for one in affected.ranges if one.type != "GIT" for event in one.events if event.fixed
    ]
