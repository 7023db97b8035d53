"""A7, 2020: ESR quarantined whole APP files.

More than 40 applicants for one post were in one file: shared posts, a lead and a host position each, and positions
that ESR had deleted long ago (5 people in 8 positions). Every applicant of that local office was lost with the
file, and people spread the rows over days by hand.
"""

from pathlib import Path

from tests.incidents.offices import Offices, in_esr, npn, offices, quarantined
from tests.journeys.conversation import position

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
