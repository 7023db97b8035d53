"""A3, 13 to 16 July 2019: one full file (RMF) could not be loaded.

It held rows that were not valid, and came before it was agreed. TCS answered 500, so 85 new positions of a trust were
missing, and a part of that office's applicants could have been sent. The alert came on a Saturday, somebody looked on
Monday, and the file was named on Tuesday.
"""

from datetime import timedelta
from pathlib import Path

from tests.incidents.alarms_noticed import noticed_all
from tests.incidents.offices import Offices, in_esr, offices, parked
from tests.journeys.small_world import TODAY

from tis_esr.operations.alarms.about_queues import PARKED_OLD
from tis_esr.simulation.esr.trusts import Change, change

BAD = 4


def test_bad_rows_are_named_and_the_other_positions_of_the_file_are_loaded_the_same_day(
    tmp_path: Path,
) -> None:
    with offices(tmp_path, Offices(posts=10)) as talk:
        talk.morning(0)
        [file] = (talk.small.folder / "in").iterdir()
        spoilt = file.read_bytes()
        for record in (b"POR", b"POS"):
            spoilt = spoilt.replace(b"%s,%d," % (record, BAD), b"%s,four," % record)
        file.write_bytes(spoilt)
        assert talk.run(0).code == 1
        talk.evening(0)
        assert in_esr(talk) == 9
        rows = [number for number, line in enumerate(spoilt.splitlines(), 1) if b",four," in line]
        assert {(one.source_file, one.row) for one in parked(talk)} == {(file.name, row) for row in rows}
        causes = {alarm.text for alarm in noticed_all(talk, PARKED_OLD, within=timedelta(hours=24))}
        assert all("esr.queue.unreadable" in cause for cause in causes)

        change(talk.esr.holdings, [Change(BAD)], TODAY + timedelta(days=1))
        talk.day(1)
        assert in_esr(talk) == 10
