"""A1, 19 to 22 February 2019: three days of RMC files were not processed.

The job was pinned to one version number of TCS, and TCS was given another. The first two alerts were dismissed as
network trouble; the version was corrected on the fourth day, files were copied by hand, and the backlog was a ticket.
"""

from datetime import timedelta
from pathlib import Path

from tests.incidents.alarms_noticed import london, noticed
from tests.incidents.offices import Offices, in_esr, offices
from tests.journeys.small_world import TODAY

from tis_esr.operations.alarms.about_files import FILE_LATE
from tis_esr.simulation.esr.trusts import Change, change

DAYS = range(3)
STOPPED = DAYS[1]


def test_a_tcs_that_moved_is_named_and_the_next_run_takes_the_whole_backlog(tmp_path: Path) -> None:
    with offices(tmp_path, Offices(posts=3)) as talk:
        right = talk.small.tcs.url
        talk.small.tcs.url = right.replace("/tcs", "/tcs-4.2.0")
        for number in DAYS:
            change(talk.esr.holdings, [Change(number + 1)], TODAY + timedelta(days=number))
            talk.morning(number)
            if number == STOPPED:
                said = talk.run(number)
                assert said.code == 2
                assert "Probably the context path is wrong" in said.text
        alarm = noticed(talk, FILE_LATE, about="RMC", since=london(14, 30), within=timedelta(minutes=30))
        assert "EOE" in alarm.members
        talk.small.tcs.url = right
        assert talk.run(DAYS[-1]).code == 0
        talk.evening(DAYS[-1])
        ledger = talk.program("files", "--json").json
        assert [file["state"] for file in ledger["files"]] == ["SPLIT"] * len(DAYS)
        assert in_esr(talk) == 3
