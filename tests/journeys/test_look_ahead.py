"""An office looks ahead: what is wrong in TIS before it is due, and how many come when. As typed, on both engines."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from tests.journeys.program import ENGINES, Program, program
from tests.journeys.small_world import TODAY, Small, por, small_world

from tis_esr.simulation.days.generated_world import World

NPN = "EOE/RX1/800/STR/{:03d}"
SOUND, NO_BIRTH_DATE, LATER, FOREIGN, FAR, DRAFT = range(1_900_001, 1_900_007)


def build(world: World) -> None:
    """Make posts 1 to 6 with one placement each; the window is reached 90 days before the start."""
    people = [
        world.person(),
        world.person(dateOfBirth=None),
        world.person(dateOfBirth=None),
        world.person(postCode="75008"),
        world.person(),
        world.person(),
    ]
    for number, (start, person) in enumerate(zip((30, 30, 100, 101, 300, 30), people, strict=True), 1):
        changes = {"lifecycleState": "DRAFT"} if number == 6 else {}
        world.placement(world.post("EOE", npn=NPN.format(number)), person, start, start + 200, **changes)


@dataclass
class Office:
    """The program after a day of the small world."""

    program: Program
    small: Small

    def __call__(self, *words: str) -> tuple[int, list[str]]:
        said = self.program(*words, "--as-of", str(TODAY))
        return said.code, said.text.splitlines()


@pytest.fixture(scope="module", params=ENGINES)
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("office")
    with small_world(folder, build) as small:
        here = program(request.param, folder)
        small.file(*(por(number, NPN.format(number)) for number in range(1, 7)))
        words = ["--in", folder / "in", "--out", folder / "out", "--tcs", small.tcs.url, "--as-of", TODAY]
        assert here("day", *words).code == 1
        yield Office(here, small)


NOT_LOOKED_AT = (
    "placements without an applicant record: not approved, of a type that is not reported,"
    " without a trainee in TIS, or with a post for which ESR has sent no position"
)


def test_lint_lists_faults_by_deanery_and_weeks_to_go(office: Office) -> None:
    assert office("lint") == (
        1,
        [
            "EOE",
            "  In the window now, not sent",
            "    1 x mandatory field missing: dob",
            f"      placement:position {NO_BIRTH_DATE}:2",
            "      Who must act: the local office, in TIS: add it",
            "  2 weeks to go: reach the window by 8 Dec 2026",
            "    1 x mandatory field missing: dob",
            f"      placement:position {LATER}:3",
            "      Who must act: the local office, in TIS: add it",
            "    1 x field left blank: not valid for ESR: address.postcode",
            f"      placement:position {FOREIGN}:4",
            "      Who must act: the local office, in TIS: correct it",
            "Data faults: 2 keep an applicant from being sent, 1 leave a field blank",
            "Checked: 3 applicant records to export who are in the window or reach it by 5 Jan 2027,"
            " compared with TIS on 24 Nov 2026 or later",
            f"Not checked: {NOT_LOOKED_AT}",
        ],
    )


def test_lint_of_one_week_and_of_another_deanery_find_less(office: Office) -> None:
    code, lines = office("lint", "--weeks", "1")
    assert (code, len([line for line in lines if " x " in line])) == (1, 1)
    code, lines = office("lint", "--deanery", "LDN")
    assert (code, lines[0]) == (0, "Data faults: 0 keep an applicant from being sent, 0 leave a field blank")


def test_forecast_counts_by_day_and_deanery(office: Office) -> None:
    assert office("forecast", "--weeks", "20") == (
        0,
        [
            "Applicants in the window, and those who reach it within 20 weeks from 24 Nov 2026",
            "Reaches window  Deanery  Applicants  Sound  Held back  Sent",
            "already in it   EOE               2      0          1     1",
            "Fri 4 Dec 2026  EOE               1      0          1     0",
            "Sat 5 Dec 2026  EOE               1      1          0     0",
            "Total                             4      1          2     1",
            "tis-esr lint lists what holds applicants back.",
            "Data from TIS: as of 24 Nov 2026, or later",
            f"Not counted: {NOT_LOOKED_AT}",
        ],
    )


def test_forecast_by_week_as_csv(office: Office) -> None:
    assert office("forecast", "--weeks", "52", "--by", "week", "--csv") == (
        0,
        [
            "reaches_window,deanery,applicants,sound,held_back,sent",
            ",EOE,2,0,1,1",
            "2026-12-02,EOE,2,1,1,0",
            "2027-06-16,EOE,1,1,0,0",
        ],
    )


def test_the_promise_counts_what_is_due_and_what_keeps_it(office: Office) -> None:
    assert office("promise") == (
        0,
        [
            "Data sent 12 weeks before the start (promised for 90%), starts within 20 weeks from 24 Nov 2026",
            "None of 4 trainees can be judged yet: 2 are unknown, 2 are due.",
            "Office  Trainees  In time  Missed  Due  Unknown  Share",
            "EOE            4        0       0    2        2",
            "all            4        0       0    2        2",
            "Due",
            "  1 data missing or not valid in TIS: the local office, in TIS",
            "  1 not in the window yet",
            "By month of start",
            "Month    Trainees  In time  Missed  Due  Unknown  Share",
            "2026-12         2        0       0    0        2",
            "2027-03         2        0       0    2        0",
            "Unknown: due before the first file from ESR arrived here, or sent by the previous interface.",
            "tis-esr promise --list misses|due lists placements.",
        ],
    )


def test_the_promise_lists_who_is_due_as_text_and_csv(office: Office) -> None:
    assert office("promise", "--list", "due") == (
        0,
        [
            f"Placement {LATER}: EOE RX1, starts 4 Mar 2027, 16 days left",
            "    data missing or not valid in TIS: the local office, in TIS",
        ],
    )
    assert office("promise", "--list", "due", "--csv")[1] == [
        "placement,deanery,trust,starts,days_left,reason,who",
        f'{LATER},EOE,RX1,2027-03-04,16,DATA_MISSING,"the local office, in TIS"',
    ]
    assert office("promise", "--list", "misses") == (0, ["Nobody was missed."])
    code, lines = office("promise", "--by", "trust", "--csv")
    assert (code, lines[1]) == (0, "RX1,4,0,0,2,2,,0,0,0,0,0,0")


def test_another_day_looks_at_the_same_records_from_that_day(office: Office) -> None:
    said = office.program("forecast", "--as-of", "2026-12-05", "--csv").text.splitlines()
    assert said[1:] == [",EOE,4,1,2,1"]
