"""The report of a day names who leaves the window unsent, once, and sets the exit code; the next days' don't. As typed, on both engines."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.journeys.program import ENGINES, Program, Said, program
from tests.journeys.small_world import TODAY, Small, por, small_world

from tis_esr.simulation.days.generated_world import World

NPN = "EOE/RX1/800/STR/{:03d}"
TOO_LATE, LEAVES, SENT, IN_AN_OUTAGE = range(1_900_001, 1_900_005)


def build(world: World) -> None:
    """Make posts 1 to 4 with one placement each, the second and the fourth without birth date."""
    for number, start in enumerate((1, 2, 2, 6), 1):
        person = world.person(dateOfBirth=None) if number in {2, 4} else world.person()
        world.placement(world.post("EOE", npn=NPN.format(number)), person, start, start + 200)


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Program, Small]]:
    with small_world(tmp_path, build) as small:
        yield program(request.param, tmp_path), small


def day(here: tuple[Program, Small], number: int, *more: str) -> Said:
    called, small = here
    words = ["--in", small.folder / "in", "--out", small.folder / "out", "--tcs", small.tcs.url]
    as_of = TODAY + timedelta(days=number)
    return called("day", *words, "--as-of", as_of, *more, TIS_ESR_CONFIRMATION_DUE_DAYS="10")


def unsent(said: Said) -> set[tuple[str, str, str, str]]:
    return {(one["record"], one["deadline"], one["reason"], one["who"]) for one in said.json["unsent"]}


OFFICE, TRUST = "the local office, in TIS", "the trust, in ESR"
TOO_LATE_IS = (f"{TOO_LATE}:1", "MISSED", "the window closed before a file had it", TRUST)


def test_who_leaves_the_window_is_named_on_the_last_day_and_once_more_when_it_is_too_late(
    here: tuple[Program, Small],
) -> None:
    here[1].file(*(por(number, NPN.format(number)) for number in range(1, 5)))
    first = day(here, 0, "--json")
    assert unsent(first) == {TOO_LATE_IS, (f"{LEAVES}:2", "LEAVING", "missing: dob", OFFICE)}
    assert first.code == 1
    assert unsent(day(here, 0, "--json")) == unsent(first)
    second = day(here, 1, "--json")
    assert unsent(second) == {(f"{LEAVES}:2", "MISSED", "missing: dob", TRUST)}
    assert (second.code, second.json["earlier"]["unsent"]) == (1, 1)
    third = day(here, 2, "--json")
    assert (third.code, unsent(third), third.json["earlier"]["unsent"]) == (0, set(), 2)
    after_an_outage = day(here, 8, "--json")
    assert unsent(after_an_outage) == {
        (f"{IN_AN_OUTAGE}:4", "MISSED", "its start passed before it was sent", TRUST)
    }
    assert after_an_outage.code == 1
    assert day(here, 9).code == 0


def test_the_report_says_who_must_act(here: tuple[Program, Small]) -> None:
    here[1].file(*(por(number, NPN.format(number)) for number in range(1, 5)))
    lines = day(here, 0).text.splitlines()
    at = lines.index("Last day to send: 1 applicant record (placement:position)")
    assert lines[at : at + 6] == [
        "Last day to send: 1 applicant record (placement:position)",
        f"  {LEAVES}:2 (EOE, starts 26 Nov 2026): missing: dob",
        f"    Who must act: {OFFICE}: correct it in TIS today, and ask support for another file",
        "Too late to send: 1 applicant record (placement:position)",
        f"  {TOO_LATE}:1 (EOE, starts 25 Nov 2026): the window closed before a file had it",
        f"    Who must act: {TRUST}: create the record in ESR manually",
    ]
