"""What the incidents need: servers of their own to stop, and a process to fork from."""

from collections.abc import Iterator

import pytest
from tests.faults.conftest import own_servers  # noqa: F401 - a fixture
from tests.faults.days import Zygote


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    """A process to fork from, so that one may be killed."""
    made = Zygote()
    yield made
    made.close()
