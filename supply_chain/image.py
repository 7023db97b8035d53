"""Which packages the files of an image have: Debian's, and those of Python."""

from collections.abc import Iterator
from importlib.metadata import distributions
from itertools import chain
from pathlib import Path

from packageurl import PackageURL
from packaging.utils import canonicalize_name

from supply_chain.licences import is_spdx

_STATUS = "var/lib/dpkg/status"
_SITES = ("usr/local/lib/python3.*/site-packages", "usr/lib/python3/dist-packages")


def debian_packages(root: Path) -> dict[PackageURL, str | None]:
    """Return the installed Debian packages; they name no licence that a program can read. FileNotFoundError if there are none."""
    distribution = _os_release(root)
    found: dict[PackageURL, str | None] = {}
    for fields in _paragraphs((root / _STATUS).read_text(encoding="utf-8")):
        if fields.get("Status", "").endswith(" installed"):
            said = {
                "arch": fields["Architecture"],
                "distro": f"{distribution['ID']}-{distribution['VERSION_ID']}",
            }
            found[PackageURL("deb", distribution["ID"], fields["Package"], fields["Version"], said)] = None
    return found


def python_packages(root: Path) -> dict[PackageURL, str | None]:
    """Return the installed Python packages, each with its licence where its metadata name one in SPDX."""
    sites = [str(path) for path in chain.from_iterable(sorted(root.glob(pattern)) for pattern in _SITES)]
    found: dict[PackageURL, str | None] = {}
    for one in distributions(path=sites):
        stated = (one.metadata[name] for name in ("License-Expression", "License") if name in one.metadata)
        licence = next(filter(is_spdx, stated), None)
        url = PackageURL("pypi", name=canonicalize_name(one.metadata["Name"]), version=one.version)
        found[url] = licence
    return found


def _paragraphs(text: str) -> Iterator[dict[str, str]]:
    for paragraph in text.split("\n\n"):
        lines = (line.partition(": ") for line in paragraph.splitlines() if not line.startswith(" "))
        yield {name: value for name, _, value in lines}


def _os_release(root: Path) -> dict[str, str]:
    path = next(path for name in ("etc", "usr/lib") if (path := root / name / "os-release").is_file())
    pairs = (line.partition("=") for line in path.read_text().splitlines())
    return {name: value.strip('"') for name, _, value in pairs}
