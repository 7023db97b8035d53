"""A6, 5 August 2020: on the day of the rotation the applicants could not be loaded.

A row of a position ended in a backslash before its closing quote, and 500 records at once had the service restarted.
The backslash was deleted by hand, dates and states were edited in the database, and four applicants were exported
twice.
"""

from pathlib import Path

from tests.faults.days import KILLED, Zygote
from tests.incidents.disturbed_days import killable, sent_rows
from tests.incidents.offices import Offices, npn
from tests.journeys.small_world import por

POSTS = 30


def pos(number: int, title: str) -> str:
    return f'POS,{number},"","C",{number + 1000},"{title}","800","","","{npn(number)}","EOE","RX1","NHS","","",""'


def test_a_backslash_is_text_and_a_restart_in_the_export_sends_each_applicant_once(
    tmp_path: Path, zygote: Zygote
) -> None:
    numbers = range(1, POSTS + 1)
    rows = [
        row for number in numbers for row in (por(number, npn(number)), pos(number, "Medical and Dental\\"))
    ]
    with killable(tmp_path, zygote, Offices(posts=POSTS).build, rows) as made:
        for side in ("before", "after"):
            assert made.run(crash=["put in place", 1, side]) == KILLED
        assert made.run() == 0
        kept, files, _ = made.found()
        assert kept["parked"] == []
        applicants = [row.split(",")[30] for row in sent_rows(made, "APP")]
        assert sorted(applicants, key=int) == [f"{number}" for number in numbers]
        assert [name for name in files if "_APP_" in name] == ["DE_EOE_APP_20261124_00000008.DAT"]
