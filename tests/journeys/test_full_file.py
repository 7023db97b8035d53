"""``export notifications --full`` on both engines: a DNF of one deanery, without asking ESR for anything."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.program import ENGINES, Program, Said, program
from tests.journeys.small_world import Small, por, small_world

from tis_esr.simulation.days.generated_world import World

POSTS = [f"EOE/RX1/800/STR/00{number}" for number in (1, 2)]
DNF = "DE_EOE_DNF_20261125_00000014.DAT"


def two_to_come(world: World) -> None:
    for number, npn in enumerate(POSTS):
        world.placement(world.post("EOE", npn=npn), world.person(), 30 + number, 200)


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Program, Small]]:
    """The program after a day on which both positions were notified."""
    with small_world(tmp_path, two_to_come) as small:
        called = program(request.param, tmp_path)
        small.file(*(por(number, npn) for number, npn in enumerate(POSTS, 1)))
        said = called(
            "day", "--in", tmp_path / "in", "--out", tmp_path / "out", "--tcs", small.tcs.url,
            "--as-of", "2026-11-24",
        )  # fmt: skip
        assert said.code == 0, said.text
        yield called, small


def full(here: tuple[Program, Small], *more: str) -> Said:
    called, small = here
    return called(
        "export", "notifications", "--full", "--deanery", "EOE", "--out", small.folder / "out",
        "--as-of", "2026-11-25", *more,
    )  # fmt: skip


def test_a_full_file_has_every_position_and_is_made_once(here: tuple[Program, Small]) -> None:
    out = here[1].folder / "out"
    planned = full(here, "--dry-run")
    assert (planned.code, planned.text) == (0, f"{DNF}: 2 rows, would be exported\n")
    assert not (out / DNF).exists()
    said = full(here)
    if here[0].engine == "production":
        assert said.text.startswith("requested the full file of EOE; a running DataExporter")
        return
    assert said.text == f"{DNF}: 2 rows, Sent\n"
    rows = (out / DNF).read_text().splitlines()[1:-1]
    assert [row.split(",")[38] for row in rows] == ["1", "2"]
    assert full(here).text == (
        "EOE: nothing is new since the last full file, or no live position has a notification; "
        "--again creates one anyway\n"
    )
    assert full(here, "--again", "--json").json["files"] == [
        {"name": DNF.replace("14.DAT", "15.DAT"), "deanery": "EOE", "rows": 2, "state": "SENT"}
    ]


def test_options_that_do_not_go_together_are_refused(here: tuple[Program, Small]) -> None:
    called, _ = here
    assert called("export", "notifications", "--full").code == 2
    assert called("export", "notifications", "--full", "--deanery", "XXX").code == 2
    assert called("export", "applicants", "--full", "--deanery", "EOE").code == 2
    assert called("export", "notifications", "--again").code == 2
