"""The systemd units: valid, hardened, and about commands and settings that there are."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from servers.programs import systemd_analyze
from tests.deploy.chart import ROOT, longest_stop_after_the_drain

from tis_esr.cli import app
from tis_esr.settings import Settings

FOLDER = ROOT / "deploy" / "systemd"
UNITS = {
    "tis-esr@.service": ["run"],
    "tis-esr-console.service": ["console"],
    "tis-esr-install.service": ["install"],
}


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Return a folder with the units, whose program is one that this machine has."""
    for file in FOLDER.iterdir():
        (tmp_path / file.name).write_text(
            file.read_text().replace("/opt/tis-esr/bin/tis-esr", sys.executable)
        )
    text = (tmp_path / "tis-esr@.service").read_text()
    (tmp_path / "tis-esr@8080.service").write_text(text)
    return tmp_path


def test_these_units_are_shipped() -> None:
    assert {file.name for file in FOLDER.iterdir()} == set(UNITS)


def test_systemd_accepts_them(installed: Path) -> None:
    done = _analyze("verify", "--man=no", *_files(installed))
    assert (done.returncode, done.stderr) == (0, "")


def test_systemd_would_find_a_mistake(installed: Path) -> None:
    file = installed / "tis-esr-console.service"
    file.write_text(file.read_text().replace("RestartSec=5", "RestartSec=five"))
    assert "Failed to parse sec value" in _analyze("verify", "--man=no", *_files(installed)).stderr


@pytest.mark.parametrize(
    "name", ["tis-esr@8080.service", "tis-esr-console.service", "tis-esr-install.service"]
)
def test_a_unit_is_exposed_little(installed: Path, name: str) -> None:
    """systemd's own measure, 0 to 100 here; a unit without hardening has 96."""
    done = _analyze("security", "--offline=true", "--threshold=15", str(installed / name))
    assert done.returncode == 0, done.stdout.splitlines()[-1]


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_runs_a_command_with_settings_that_there_are(name: str) -> None:
    text = (FOLDER / name).read_text()
    [words] = re.findall(r"^ExecStart=/opt/tis-esr/bin/tis-esr (.+)$", text, re.MULTILINE)
    assert words.split() == UNITS[name]
    assert words in typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert set(re.findall(r"TIS_ESR_(\w+)", text)) <= {field.upper() for field in Settings.model_fields}


def test_the_services_have_longer_to_stop_than_their_work_to_finish() -> None:
    [seconds] = re.findall(r"^TimeoutStopSec=(\d+)$", (FOLDER / "tis-esr@.service").read_text(), re.MULTILINE)
    assert int(seconds) == 60
    assert int(seconds) >= Settings.model_fields["drain_seconds"].default + longest_stop_after_the_drain()


@pytest.mark.parametrize("name", ["tis-esr@.service", "tis-esr-console.service"])
def test_a_first_attempt_to_install_that_fails_stops_nothing_for_good(name: str) -> None:
    """After a start of the machine MongoDB may answer later. What requires a unit is not started once that has failed,

    although it is restarted and succeeds; what wants it is.
    """
    text = (FOLDER / name).read_text()
    assert re.findall(r"^(Requires|Wants|BindsTo)=.*tis-esr-install", text, re.MULTILINE) == ["Wants"]
    assert re.search(r"^After=.*tis-esr-install\.service", text, re.MULTILINE)
    assert "\nRestart=always\nRestartSec=5\n" in text


def test_a_mistake_in_the_settings_is_not_retried() -> None:
    for name in UNITS:
        assert "RestartPreventExitStatus=2\n" in (FOLDER / name).read_text()


def _files(folder: Path) -> list[str]:
    return [str(file) for file in folder.iterdir() if "@." not in file.name]


def _analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(systemd_analyze()), *words], capture_output=True, text=True, check=False)
