"""The same sources give the same wheel, on every machine and at any time."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from supply_chain import ROOT


def _build(folder: Path, moment: int, mode: int) -> Path:
    """Build a copy of the sources whose files have another time and other permissions."""
    folder.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
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
        _build(folder / "one", 1_700_000_000, 0o644),
        _build(folder / "another place", 1_750_000_000, 0o600),
    ]


def test_two_builds_have_the_same_bytes(wheels: list[Path]) -> None:
    one, other = wheels
    assert one.name == other.name
    assert one.read_bytes() == other.read_bytes()


def test_the_wheel_has_the_program_and_nothing_else(wheels: list[Path]) -> None:
    names = zipfile.ZipFile(wheels[0]).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"tis_esr"}
    assert {"tis_esr/start.py", "tis_esr/web/console/static/nhsuk-frontend.css"} <= set(names)
    assert [name for name in names if name.endswith(".pyc")] == []
