"""Every engine, so that each promise of a handler is tested on both."""

from pathlib import Path

import pytest
from tests.servers import place
from tests.services.bench import Benches


@pytest.fixture(params=["embedded", "production"])
def benches(request: pytest.FixtureRequest, tmp_path: Path) -> Benches:
    """A maker of benches; on the production engine each one costs a second."""
    return Benches(tmp_path, place() if request.param == "production" else None)


@pytest.fixture
def embedded(tmp_path: Path) -> Benches:
    """A maker of cheap benches, for many cases."""
    return Benches(tmp_path, None)
