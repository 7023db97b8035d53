"""A7, 2020: ESR quarantined whole APP files.

More than 40 applicants for one post were in one file: shared posts, a lead and a host position each, and positions
that ESR had deleted long ago (5 people in 8 positions). Every applicant of that local office was lost with the
file, and people spread the rows over days by hand.
"""

from datetime import timedelta
from pathlib import Path

from tests.incidents.alarms_noticed import london, noticed
from tests.incidents.offices import Offices, in_esr, npn, offices, quarantined
from tests.journeys.conversation import position

from tis_esr.operations.alarms.about_files import SUSPECTED_QUARANTINE
from tis_esr.operations.alarms.kinds import Severity

CROWDED = 45


def test_a_post_with_45_applicants_and_a_deleted_position_costs_nobody_the_file(tmp_path: Path) -> None:
    with offices(tmp_path, Offices(posts=2, people=CROWDED)) as talk:
        deleted = position(900, npn(1))
        talk.esr.holdings.positions[deleted.id] = deleted
        deleted.deleted = True
        talk.day(0)
        talk.day(1)
        assert quarantined(talk) == {}
        assert in_esr(talk) == 2 * CROWDED
        assert deleted.id not in talk.esr.holdings.applicants


def test_a_file_that_esr_quarantines_all_the_same_is_suspected_on_the_next_morning(tmp_path: Path) -> None:
    with offices(tmp_path, Offices(posts=2)) as talk:
        talk.morning(0)
        talk.run(0)
        talk.spoilt |= {path.name for path in (talk.small.folder / "out").glob("*_APP_*")}
        talk.evening(0)
        assert list(quarantined(talk)) == sorted(talk.spoilt)
        answer_due = london(7, 30, day_number=1)
        alarm = noticed(talk, SUSPECTED_QUARANTINE, since=answer_due, within=timedelta(hours=1))
        assert alarm.severity is Severity.CRITICAL
        assert [name in alarm.text for name in talk.spoilt] == [True]
