"""The demo's three days as a store, made once for the tests of the console of all test processes."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tis_esr import wall_clock
from tis_esr.commands.demo import demo
from tis_esr.settings import Settings

HERE = Path(__file__).parent
SECONDS = 150
"""The first test of a process may have to wait for the store."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests of this folder and of the browser the time to make the store."""
    for item in items:
        if item.path.is_relative_to(HERE.parent) and item.path.parent.name in {"console", "browser"}:
            item.add_marker(pytest.mark.timeout(SECONDS))


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


@pytest.fixture(autouse=True)
def days_of_the_demo(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """For a test that looks at the demo's days it is the evening of the last one, whenever the test is run."""
    if "state" in request.fixturenames:
        monkeypatch.setattr(wall_clock, "now", lambda: datetime(2026, 11, 26, 20, tzinfo=UTC))
