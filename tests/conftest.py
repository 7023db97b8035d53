"""What holds for every test."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from servers.__main__ import ROOT
from servers.memory import PLACE, place_in_memory
from tests.drawn import DAY  # noqa: F401 - so that processes begun from here have the same
from tests.queries.mongodb_plans import explain_mongodb
from tests.queries.plans import PLANS
from tests.queries.sqlite_plans import explain_sqlite
from tests.s3_server import s3_endpoint  # noqa: F401 - a fixture

if PLACE not in os.environ:
    os.environ[PLACE] = place_in_memory(ROOT)
    if os.environ[PLACE]:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", os.environ[PLACE])
explain_sqlite()
explain_mongodb()

REAL = {"faults", "incidents", "journeys"}
"""Folders of tests that run real processes, or measure times."""
TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try a test of real servers, processes or times once more when it fails (decision 38); the summary lists it as rerun."""
    for item in items:
        if "production" in item.name or item.path.relative_to(TESTS).parts[0] in REAL:
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Spare the garbage collector thousands of tests and what they import: it would look at all of it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the first failure of each test that was tried twice."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.section(f"RERUN {report.nodeid}")
        terminalreporter.line(report.longreprtext[-2000:])


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
    gc.set_threshold(*before)


@pytest.fixture(autouse=True)
def every_query_has_an_index() -> Iterator[None]:
    """Fail a test that issued a query whose plan is bad, unless it is one of the whole reads that are meant."""
    yield
    bad = PLANS.taken()
    assert not bad, "queries without a fitting index:\n" + "\n".join(bad)
