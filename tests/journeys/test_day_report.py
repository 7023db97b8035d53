"""``day`` on both engines: its report and exit code are that day's own."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.journeys.program import ENGINES, Program, Said, program
from tests.journeys.small_world import NPN, TODAY, Small, por, small_world

from tis_esr.synthetic.world import World

BAD = por(1).replace("POR,1,", "POR,twelve,")


def one_to_come(world: World) -> None:
    world.placement(world.post("EOE", npn=NPN), world.person(dateOfBirth=None), 30, 200)


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Program, Small]]:
    with small_world(tmp_path, one_to_come) as small:
        yield program(request.param, tmp_path), small


def day(here: tuple[Program, Small], number: int, *more: str) -> Said:
    called, small = here
    return called(
        "day", "--in", small.folder / "in", "--out", small.folder / "out", "--tcs", small.tcs.url,
        "--as-of", TODAY + timedelta(days=number), *more,
    )  # fmt: skip


def test_what_a_day_leaves_is_in_its_own_report_and_code_and_in_no_later_days(
    here: tuple[Program, Small],
) -> None:
    _, small = here
    name = small.file(por(), BAD)
    first = day(here, 0)
    assert first.code == 1
    assert "Parked, for a person to look at: 1" in first.text
    assert (
        "Applicant records with missing data: 1 (placement:position 1900001:1); ask tis-esr why" in first.text
    )
    assert "Left by earlier days" not in first.text
    again = day(here, 0)
    assert (again.code, again.text.replace("    already taken\n", "")) == (1, first.text)

    quiet = day(here, 1)
    assert quiet.code == 0
    assert "Parked, for a person to look at: 0" in quiet.text
    assert (
        "Left by earlier days: 1 files taken before, 1 messages parked, 1 applicant records with missing data"
        in quiet.text
    )
    assert f"  {name}  " not in quiet.text
    assert day(here, 1).text == quiet.text


def test_the_json_of_a_day_is_its_own_too(here: tuple[Program, Small]) -> None:
    _, small = here
    first = small.file(por(), BAD)
    said = day(here, 0, "--json").json
    assert [file["name"] for file in said["files_in"]] == [first]
    assert [(parked["file"], parked["row"]) for parked in said["parked"]] == [(first, 2)]
    assert (said["invalid"], said["earlier"]) == (
        ["1900001:1"],
        {"files": 0, "parked": 0, "invalid": 0, "rejected": 0},
    )

    small.tcs.simulator.store.people[200_001]["personalDetails"]["dateOfBirth"] = "1990-01-15"
    second = small.file(por(), day_number=1)
    answered = day(here, 1, "--json")
    assert answered.code == 0
    said = answered.json
    assert [file["name"] for file in said["files_in"]] == [second]
    assert [file["name"] for file in said["files_out"]] == ["DE_EOE_APP_20261125_00000021.DAT"]
    assert said["sent"] == {"APP": 1, "DNC": 0}
    assert (said["parked"], said["invalid"], said["earlier"]) == (
        [],
        [],
        {"files": 0, "parked": 1, "invalid": 0, "rejected": 0},
    )

    (small.folder / "in" / "DE_EOE_APC_20261125_00000021.DAT").write_text(
        f'APC,"{NPN}",FAIL,"ERROR","no","A1",5,1,1001,1\nTRL,1\n'
    )
    answered = day(here, 2, "--json")
    assert (answered.code, answered.json["rejected"]) == (1, ["1900001:1"])
    assert day(here, 3).code == 0


def test_an_empty_folder_says_so_and_a_quiet_day_is_0(here: tuple[Program, Small]) -> None:
    _, small = here
    (small.folder / "in").mkdir()
    said = day(here, 0)
    assert said.code == 0
    assert "Files in: none; the folder has no files. Check --in, or whether ESR has sent any." in said.text
