"""What the files of an image have: Debian's packages, Python, and its packages."""

import re
from collections.abc import Iterator
from importlib.metadata import distributions
from itertools import chain
from pathlib import Path

from packageurl import PackageURL
from packaging.utils import canonicalize_name

from supply_chain.licences import of_fields, stated

_STATUS = "var/lib/dpkg/status"
_SITES = ("usr/local/lib/python3.*/site-packages", "usr/lib/python3/dist-packages")
_HEADER = "usr/local/include/python3.*/patchlevel.h"


class IncompleteError(Exception):
    """The folder lacks a file of the image that its bill needs; the text names it."""


def debian_packages(root: Path) -> dict[PackageURL, str | None]:
    """Return the installed Debian packages; they name no licence that a program can read. Raises IncompleteError."""
    distribution = _os_release(root)
    found: dict[PackageURL, str | None] = {}
    for fields in _paragraphs(_only(root, _STATUS).read_text(encoding="utf-8")):
        if fields.get("Status", "").endswith(" installed"):
            said = {
                "arch": fields["Architecture"],
                "distro": f"{distribution['ID']}-{distribution['VERSION_ID']}",
            }
            found[PackageURL("deb", distribution["ID"], fields["Package"], fields["Version"], said)] = None
    return found


def python(root: Path) -> PackageURL:
    """Return Python itself, which the base image built from its sources. Raises IncompleteError."""
    text = _only(root, _HEADER).read_text(encoding="utf-8")
    (version,) = re.findall(r'^#define PY_VERSION\s+"(.+)"', text, re.MULTILINE)
    return PackageURL("generic", name="python", version=version)


def python_packages(root: Path) -> dict[PackageURL, str | None]:
    """Return the installed Python packages, each with the licence that licences.toml or its metadata state, if any."""
    sites = [str(path) for path in chain.from_iterable(sorted(root.glob(pattern)) for pattern in _SITES)]
    found: dict[PackageURL, str | None] = {}
    for one in distributions(path=sites):
        url = PackageURL("pypi", name=canonicalize_name(one.metadata["Name"]), version=one.version)
        found[url] = stated(url.name) or of_fields(one.metadata)
    return found


def _paragraphs(text: str) -> Iterator[dict[str, str]]:
    for paragraph in text.split("\n\n"):
        lines = (line.partition(": ") for line in paragraph.splitlines() if not line.startswith(" "))
        yield {name: value for name, _, value in lines}


def _os_release(root: Path) -> dict[str, str]:
    path = _only(root, "etc/os-release", "usr/lib/os-release")
    pairs = (line.partition("=") for line in path.read_text().splitlines())
    return {name: value.strip('"') for name, _, value in pairs}


def _only(root: Path, *patterns: str) -> Path:
    """Return the first file that fits a pattern."""
    for pattern in patterns:
        for path in sorted(root.glob(pattern)):
            if path.is_file():
                return path
    raise IncompleteError(f"{root} has no {patterns[0]}")
