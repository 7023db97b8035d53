"""One version everywhere."""

import re
import tomllib

from docgen.generated import ROOT
from tests.web.browser.visitor import WIDTHS
from typer.testing import CliRunner

import tis_esr
from tis_esr.cli import app
from tis_esr.engine.production import server_checks

CHANGELOG = (ROOT / "CHANGELOG.md").read_text()


def test_package_program_and_changelog_have_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    newest = re.search(r"^## \[([0-9.]+)\]", CHANGELOG, re.MULTILINE)
    printed = CliRunner().invoke(app, ["--version"]).stdout
    assert newest is not None
    assert {project["version"], newest[1], printed.split()[-1]} == {tis_esr.__version__}


def test_every_release_has_a_date_and_upgrade_notes() -> None:
    releases = re.split(r"^## ", CHANGELOG, flags=re.MULTILINE)[1:]
    assert len(releases) > 2
    for release in releases:
        assert re.match(r"\[\d+\.\d+\.\d+\] - (\d{4}-\d{2}-\d{2}|unreleased)\n", release), release[:60]
        assert "### Upgrade notes\n" in release


def test_what_it_runs_on_is_what_the_program_checks_and_compose_and_the_image_have() -> None:
    page = (ROOT / "docs" / "reference" / "versions.md").read_text()
    cells = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line[:1] == "|"
    ]
    rows = {row[0]: row[1:] for row in cells if len(row) == 4}
    python = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    [image] = set(re.findall(r"PYTHON_IMAGE=python:([0-9.]+)", (ROOT / "Dockerfile").read_text()))
    compose = dict(re.findall(r"image: (rabbitmq|mongo):([0-9]+)", (ROOT / "compose.yaml").read_text()))
    assert python == f">={rows['Python'][0]}"
    assert f"The container image has {image}" in rows["Python"][2]
    assert rows["RabbitMQ"][0] == ".".join(map(str, server_checks._OLDEST_RABBITMQ))
    assert rows["MongoDB"][0] == ".".join(map(str, server_checks._OLDEST_MONGODB))
    assert f"`compose.yaml` starts {compose['rabbitmq']}" in rows["RabbitMQ"][2]
    assert f"`compose.yaml` starts {compose['mongo']}" in rows["MongoDB"][2]
    assert "at {1} and {0} pixels".format(*sorted(WIDTHS)) in page
