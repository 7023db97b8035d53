"""A16, 1 to 6 October 2022: no notifications on the 4th, and nobody knew which files were missing until the 6th.

ESR had sent nothing for three days, and then all of it at once. Generating the notifications hung MongoDB, a restart
in good order failed, and the rest went out a day late.
"""

from datetime import timedelta
from pathlib import Path

import pytest
from tests.faults.conftest import OwnServers
from tests.incidents.alarms_noticed import london, noticed
from tests.incidents.offices import Offices
from tests.incidents.servers_in_trouble import Reached, on, run_while, without_database
from tests.journeys.small_world import TODAY

from tis_esr.operations.alarms.about_files import FILE_LATE
from tis_esr.simulation.esr.trusts import Change, change

LAST = 3


@pytest.mark.timeout(180)
def test_three_days_of_files_at_once_go_out_the_same_day_although_the_database_dies(
    own_servers: OwnServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with on(own_servers, tmp_path, Offices(posts=4)) as talk:
        talk.morning(0)
        half_past_two = london(14, 30)
        alarm = noticed(talk, FILE_LATE, about="RMC", since=half_past_two, within=timedelta(minutes=30))
        assert "EOE" in alarm.members
        for number in range(1, LAST + 1):
            change(talk.esr.holdings, [Change(number)], TODAY + timedelta(days=number))
            talk.morning(number)
        reached = Reached(monkeypatch, "esr.queue.notification.generated")
        run_while(talk, LAST, lambda: without_database(own_servers, reached))
        assert len(talk.small.sent("DNC", LAST)) == len(talk.small.sent("APP", LAST)) == 4
        files = talk.program("files", "--json").json
        assert {file["state"] for file in files["files"]} == {"SPLIT"}
        assert files["gaps"] == []
