"""The demo's first day as a store, made once for the tests of the console."""

from datetime import date
from pathlib import Path

import pytest

from tis_esr.commands.demo import demo
from tis_esr.settings import Settings


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state file of a whole generated day."""
    folder = tmp_path_factory.mktemp("console") / "demo"
    demo(Settings(), folder, date(2026, 11, 24))
    return folder / "state.sqlite"
