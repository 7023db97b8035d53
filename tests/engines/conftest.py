"""Every engine, so that each promise is tested on all of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.engines.benches import EmbeddedBench, ProductionBench
from tests.servers import Place, place


@pytest.fixture(scope="session")
def servers() -> Place:
    """RabbitMQ with a virtual host for this process, and MongoDB."""
    return place()


@pytest.fixture(params=["embedded", "production"])
async def bench(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[EmbeddedBench | ProductionBench]:
    """An engine to put together: ``open`` it with handlers, as often as a test likes."""
    if request.param == "embedded":
        bench: EmbeddedBench | ProductionBench = EmbeddedBench(tmp_path / "state.sqlite")
    else:
        bench = ProductionBench(request.getfixturevalue("servers"))
    yield bench
    await bench.clear()
