"""Every engine, so that each vector is tried on both."""

from pathlib import Path

import pytest
from tests.servers import place
from tests.services.bench import Benches
from tests.vectors.exchange import Exchanges


@pytest.fixture(params=["embedded", "production"])
def exchanges(request: pytest.FixtureRequest, tmp_path: Path) -> Exchanges:
    """A maker of exchanges between TIS and ESR, on one kind of engine."""
    return Exchanges(Benches(tmp_path, place() if request.param == "production" else None))
