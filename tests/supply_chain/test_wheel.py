"""The same sources give the same wheel, on every machine and at any time."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from supply_chain import ROOT


def _copied_into_the_image() -> list[str]:
    """Return the files and the folder that the first stage of the Dockerfile builds the wheel from."""
    stage = (ROOT / "Dockerfile").read_text().split("hatchling build")[0]
    lines = [line.split() for line in stage.splitlines() if line.startswith("COPY ")]
    return [name for _, *names, _ in lines for name in names if not name.startswith("requirements")]


def _build(folder: Path, moment: int, mode: int, files: Iterable[str]) -> Path:
    """Build a copy of the sources whose files have another time and other permissions."""
    folder.mkdir()
    for name in files:
        if (ROOT / name).is_file():
            shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "src", folder / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for path in (folder / "src").rglob("*"):
        if path.is_file():
            path.chmod(mode)
        os.utime(path, (moment, moment))
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder / "dist")]
    environment = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env=environment)
    (wheel,) = (folder / "dist").iterdir()
    return wheel


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("wheels")
    return [
        _build(folder / "one", 1_700_000_000, 0o644, ("pyproject.toml", "README.md", "LICENSE")),
        _build(folder / "another place", 1_750_000_000, 0o600, _copied_into_the_image()),
    ]


def test_the_wheel_in_the_image_has_the_bytes_of_the_published_one(wheels: list[Path]) -> None:
    """Two builds: one from all that a wheel is made of, the other in the image, at another time and place."""
    one, other = wheels
    assert one.name == other.name
    assert one.read_bytes() == other.read_bytes()


def test_what_the_image_is_built_from_reaches_docker() -> None:
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = set(_copied_into_the_image())
    assert {"src", "LICENSE", "pyproject.toml"} <= copied
    assert copied <= sent


def test_the_wheel_has_the_licence_that_it_must_be_passed_on_with(wheels: list[Path]) -> None:
    (name,) = [name for name in zipfile.ZipFile(wheels[1]).namelist() if name.endswith("licenses/LICENSE")]
    assert zipfile.ZipFile(wheels[1]).read(name) == (ROOT / "LICENSE").read_bytes()


def test_the_wheel_has_the_program_and_nothing_else(wheels: list[Path]) -> None:
    names = zipfile.ZipFile(wheels[0]).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"tis_esr"}
    assert {"tis_esr/start.py", "tis_esr/web/console/static/nhsuk-frontend.css"} <= set(names)
    assert [name for name in names if name.endswith(".pyc")] == []
