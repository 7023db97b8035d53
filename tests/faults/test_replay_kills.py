"""What is parked is retried or discarded once, wherever ``tis-esr parked retry`` or ``discard`` is killed and called again."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.drawn import LONG
from tests.faults.days import KILLED, Ground, Zygote, ground
from tests.journeys.small_world import NPN, small_world
from tests.servers import Place, place

from tis_esr.simulation.days.generated_world import World

PEOPLE = 4
Crash = tuple[str, int, str]
Redriven = Callable[[list[Crash], dict[str, Any]], tuple[Any, ...]]

COMMITS: list[Crash] = [
    (name, number, side) for name in ("commit",) for number in (1, 2) for side in ("before", "after")
]
"""The first commit stores the batch, the second one requeues its tracer."""
ALONE: dict[str, list[Crash]] = {
    "embedded": COMMITS,
    "production": [
        *COMMITS,
        ("publish", 1, "before"),
        ("publish", 1, "after"),
        ("mark sent", 1, "before"),
        ("mark sent", 1, "after"),
    ],
}
CASES = [
    (engine, [crash])
    for engine, crashes in ALONE.items()
    for crash in crashes
    if LONG or crash in crashes[engine == "production" :: 2]
] + [(engine, [COMMITS[0], COMMITS[1]]) for engine in ALONE]


def without_contact_details(world: World) -> None:
    for number in range(PEOPLE):
        person = world.person()
        world.placement(world.post("EOE", npn=f"{NPN}{number}"), person, -10, 100)
        person["contactDetails"] = None


def assigned(number: int) -> list[str]:
    return [
        f'ASG,{number},"","C",{number},"","",,,"{NPN}{number}","Lead Employer"',
        f'PER,{number},"","C","","","","Changed-Specimen"',
        f'PBD,{number},"","C","General Medical Council","{7200001 + number}",',
    ]


def mend(made: Ground) -> None:
    """Give TCS the contact details whose want it refused."""
    for person in made.tcs.simulator.store.people.values():
        person["contactDetails"] = {"id": person["id"], "surname": "Specimen", "legalSurname": "Specimen"}


class Redrives:
    """Runs days in which something is parked and then retried or discarded, on one engine."""

    def __init__(self, folder: Path, servers: Place | None) -> None:
        self.folder, self.servers, self.zygote = folder, servers, Zygote()
        with small_world(folder, without_contact_details) as small:
            small.file(*(row for number in range(PEOPLE) for row in assigned(number)))
        self.number = 0

    def outcome(self, crashes: list[Crash], do: str = "retry") -> tuple[Any, ...]:
        """Do it with each crash in turn, then once more, then run the day; return what it ended in.

        Once more is refused where the batch was stored: it goes on by itself.
        """
        self.number += 1
        place = self.folder / f"place {self.number}"
        with ground(self.folder / "in", self.folder / "tcs", place, self.servers, self.zygote) as made:
            assert made.run() == 0
            mend(made)
            for crash in crashes:
                assert made.run(do=do, reason="400", crash=crash) == KILLED
            is_stored = do == "retry" and bool(crashes) and crashes[-1] != COMMITS[0]
            assert made.run(do=do, reason="400") == int(is_stored)
            assert made.run() == 0
            return made.found()


@pytest.fixture(scope="module")
def on(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Redrives]]:
    engines = {
        engine: Redrives(tmp_path_factory.mktemp(engine), place() if engine == "production" else None)
        for engine in ALONE
    }
    yield engines
    for redrives in engines.values():
        redrives.zygote.close()


@pytest.fixture(scope="module")
def replayed(on: dict[str, Redrives]) -> dict[str, tuple[Any, ...]]:
    """What is right: all parked, mended, replayed and applied, nothing left."""
    found = {engine: redrives.outcome([]) for engine, redrives in on.items()}
    for kept, _, calls in found.values():
        [states] = kept["rows"].values()
        assert (kept["parked"], kept["waiting"], states) == ([], {}, {"applied": 3 * PEOPLE, "ignored": 1})
        assert sum("Changed-Specimen" in body for _, _, body in calls) == PEOPLE
    return found


@pytest.mark.parametrize(("engine", "crashes"), CASES, ids=str)
def test_a_replay_killed_and_called_again_ends_as_one_that_was_not(
    on: dict[str, Redrives], replayed: dict[str, tuple[Any, ...]], engine: str, crashes: list[Crash]
) -> None:
    assert on[engine].outcome(crashes) == replayed[engine]


@pytest.mark.parametrize("engine", ALONE)
def test_giving_up_killed_and_called_again_ends_as_one_that_was_not(
    on: dict[str, Redrives], engine: str
) -> None:
    given_up = on[engine].outcome([("commit", 1, "before"), ("commit", 1, "after")], "discard")
    assert given_up == on[engine].outcome([], "discard")
    [states] = given_up[0]["rows"].values()
    assert (given_up[0]["parked"], states) == ([], {"applied": 2 * PEOPLE, "ignored": PEOPLE + 1})
