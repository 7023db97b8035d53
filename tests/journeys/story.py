"""Three days of one deanery in which everything happens that ``why`` has to tell apart. All invented.

The first day sends applicants; on the second ESR has answered them and TIS has changed; on the third ESR has
answered what it was told of the changes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.journeys.program import Program, Said, program
from tests.journeys.small_world import TODAY, Small, por, small_world

from tis_esr.simulation.days.generated_world import World

MOVED, GONE, WARNED, REFUSED, NOT_DUE, TOO_LATE, DRAFT, UNNUMBERED, NO_BIRTH_DATE, OOP = range(
    1_900_001, 1_900_011
)
WITHOUT_POSITION, OF_DELETED, NEW = 1_900_011, 1_900_012, 1_900_099
APP_1, DNC_2 = "DE_EOE_APP_20261124_00000008.DAT", "DE_EOE_DNC_20261125_00000021.DAT"
APC_1, DCC_2 = "DE_EOE_APC_20261124_00000008.DAT", "DE_EOE_DCC_20261125_00000021.DAT"
UNKNOWN_TO_TIS, DELETED, EMPTY = 20, 21, 22
WARNING = 'Postcode "YO12 5EX," not recognised'
REFUSAL = "Applicant exists already for this position"
TOO_OLD = "Hire date can not be changed"


def npn(number: int) -> str:
    """Return the national post number of a post of the story."""
    return f"EOE/RX1/800/STR/{number:03d}"


def build(world: World) -> None:
    """Make TIS's data: posts 1 to 10 with one placement each, one without position, one whose position is deleted."""
    starts = (30, 40, 50, 60, 120, 1, 20, 20, 20, 20, 30, 30)
    changes = {6: {"lifecycleState": "DRAFT"}, 9: {"placementType": "OOPT"}}
    for place, start in enumerate(starts):
        person = world.person(dateOfBirth=None) if place == 8 else world.person()
        world.placement(
            world.post("EOE", npn=npn(place + 1)), person, start, start + 200, **changes.get(place, {})
        )
    world.post("EOE", npn=npn(EMPTY))


@dataclass
class Story:
    """The program after the three days, and the world that they were in."""

    program: Program
    small: Small
    days: list[Said]

    def why(self, word: object, *more: object) -> Said:
        """Ask on the third day."""
        return self.program("why", word, "--as-of", "2026-11-26", *more, TIS_ESR_TCS_URL=self.small.tcs.url)

    def run_third_day_again(self) -> Said:
        """Take what has arrived since."""
        return _day(self.program, self.small, 2)


@contextmanager
def story(engine: str, folder: Path) -> Iterator[Story]:
    """Live the three days on an engine."""
    with small_world(folder, build) as small:
        here = program(engine, folder)
        days = [_first(here, small), _second(here, small), _third(here, small)]
        small.tcs.simulator.store.put_placement(
            {**small.tcs.simulator.store.placements[WARNED], "id": NEW, "postId": 100_013}
        )
        yield Story(here, small, days)


def _rows() -> list[str]:
    rows = [por(number, npn(number)) for number in range(1, 11)]
    rows[7] = rows[7].replace(",1008,", ",,")
    return [*rows, por(UNKNOWN_TO_TIS, npn(404)), por(DELETED, npn(12), "D"), por(EMPTY, npn(EMPTY))]


def _day(here: Program, small: Small, number: int) -> Said:
    day = TODAY.replace(day=TODAY.day + number)
    return here(
        "day",
        "--in",
        small.folder / "in",
        "--out",
        small.folder / "out",
        "--tcs",
        small.tcs.url,
        "--as-of",
        day,
    )


def _first(here: Program, small: Small) -> Said:
    small.file(*_rows())
    return _day(here, small, 0)


def _second(here: Program, small: Small) -> Said:
    small.tcs.simulator.store.placements[MOVED]["dateFrom"] = "2027-01-04"
    del small.tcs.simulator.store.placements[GONE]
    small.file(*_rows(), day_number=1)
    answers = [_apc(1, "SUCCESS", "INFO", ""), _apc(2, "SUCCESS", "INFO", "")]
    answers += [_apc(3, "SUCCESS", "WARNING", WARNING), _apc(4, "FAIL", "ERROR", REFUSAL)]
    _answer(small, APC_1, answers)
    return _day(here, small, 1)


def _third(here: Program, small: Small) -> Said:
    rows = [row.split(",") for row in small.sent("DNC", 1)]
    number = next(number for number, row in enumerate(rows, 1) if row[1].strip('"') == "4")
    small.file(*_rows(), day_number=2)
    _answer(small, DCC_2, [f'DCC,{number},"{npn(1)}","4","FAIL","ERROR","{TOO_OLD}",1,1001'])
    return _day(here, small, 2)


def _apc(number: int, status: str, kind: str, text: str) -> str:
    return f'APC,"{npn(number)}",{status},"{kind}","{text}","A{number}",5,{number},{number + 1000},{number}'


def _answer(small: Small, name: str, rows: list[str]) -> None:
    (small.folder / "in" / name).write_text("\n".join([*rows, f"TRL,{len(rows)}"]) + "\n")
