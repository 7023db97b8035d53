"""A folder in which a demo has run, with something in every list that a command prints."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.terminal.commands import AS_OF, LONG
from typer.testing import CliRunner

from tis_esr.cli import app
from tis_esr.simulation.tcs.server import running_simulator


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Return the folder, and the address of its TCS."""
    folder = tmp_path_factory.mktemp("terminal")
    made = CliRunner().invoke(app, ["demo", "--dir", str(folder / "demo"), "--as-of", AS_OF])
    assert made.exit_code == 1, made.output
    (folder / "demo" / "in" / LONG).write_text("Dear trust")
    with running_simulator(folder / "demo" / "tcs") as simulator:
        yield folder, simulator.url
