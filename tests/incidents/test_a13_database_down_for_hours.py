"""A13, 17 to 20 August 2021: MongoDB was away for two hours, because its three members were on one machine that hung.

What was being handled was given up at once. One trust waited three days for the news of a new post (type 5), which
was found among the dead letters and sent by hand.
"""

from pathlib import Path

import pytest
from tests.faults.conftest import OwnServers
from tests.incidents.offices import Offices, npn, parked
from tests.incidents.servers_in_trouble import Reached, on, run_while, without_database
from tests.journeys.conversation import position

NEW_POST = "5"
WAITING = 6


@pytest.mark.timeout(180)
def test_work_waits_for_the_database_and_the_trust_is_told_of_its_new_post_the_same_day(
    own_servers: OwnServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with on(own_servers, tmp_path, Offices(posts=3)) as talk:
        talk.esr.holdings.positions[WAITING] = position(WAITING, npn(WAITING))
        talk.day(0)
        talk.small.tcs.simulator.store.put_post(talk.small.world.post_to_be("EOE", npn=npn(WAITING)))
        reached = Reached(monkeypatch, "esr.queue.position.reconciled.notificationgenerator")
        talk.morning(1)
        run_while(talk, 1, lambda: without_database(own_servers, reached))
        told = [row.split(",")[1] for row in talk.small.sent("DNC", 1)]
        assert f'"{NEW_POST}"' in told
        assert parked(talk) == []
