"""A19, 10 and 11 August 2023: 2,274 messages were given up because TCS was alive but timed out.

Somebody looked on the next morning. Before the messages could be replayed it had to be established that no placement
ever had two applicant records for one position; meanwhile the generators were off.
"""

from pathlib import Path

from tests.faults.days import Zygote
from tests.incidents.disturbed_days import killable, sent_rows
from tests.incidents.offices import Offices, npn
from tests.journeys.small_world import por

from tis_esr.services.data_exporter.outbound import APPLICANTS
from tis_esr.simulation.tcs.switches import Switches

POSTS = 20


def test_timeouts_of_tcs_give_nothing_up_and_every_message_may_come_twice(
    tmp_path: Path, zygote: Zygote
) -> None:
    rows = [por(number, npn(number)) for number in range(1, POSTS + 1)]
    with killable(tmp_path, zygote, Offices(posts=POSTS).build, rows) as made:
        made.tcs.simulator.misbehaviour.switches = Switches(slow_rate=0.15, slow_ms=600)
        settings = {**made.settings, "tcs_timeout_seconds": 0.3, "patience_seconds": 60}
        assert made.run(shuffled=19, settings=settings) == 0
        kept, _, calls = made.found()
        assert kept["parked"] == []
        assert len(kept[APPLICANTS.name]) == POSTS
        applicants = [row.split(",")[30] for row in sent_rows(made, "APP")]
        assert sorted(map(int, applicants)) == list(range(1, POSTS + 1))
        assert sum("exported" in path for _, path, _ in calls) == POSTS
