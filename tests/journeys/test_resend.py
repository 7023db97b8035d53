"""``export applicants --resend`` on both engines: what ESR rejected or lost goes again, once; the rest is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.program import ENGINES, Program, Said, program
from tests.journeys.small_world import Small, por, small_world

from tis_esr.simulation.days.generated_world import World

POSTS = [f"EOE/RX1/800/STR/00{number}" for number in (1, 2, 3)]
APP, NEXT = "DE_EOE_APP_20261124_00000008.DAT", "DE_EOE_APP_20261125_00000027.DAT"
APC = APP.replace("APP", "APC")
DNC = APP.replace("APP", "DNC")


def three_to_come(world: World) -> None:
    for number, npn in enumerate(POSTS):
        world.placement(world.post("EOE", npn=npn), world.person(), 30 + number, 200)


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Program, Small]]:
    """The program after a day on which three applicants were sent."""
    with small_world(tmp_path, three_to_come) as small:
        called = program(request.param, tmp_path)
        small.file(*(por(number, npn) for number, npn in enumerate(POSTS, 1)))
        assert day((called, small), 24).code == 0
        yield called, small


def day(here: tuple[Program, Small], number: int) -> Said:
    called, small = here
    return called(
        "day", "--in", small.folder / "in", "--out", small.folder / "out", "--tcs", small.tcs.url,
        "--as-of", f"2026-11-{number}",
    )  # fmt: skip


def answer(here: tuple[Program, Small], *statuses: str) -> None:
    """Let ESR answer the rows of the file in their order, and run the next day."""
    rows = [
        f'APC,"{POSTS[row]}",{status},"ERROR","","",,{row + 1},{row + 1001},{row + 1}'
        for row, status in enumerate(statuses)
    ]
    (here[1].folder / "in" / APC).write_text("\n".join([*rows, f"TRL,{len(rows)}"]) + "\n")
    day(here, 25)


def resend(here: tuple[Program, Small], *more: str, as_of: str = "2026-11-25", file: str = APP) -> Said:
    called, small = here
    return called(
        "export", "applicants", "--resend", file, "--out", small.folder / "out", "--as-of", as_of, *more
    )


def out(here: tuple[Program, Small]) -> set[str]:
    return {path.name for path in (here[1].folder / "out").glob("*_APP_*.DAT")}


def test_what_esr_rejected_goes_again_in_a_file_of_its_own_and_once(here: tuple[Program, Small]) -> None:
    answer(here, "FAIL", "SUCCESS", "FAIL")
    planned = resend(here, "--dry-run").text.splitlines()
    assert planned[0] == "row 1: would be resent (placement:position 1900001:1)"
    assert planned[-1] == f"{NEXT}: 2 rows, would be exported"
    assert out(here) == {APP}
    said = resend(here)
    assert said.code == 0
    assert (
        "row 1: is resent (placement:position 1900001:1)\nrow 3: is resent (placement:position 1900003:3)\n"
        in said.text
    )
    if here[0].engine == "production":
        assert said.text.splitlines()[-1].startswith(
            "requested a file for these rows; a running DataExporter"
        )
        again = "it waits to be resent with the next file"
    else:
        assert said.text.splitlines()[-1] == f"{NEXT}: 2 rows, Sent"
        rows = (here[1].folder / "out" / NEXT).read_text().splitlines()[1:-1]
        assert [row.split(",")[30] for row in rows] == ["1", "3"]
        again = f"it was resent in {NEXT}, row 1"
    before = out(here)
    twice = resend(here)
    assert f"row 1 is not resent: {again}" in twice.text
    assert twice.text.splitlines()[-1] == f"{APP}: nothing to resend"
    assert (twice.code, out(here)) == (0, before)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("2", "nothing was resent. row 2: ESR accepted it"),
        ("1,2", "nothing was resent. row 2: ESR accepted it"),
        ("9", "nothing was resent. row 9: the file has 3 rows"),
        ("0", "'0' is not a row or a range of rows; write 3,5-7"),
        ("first", "'first' is not a row or a range of rows; write 3,5-7"),
    ],
)
def test_rows_that_cannot_go_again_are_refused_and_none_goes(
    here: tuple[Program, Small], rows: str, why: str
) -> None:
    answer(here, "FAIL", "SUCCESS", "FAIL")
    said = resend(here, "--only", rows)
    assert (said.code, out(here)) == (2, {APP})
    assert why in " ".join(said.text.split())


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("DE_EOE_APP_20261124_00000099.DAT", "no file of this name was sent from here"),
        (
            "DE_EOE_DNC_20261124_00000008.DAT",
            "is not of type APP; rows of a DNC are resent with tis-esr export notifications",
        ),
        ("nonsense", "is not a valid ESR file name"),
    ],
)
def test_files_that_are_none_of_ours_are_refused(here: tuple[Program, Small], file: str, why: str) -> None:
    said = resend(here, file=file)
    assert said.code == 2
    assert why in " ".join(said.text.split())


def test_a_lost_file_goes_again_once_its_answer_is_overdue(here: tuple[Program, Small]) -> None:
    early = resend(here, "--only", "1")
    assert (early.code, "ESR has until 25 Nov 2026 to answer" in " ".join(early.text.split())) == (2, True)
    late = resend(here, "--json", as_of="2026-11-26")
    assert [row["row"] for row in late.json["rows"]] == [1, 2, 3]
    if here[0].engine == "embedded":
        listed = here[0]("files", APP, "--json").json
        settled = ["its rows were resent on 26 Nov 2026"]
        assert [file["settled"] for file in listed["unconfirmed"]] == settled


def test_rows_go_again_as_tis_has_them_by_now(here: tuple[Program, Small]) -> None:
    if here[0].engine == "production":
        pytest.skip("a running DataExporter compares them: tests/services/data_exporter/test_resend.py")
    here[1].tcs.simulator.store.placements[1_900_001]["dateFrom"] = "2027-01-04"
    here[1].file(por(1, POSTS[0]), day_number=1)
    day(here, 25)
    assert resend(here, as_of="2026-11-26").code == 0
    [rows] = [
        path.read_text().splitlines()[1:-1] for path in (here[1].folder / "out").glob("*_APP_20261126_*.DAT")
    ]
    starts = {row.split(",")[30]: row.split(",")[33] for row in rows}
    assert starts["1"] == "20270104"


def test_a_position_that_esr_deleted_is_not_sent_to(here: tuple[Program, Small]) -> None:
    answer(here, "FAIL", "SUCCESS", "FAIL")
    here[1].file(por(1, POSTS[0], "D"), day_number=2)
    day(here, 26)
    said = resend(here, "--only", "1", as_of="2026-11-26")
    assert (said.code, "row 1: ESR deleted position 1" in " ".join(said.text.split())) == (2, True)


def test_options_that_do_not_go_together_are_refused(here: tuple[Program, Small]) -> None:
    called, _ = here
    assert called("export", "applicants", "--only", "1").code == 2
    assert called("export", "notifications", "--resend", APP).code == 2
    assert called("export", "notifications", "--full", "--deanery", "EOE", "--resend", DNC).code == 2
    assert called("export", "applicants", "--resend", APP, "--deanery", "EOE").code == 2


def resend_dnc(here: tuple[Program, Small], *more: str, as_of: str) -> Said:
    return here[0]("export", "notifications", "--resend", DNC, "--as-of", as_of, *more)


def test_a_dnc_that_esr_never_loaded_goes_again_with_the_next_day(here: tuple[Program, Small]) -> None:
    early = resend_dnc(here, as_of="2026-11-25").text.splitlines()
    assert early[0] == "row 1 is not resent: ESR has until 25 Nov 2026 to answer"
    assert early[-1] == f"{DNC}: nothing to resend"
    planned = resend_dnc(here, "--dry-run", as_of="2026-11-26")
    assert planned.text.splitlines() == [
        f"row {row}: would count as never sent (subject {row}:1:next:190000{row}#1)" for row in (1, 2, 3)
    ]
    said = resend_dnc(here, "--only", "1,3", as_of="2026-11-26")
    assert (said.code, said.text.splitlines()[0]) == (
        0,
        "row 1: counts as never sent (subject 1:1:next:1900001#1)",
    )
    day(here, 26)
    [rows] = [
        path.read_text().splitlines()[1:-1] for path in (here[1].folder / "out").glob("*_DNC_20261126_*.DAT")
    ]
    assert [POSTS[number] in row for row, number in zip(rows, (0, 2), strict=True)] == [True, True]
    again = resend_dnc(here, as_of="2026-11-27").text.splitlines()
    assert again == [
        "row 2: counts as never sent (subject 2:1:next:1900002#1)",
        "row 1 is not resent: it counts as never sent already",
        "row 3 is not resent: it counts as never sent already",
        "Running services, or the next tis-esr day, compare the positions with TIS; the next DNC has what is true then.",
    ]
