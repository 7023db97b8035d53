"""The demo's three days as a store, made once for the tests of the console of all test processes."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from tis_esr.commands.demo import demo
from tis_esr.settings import Settings


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The state file of generated days; nobody writes to it."""
    base = tmp_path_factory.getbasetemp()
    shared = base if worker_id == "master" else base.parent
    folder, done = shared / "console-demo", shared / "console-demo.done"
    with _one_at_a_time(shared / "console-demo.lock"):
        if not done.exists():
            demo(Settings(), folder, date(2026, 11, 24), days=3)
            done.touch()
    return folder / "state.sqlite"


@contextmanager
def _one_at_a_time(place: Path) -> Iterator[None]:
    with place.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
