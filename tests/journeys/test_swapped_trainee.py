"""A trainee is replaced in TIS by another one within the same placement, after ESR was sent the first; on both engines."""

from pathlib import Path

import pytest
from tests.journeys.program import ENGINES, program
from tests.journeys.small_world import NPN, Small, por, small_world

from tis_esr.simulation.days.generated_world import World

PLACEMENT = 1_900_001
APP = "DE_EOE_APP_20261124_00000008.DAT"


def one_who_comes_and_one_without_a_placement(world: World) -> None:
    post = world.post("EOE", npn=NPN)
    world.placement(post, world.person(), 30, 200)
    world.person()


def sent(small: Small, day_number: int) -> list[str]:
    """Return the applicants sent on a day, A or B."""
    named = {
        person["contactDetails"]["legalSurname"]: which
        for which, person in zip("AB", small.world.people, strict=True)
    }
    return [named[row.split(",")[3].strip('"')] for row in small.sent("APP", day_number)]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_new_trainee_is_sent_and_the_first_one_withdrawn(engine: str, tmp_path: Path) -> None:
    with small_world(tmp_path, one_who_comes_and_one_without_a_placement) as small:
        called = program(engine, tmp_path)
        common = ("--out", tmp_path / "out", "--as-of")
        day = ("day", "--in", tmp_path / "in", "--tcs", small.tcs.url, *common)
        small.file(por())
        called(*day, "2026-11-24")
        assert sent(small, 0) == ["A"]
        small.tcs.simulator.store.placements[PLACEMENT]["traineeId"] = small.world.people[1]["id"]
        called(*day, "2026-11-25")
        assert sent(small, 1) == ["B"]
        assert [row.split(",")[1].strip('"') for row in small.sent("DNC", 1)] == ["1", "2"]
        called(*day, "2026-11-26")
        assert (small.sent("APP", 2), small.sent("DNC", 2)) == ([], [])

        why = called("why", PLACEMENT, "--tcs", small.tcs.url, "--as-of", "2026-11-26", "--json").json
        sentences = [answer["sentence"] for answer in why["answers"]]
        assert sum("was sent to ESR on 24 Nov 2026" in sentence for sentence in sentences) == 1
        assert sum("was sent to ESR on 25 Nov 2026 in DE_EOE_APP" in sentence for sentence in sentences) == 1
        assert not [sentence for sentence in sentences if "has not been sent to ESR yet" in sentence]

        again = called("export", "applicants", "--resend", APP, *common, "2026-11-27")
        assert f"row 1 is not resent: placement {PLACEMENT} has another trainee in TIS" in again.text
