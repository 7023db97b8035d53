"""Bills of materials in CycloneDX 1.6: of the wheel, and of an image's contents. The same input gives the same bytes."""

import hashlib
import uuid
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from supply_chain import image, licences, locked

PROGRAM = "tis-esr"
_SPDX = LicenseFactory()


def of_wheel(wheel: Path) -> str:
    """Return the bill of a wheel: the program, what is copied into it, and the locked packages that it needs at run time."""
    program = _component(
        PROGRAM, version(PROGRAM), PackageURL("pypi", name=PROGRAM, version=version(PROGRAM)), "MIT"
    )
    program.type = ComponentType.APPLICATION
    program.hashes.add(
        HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(wheel.read_bytes()).hexdigest())
    )
    parts = {one.name: _copied(one) for one in licences.copied()}
    needed_by: dict[str, tuple[str, ...]] = dict.fromkeys(parts, (PROGRAM,))
    for package in locked.read(locked.RUNTIME):
        parts[package.name] = _locked(package)
        needed_by[package.name] = package.needed_by
    return _text(program, parts, needed_by)


def of_image(root: Path) -> str:
    """Return the bill of an image whose files are in a folder: Debian's packages, Python, its packages, what is copied into the program.

    Raises IncompleteError if the folder lacks a file that says so, or the program.
    """
    container = Component(
        name=PROGRAM, version=version(PROGRAM), type=ComponentType.CONTAINER, bom_ref=f"image:{PROGRAM}"
    )
    system = image.debian_packages(root)
    python = image.python_packages(root)
    if PROGRAM not in {url.name for url in python}:
        raise image.IncompleteError(f"{root} has no tis_esr among the packages of Python")
    rest = {PackageURL.from_string(one.purl): one.licence for one in licences.copied()}
    parts = {
        str(url): _component(url.name, url.version or "", url, licence)
        for url, licence in [*system.items(), (image.python(root), "PSF-2.0"), *python.items(), *rest.items()]
    }
    return _text(container, parts, dict.fromkeys(parts, (PROGRAM,)))


def faults(text: str) -> list[str]:
    """Return what a bill has that the schema of CycloneDX 1.6 does not allow."""
    found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text, all_errors=True)
    return [str(one) for one in found or ()]


def _locked(package: locked.Locked) -> Component:
    url = PackageURL("pypi", name=package.name, version=package.version)
    found = _component(package.name, package.version, url, licences.licence(package))
    found.properties.update(Property(name="tis-esr:locked:sha256", value=value) for value in package.hashes)
    if package.marker:
        found.properties.add(Property(name="tis-esr:locked:only-where", value=package.marker))
    return found


def _copied(one: licences.Copied) -> Component:
    return _component(one.name, one.version, PackageURL.from_string(one.purl), one.licence)


def _component(name: str, version: str, url: PackageURL, licence: str | None) -> Component:
    known = [_SPDX.make_from_string(licence)] if licence else []
    return Component(
        name=name, version=version, purl=url, licenses=known, bom_ref=str(url), type=ComponentType.LIBRARY
    )


def _text(about: Component, parts: Mapping[str, Component], needed_by: Mapping[str, Iterable[str]]) -> str:
    """Write a bill without the time and the random number that it usually has: its serial number follows from what it says."""
    said = [
        about.name,
        *sorted(f"{part.bom_ref} {sorted(needed_by[name])}" for name, part in parts.items()),
        *map(str, about.hashes),
    ]
    serial = uuid.uuid5(uuid.NAMESPACE_URL, hashlib.sha256("\n".join(said).encode()).hexdigest())
    bom = Bom(components=parts.values(), serial_number=serial, metadata=BomMetaData(component=about))
    bom.metadata.timestamp = None  # type: ignore[assignment]  # it is optional in CycloneDX
    by_name = {PROGRAM: about, **parts}
    for needing in by_name:
        bom.register_dependency(
            by_name[needing], [part for name, part in parts.items() if needing in needed_by[name]]
        )
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"
