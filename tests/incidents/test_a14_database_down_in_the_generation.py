"""A14, 6 January 2022: MongoDB was away for half an hour while the applicants were being generated.

Nothing was lost, because the events waited unacknowledged. This is to stay so.
"""

from pathlib import Path

import pytest
from tests.faults.conftest import OwnServers
from tests.incidents.offices import Offices, exported_in_tis, in_esr, parked
from tests.incidents.servers_in_trouble import Reached, on, run_while, without_database


@pytest.mark.timeout(180)
def test_a_database_that_goes_away_in_the_generation_of_applicants_costs_none_and_doubles_none(
    own_servers: OwnServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with on(own_servers, tmp_path, Offices(posts=8)) as talk:
        reached = Reached(monkeypatch, "esr.queue.position.reconciled.appgenerator")
        talk.morning(0)
        run_while(talk, 0, lambda: without_database(own_servers, reached))
        talk.evening(0)
        assert in_esr(talk) == 8
        assert exported_in_tis(talk) == [1] * 8
        assert parked(talk) == []
