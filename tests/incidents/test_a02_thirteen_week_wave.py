"""A2, 7 to 11 May 2019: the daily notifications died again and again for four days.

47,000 placements of the August rotation began exactly 13 weeks later and were handled in one go. TCS ran out of
memory, other jobs restarted it and so ended the re-runs, and the job knew no day but today. 14 files were pushed by
hand; nine more were found two days later.
"""

from datetime import timedelta
from pathlib import Path

from tests.faults.days import KILLED, TODAY, Zygote
from tests.incidents.disturbed_days import killable, sent_rows
from tests.incidents.offices import Offices, npn, offices
from tests.journeys.small_world import por

from tis_esr.simulation.tcs.switches import Switches

THIRTEEN_WEEKS = 90
"""The first day of the rotation comes into view on this day before it."""
POSTS, PEOPLE = 12, 5
WAVE = Offices(posts=POSTS, people=PEOPLE, start=THIRTEEN_WEEKS)
ROWS = [por(number, npn(number)) for number in range(1, POSTS + 1)]


def test_the_wave_goes_out_in_chunks_once_whatever_dies_and_for_the_day_that_was_meant(
    tmp_path: Path, zygote: Zygote
) -> None:
    with killable(tmp_path, zygote, WAVE.build, ROWS) as made:
        made.tcs.simulator.misbehaviour.switches = Switches(fail_next=8, fail_status=500)
        for crash in (["write file", 1, "before"], ["tell exported", 3, "after"]):
            assert made.run(crash=crash) == KILLED
        assert made.run() == 0
        assert len(set(sent_rows(made, "APP"))) == len(sent_rows(made, "APP")) == WAVE.number
        assert {path.name[11:19] for path in made.out.iterdir()} == {f"{TODAY:%Y%m%d}"}
        _, _, calls = made.found()
        assert sum("exported" in path for _, path, _ in calls) == WAVE.number


def test_the_wave_is_shown_by_day_and_office_weeks_before_it_comes(tmp_path: Path) -> None:
    with offices(tmp_path, Offices(posts=3, people=2, start=THIRTEEN_WEEKS + 14)) as talk:
        talk.morning(0)
        talk.run(0)
        seen = talk.program("forecast", "--as-of", TODAY, "--weeks", 4, "--json").json
        [line] = seen["lines"]
        assert (line["reaches_window"], line["deanery"], line["applicants"]) == (
            (TODAY + timedelta(days=14)).isoformat(),
            "EOE",
            6,
        )
