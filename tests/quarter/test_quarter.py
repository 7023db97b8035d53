"""The short form of the simulated quarter: a week or two on each engine, and faults put back that it finds."""

from pathlib import Path

import pytest
from tests.journeys.program import ENGINES
from tests.quarter.faults_put_back import FAULTS, put_back
from tests.quarter.quarter import Size, quarter

_SIZES = {"embedded": Size(days=14, posts=24, quiet=5), "production": Size(days=7, posts=16, quiet=3)}


@pytest.mark.timeout(240)
@pytest.mark.parametrize("engine", ENGINES)
def test_every_difference_between_esr_and_tis_is_explained(engine: str, tmp_path: Path) -> None:
    with quarter(5, engine, _SIZES[engine], tmp_path) as one:
        report = one.days()
    assert [str(found) for found in report.unexplained] == []
    assert report.runs > 3
    assert report.records["APP"] > 0
    assert report.records["DNC"] > 0


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", ["no-comparison", "swap-ignored"])
def test_a_fault_that_is_put_back_is_found(name: str, tmp_path: Path) -> None:
    fault = FAULTS[name]
    with put_back(fault), quarter(0, "embedded", Size(days=9, posts=24, quiet=4), tmp_path) as one:
        assert one.days().unexplained
