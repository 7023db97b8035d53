"""``day`` on both engines: its report and exit code are that day's own."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.journeys.program import ENGINES, Program, Said, program
from tests.journeys.small_world import NPN, TODAY, Small, por, small_world

from tis_esr.commands.day_progress import READING, DayProgress
from tis_esr.services.inbound_data_reader import file_splitting
from tis_esr.simulation.days.generated_world import World

NO_FILES = dict.fromkeys(
    ["files_taken", "files_refused", "files_held", "files_other_content", "files_incomplete"], 0
)
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
        "--as-of", TODAY + timedelta(days=number), *more, TIS_ESR_CONFIRMATION_DUE_DAYS="9",
    )  # fmt: skip


def test_what_a_day_leaves_is_in_its_own_report_and_code_and_in_no_later_days(
    here: tuple[Program, Small],
) -> None:
    _, small = here
    name = small.file(por(), BAD)
    first = day(here, 0)
    assert first.code == 1
    assert "Parked messages: 1" in first.text
    assert (
        "Applicant records with missing data: 1 (placement:position 1900001:1); run tis-esr why" in first.text
    )
    assert "Left by earlier days" not in first.text
    again = day(here, 0)
    assert (again.code, again.text.replace("    already processed\n", "")) == (1, first.text)

    quiet = day(here, 1)
    assert quiet.code == 0
    assert "Parked messages: 0" in quiet.text
    assert (
        "Left by earlier days: 1 file processed before, 1 message parked, 1 applicant record with missing data"
        in quiet.text
    )
    assert f"  {name}  " not in quiet.text
    assert day(here, 1).text == quiet.text


def test_a_day_that_is_called_again_says_what_was_found_on_its_files(here: tuple[Program, Small]) -> None:
    _, small = here
    name = small.file(por())
    (small.folder / "in" / name).write_text('HDR,"x","20261124 120000","KSS","RMC"\nTRL,2\n')
    (small.folder / "in" / name.replace("00000101", "00000103")).write_text("TRL,9\n")
    first, again = day(here, 0), day(here, 0)
    assert (first.code, again.code) == (1, 1)
    for said in (first, again):
        assert "    refused: its HDR names deanery KSS, its name EOE. Ask ESR which is right\n" in said.text
        assert "    incomplete: TRL counts 9 rows, the file has 1\n" in said.text
    assert day(here, 1).code == 0


def test_a_good_copy_of_yesterdays_file_is_in_the_report_of_today(here: tuple[Program, Small]) -> None:
    _, small = here
    name = small.file(por())
    good = (small.folder / "in" / name).read_text()
    (small.folder / "in" / name).write_bytes(b"\0" * 90)
    assert day(here, 0).code == 1
    (small.folder / "in" / name).write_text(good)
    said = day(here, 1, "--json").json
    assert [(file["name"], file["state"], file["rows"]) for file in said["files_in"]] == [(name, "SPLIT", 2)]
    assert said["earlier"]["files_taken"] == 0
    (small.folder / "in" / name).write_text(good.replace("TRL", "POR"))
    for _ in range(2):
        told = day(here, 2, "--json")
        assert told.code == 1
        assert [file["state"] for file in told.json["files_in"]] == ["OTHER_CONTENT"]


def test_the_json_of_a_day_is_its_own_too(here: tuple[Program, Small]) -> None:
    _, small = here
    first = small.file(por(), BAD)
    said = day(here, 0, "--json").json
    assert [file["name"] for file in said["files_in"]] == [first]
    assert [(parked["file"], parked["row"]) for parked in said["parked"]] == [(first, 2)]
    assert (said["invalid"], said["earlier"]) == (
        ["1900001:1"],
        {**NO_FILES, "parked": 0, "invalid": 0, "rejected": 0, "unsent": 0},
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
        {**NO_FILES, "parked": 1, "invalid": 0, "rejected": 0, "unsent": 0},
    )

    (small.folder / "in" / "DE_EOE_APC_20261125_00000021.DAT").write_text(
        f'APC,"{NPN}",FAIL,"ERROR","no","A1",5,1,1001,1\nTRL,1\n'
    )
    answered = day(here, 2, "--json")
    assert (answered.code, answered.json["rejected"]) == (1, ["1900001:1"])
    assert day(here, 3).code == 0


def test_files_that_could_not_be_taken_are_in_the_report_of_each_day_that_tries_them_again(
    here: tuple[Program, Small],
) -> None:
    _, small = here
    good = small.file(por(), day_number=0)
    folder = small.folder / "in"
    refused, held, letter = (
        "DE_EOE_RMC_20261124_00000100.DAT",
        "DE_ZZZ_RMC_20261124_00000001.DAT",
        "letter.txt",
    )
    (folder / refused).write_bytes(b"PK\x03\x04\0\0\0\0")
    (folder / held).write_text("TRL,1\n")
    (folder / letter).write_text("Dear trust")
    (folder / "DE_EOE_APP_20261124_00000002.DAT").write_text("TRL,1\n")
    first = day(here, 0)
    assert first.code == 1
    again = day(here, 0)
    assert (again.code, without_repeats(again.text)) == (1, first.text)

    later = day(here, 1)
    assert later.code == 1
    assert f"  {held}  0 rows: none\n    held: deanery ZZZ is unknown" in later.text
    assert all(f"  {name}  " not in later.text for name in (good, refused, letter))
    assert (
        "Left by earlier days: 1 file processed before, 3 files refused, 1 applicant record with missing data"
        in later.text
    )

    (folder / held).unlink()
    (folder / refused).write_text(f"{por()}\nTRL,1\n")
    replaced = day(here, 2)
    assert replaced.code == 0
    assert f"  {refused}  2 rows: 1 Superseded, 1 Ignored\n" in replaced.text
    assert without_repeats(day(here, 2).text) == replaced.text


def test_a_day_with_only_a_refused_file_ends_with_1_however_often_it_is_repeated(
    here: tuple[Program, Small],
) -> None:
    _, small = here
    (small.folder / "in").mkdir()
    (small.folder / "in" / "letter.txt").write_text("Dear trust")
    assert [day(here, 0).code for _ in range(2)] == [1, 1]
    quiet = day(here, 1)
    assert (
        quiet.code,
        "Files in: nothing new; every file in the folder was processed on an earlier day." in quiet.text,
    ) == (0, True)


def test_a_file_that_was_read_in_part_and_is_gone_is_asked_for(
    here: tuple[Program, Small], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, small = here
    name = small.file(*(por(number) for number in range(1, 6)))
    with monkeypatch.context() as patched:
        patched.setattr(file_splitting, "ROWS_A_CHUNK", 2)
        patched.setattr(DayProgress, "stage", interrupt)
        stopped = day(here, 0)
    assert (stopped.code, "stopped; nothing is lost" in stopped.text) == (130, True)
    content = (small.folder / "in" / name).read_text()
    (small.folder / "in" / name).unlink()
    missing = day(here, 0)
    assert missing.code == 1
    assert missing.text.strip().endswith(
        "files that were read in part are no longer in the folder; put them back and run the same command again:"
        f"\n{name}: read up to row 2"
    )
    (small.folder / "in" / name).write_text(content)
    whole = day(here, 0)
    assert f"  {name}  6 rows: 5 Applied, 1 Ignored" in whole.text


def interrupt(_: DayProgress, name: str, rows: int) -> None:
    if (name, rows) == (READING, 2):
        raise KeyboardInterrupt


def without_repeats(text: str) -> str:
    """Return a report without the lines that only a repeated day has."""
    return text.replace("    already processed\n", "").replace("    already refused\n", "")


def test_an_empty_folder_says_so_and_a_quiet_day_is_0(here: tuple[Program, Small]) -> None:
    _, small = here
    (small.folder / "in").mkdir()
    said = day(here, 0)
    assert said.code == 0
    assert "Files in: none; the folder is empty. Check --in, or whether ESR has sent files." in said.text
