"""Bills of materials: complete, valid in CycloneDX 1.6, and the same bytes each time."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from importlib.metadata import requires, version
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from supply_chain import ROOT, bill, locked, sbom
from tis_esr import __version__

STATUS = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Version: 2.41-12
Description: GNU C Library
 of several lines, Version: 0

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1.0
"""


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "tis_esr-1.0-py3-none-any.whl"
    path.write_bytes(b"a wheel's bytes")
    return path


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A folder with the files that say what an image has."""
    root = tmp_path / "image"
    site = root / "usr/local/lib/python3.13/site-packages"
    python = root / "usr/local/include/python3.13/patchlevel.h"
    for path, text in {
        root / "var/lib/dpkg/status": STATUS,
        root / "etc/os-release": 'ID=debian\nVERSION_ID="13"\n',
        python: '#define PY_MICRO_VERSION 9\n#define PY_VERSION      \t"3.13.9"\n',
        site
        / "tis_esr-1.0.dist-info/METADATA": "Metadata-Version: 2.4\nName: tis-esr\nVersion: 1.0\nLicense-Expression: MIT\n",
        site
        / "itsdangerous-2.2.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: itsdangerous\nVersion: 2.2.0\n",
        site
        / "Some_Package-2.1.dist-info/METADATA": "Metadata-Version: 2.4\nName: Some_Package\nVersion: 2.1\nClassifier: License :: OSI Approved :: MIT License\n",
        site
        / "old-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: old\nVersion: 1.0\nLicense: see the file\n",
    }.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_the_bill_of_the_wheel_has_what_is_locked_and_what_is_copied(wheel: Path) -> None:
    found = json.loads(bill.of_wheel(wheel))
    assert {(one["name"], one["version"]) for one in found["components"]} == {
        ("nhsuk-frontend", "10.6.1"),
        *((one.name, one.version) for one in locked.read(locked.RUNTIME)),
    }
    assert all(one["licenses"] for one in found["components"])
    (digest,) = found["metadata"]["component"]["hashes"]
    assert digest == {"alg": "SHA-256", "content": hashlib.sha256(b"a wheel's bytes").hexdigest()}


def _needed(name: str, extras: frozenset[str] = frozenset()) -> set[tuple[str, str]]:
    """Return the installed packages that a package needs here, by what each says itself, with their versions."""
    found: dict[tuple[str, frozenset[str]], str] = {}
    waiting = [(canonicalize_name(name), extras)]
    while waiting:
        package = waiting.pop()
        if package in found:
            continue
        found[package] = version(package[0])
        for text in requires(package[0]) or ():
            one = Requirement(text)
            if one.marker is None or any(
                one.marker.evaluate({"extra": extra}) for extra in ("", *package[1])
            ):
                waiting.append((canonicalize_name(one.name), frozenset(one.extras)))
    return {(package, number) for (package, _), number in found.items()}


def test_the_bill_of_the_wheel_is_what_is_installed_with_it_by_the_packages_own_words(wheel: Path) -> None:
    found = json.loads(bill.of_wheel(wheel))
    elsewhere = {
        one.name for one in locked.read(locked.RUNTIME) if one.marker and not Marker(one.marker).evaluate()
    }
    listed = {
        (one["name"], one["version"]) for one in found["components"] if one["purl"].startswith("pkg:pypi")
    }
    assert {one for one in listed if one[0] not in elsewhere} == _needed(bill.PROGRAM) - {
        (bill.PROGRAM, __version__)
    }


def test_the_bill_of_the_wheel_says_what_needs_what(wheel: Path) -> None:
    found = json.loads(bill.of_wheel(wheel))
    names = {one["bom-ref"]: one["name"] for one in [found["metadata"]["component"], *found["components"]]}
    needs = {
        names[one["ref"]]: {names[ref] for ref in one.get("dependsOn", [])} for one in found["dependencies"]
    }
    assert needs["cryptography"] == {"cffi"}
    assert {"aiohttp", "pika", "nhsuk-frontend"} <= needs["tis-esr"]
    assert "cffi" not in needs["tis-esr"]


def test_the_bill_of_an_image_has_python_its_packages_those_of_debian_and_what_is_copied(image: Path) -> None:
    """Python itself is no package of Debian's there; a licence that metadata lack is that of our list."""
    found = json.loads(bill.of_image(image))
    licences = {
        one["purl"]: [said["license"]["id"] for said in one.get("licenses", [])]
        for one in found["components"]
    }
    assert licences == {
        "pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=debian-13": [],
        "pkg:generic/python@3.13.9": ["PSF-2.0"],
        "pkg:npm/nhsuk-frontend@10.6.1": ["MIT"],
        "pkg:pypi/itsdangerous@2.2.0": ["BSD-3-Clause"],
        "pkg:pypi/old@1.0": [],
        "pkg:pypi/some-package@2.1": ["MIT"],
        "pkg:pypi/tis-esr@1.0": ["MIT"],
    }


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ("var/lib/dpkg", "has no var/lib/dpkg/status"),
        ("etc", "has no etc/os-release"),
        ("usr/local/include", "has no usr/local/include/python3.*/patchlevel.h"),
        ("usr/local/lib", "has no tis_esr among the packages of Python"),
    ],
)
def test_a_bill_of_an_image_that_is_not_complete_is_not_written(
    wheel: Path,
    image: Path,
    missing: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(bill, "of_wheel", lambda _: "{}")
    shutil.rmtree(image / missing)
    assert sbom.main([str(wheel), str(image)]) == 2
    assert capsys.readouterr().err == f"{image} {said}. Nothing was written.\n"
    assert list(wheel.parent.glob("*.cdx.json")) == []


def test_two_runs_write_the_same_bytes(wheel: Path, image: Path, tmp_path: Path) -> None:
    """Of processes in which sets have different orders."""
    with ExitStack() as stack:
        runs = []
        for seed in ("1", "2"):
            (tmp_path / seed).mkdir()
            copy = shutil.copy(wheel, tmp_path / seed)
            command = [sys.executable, "-m", "supply_chain.sbom", copy, str(image)]
            environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "src")}
            runs.append(
                stack.enter_context(
                    subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
                )
            )
        assert [run.wait() for run in runs] == [0, 0]
    written = [
        {path.name: path.read_bytes() for path in (tmp_path / seed).glob("*.cdx.json")} for seed in ("1", "2")
    ]
    assert set(written[0]) == {"image.cdx.json", "tis_esr-1.0-py3-none-any.cdx.json"}
    assert written[0] == written[1]


def test_bills_differ_where_what_they_tell_differs(wheel: Path) -> None:
    before: dict[str, Any] = json.loads(bill.of_wheel(wheel))
    wheel.write_bytes(b"other bytes")
    assert json.loads(bill.of_wheel(wheel))["serialNumber"] != before["serialNumber"]


def test_a_bill_fits_the_schema_and_one_that_does_not_is_not_written(
    wheel: Path, image: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bill.faults(bill.of_wheel(wheel)) == []
    assert bill.faults(bill.of_image(image)) == []
    monkeypatch.setattr(
        bill, "of_wheel", lambda _: '{"bomFormat": "CycloneDX", "specVersion": "1.6", "parts": []}'
    )
    assert sbom.main([str(wheel)]) == 1
    assert "does not fit the schema" in capsys.readouterr().err
    assert list(wheel.parent.glob("*.cdx.json")) == []


@pytest.mark.parametrize("words", [[], ["no-such.whl"], ["no-such.whl", "no-such-folder"]])
def test_without_a_wheel_nothing_is_written(words: list[str]) -> None:
    assert sbom.main(words) == 2
