"""What holds for every test."""

import gc
from collections.abc import Iterator

import pytest
import structlog
from tests.queries.mongodb_plans import explain_mongodb
from tests.queries.plans import PLANS
from tests.queries.sqlite_plans import explain_sqlite
from tests.s3_server import s3_endpoint  # noqa: F401 - a fixture

explain_sqlite()
explain_mongodb()


@pytest.fixture(autouse=True)
def log_configuration() -> Iterator[None]:
    """Leave the configuration of logs to the next test as this one found it."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(autouse=True)
def garbage_collector() -> Iterator[None]:
    """Leave the garbage collector to the next test as this one found it."""
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.fixture(autouse=True)
def every_query_has_an_index() -> Iterator[None]:
    """Fail a test that issued a query whose plan is bad, unless it is one of the whole reads that are meant."""
    yield
    bad = PLANS.taken()
    assert not bad, "queries without a fitting index:\n" + "\n".join(bad)
