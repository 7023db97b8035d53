"""What holds for every test."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def log_configuration() -> Iterator[None]:
    """Leave the configuration of logs to the next test as this one found it."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)
