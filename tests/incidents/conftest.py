"""What the incidents need: servers of their own to stop, and a process to fork from."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.faults.conftest import own_servers  # noqa: F401 - a fixture
from tests.faults.days import Zygote
from tests.incidents.offices import Offices, offices
from tests.journeys.conversation import Conversation


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """A process to fork from, so that one may be killed."""
    made = Zygote()
    yield made
    made.close()


@pytest.fixture
def running_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the log of this test process as it is, and have what is polled polled soon."""
    monkeypatch.setattr("tis_esr.process.serving_process.log_events", lambda _: None)
    for name in ("_SCHEDULE_SECONDS", "_LEDGER_SECONDS"):
        monkeypatch.setattr(f"tis_esr.process.serving_process.{name}", 0.2)


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Conversation]:
    """One local office with five posts, and one to come in each."""
    with offices(tmp_path, Offices(posts=5)) as made:
        yield made
