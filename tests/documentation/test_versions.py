"""One version everywhere."""

import re
import tomllib

from docgen.generated import ROOT
from typer.testing import CliRunner

import tis_esr
from tis_esr.cli import app

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
