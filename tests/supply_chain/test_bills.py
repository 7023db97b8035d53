"""Bills of materials: complete, valid in CycloneDX 1.6, and the same bytes each time."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from supply_chain import ROOT, bill, locked, sbom

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
    for path, text in {
        root / "var/lib/dpkg/status": STATUS,
        root / "etc/os-release": 'ID=debian\nVERSION_ID="13"\n',
        site
        / "Some_Package-2.1.dist-info/METADATA": "Metadata-Version: 2.4\nName: Some_Package\nVersion: 2.1\nLicense: MIT\n",
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


def test_the_bill_of_the_wheel_says_what_needs_what(wheel: Path) -> None:
    found = json.loads(bill.of_wheel(wheel))
    names = {one["bom-ref"]: one["name"] for one in [found["metadata"]["component"], *found["components"]]}
    needs = {
        names[one["ref"]]: {names[ref] for ref in one.get("dependsOn", [])} for one in found["dependencies"]
    }
    assert needs["cryptography"] == {"cffi"}
    assert {"aiohttp", "pika", "nhsuk-frontend"} <= needs["tis-esr"]
    assert "cffi" not in needs["tis-esr"]


def test_the_bill_of_an_image_has_its_debian_and_python_packages(image: Path) -> None:
    found = json.loads(bill.of_image(image))
    licences = {
        one["purl"]: [said["license"]["id"] for said in one.get("licenses", [])]
        for one in found["components"]
    }
    assert licences == {
        "pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=debian-13": [],
        "pkg:pypi/old@1.0": [],
        "pkg:pypi/some-package@2.1": ["MIT"],
    }


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
