"""``export`` by hand on both engines: a dry run says what a run does, and what was sent is not sent or listed again."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.program import ENGINES, Program, program
from tests.journeys.small_world import NPN, Small, por, small_world

from tis_esr.simulation.days.generated_world import World

OTHER = "EOE/RX1/800/STR/002"


def crowd(world: World) -> None:
    """45 to come in one post, of whom 40 go in a file; in another one who is too late and one who is not due."""
    post, other = world.post("EOE", npn=NPN), world.post("EOE", npn=OTHER)
    for number in range(45):
        world.placement(post, world.person(), 10 + number, 300)
    world.placement(other, world.person(), 2, 300)
    world.placement(other, world.person(), 200, 300)


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Program, Small]]:
    """The program after a day without an export of applicants of the next day."""
    with small_world(tmp_path, crowd) as small:
        called = program(request.param, tmp_path)
        small.file(por(), por(2, OTHER))
        said = called(
            "day", "--in", tmp_path / "in", "--out", tmp_path / "out", "--tcs", small.tcs.url,
            "--as-of", "2026-11-24", TIS_ESR_WINDOW_OPENS_DAYS="3",
        )  # fmt: skip
        assert said.code == 1, said.text  # one is too late to be sent
        yield called, small


NEXT = ("export", "applicants", "--as-of", "2026-11-25", "--deanery", "EOE")
WILL = "EOE: 5 rows would be exported in DE_EOE_APP_20261125_00000021.DAT; 1 not due yet; 1 too late for ESR"


def test_a_dry_run_says_what_would_go_and_what_stays_and_why_and_does_nothing(
    here: tuple[Program, Small],
) -> None:
    called, small = here
    before = sorted(path.name for path in (small.folder / "out").iterdir())
    said = called(*NEXT, "--out", small.folder / "out", "--dry-run")
    assert (said.code, said.text.splitlines()[0]) == (0, WILL)
    assert called(*NEXT, "--out", small.folder / "out", "--dry-run").text == said.text
    assert sorted(path.name for path in (small.folder / "out").iterdir()) == before
    assert called("export", "applicants", "--as-of", "2026-11-25", "--dry-run").text.splitlines()[0] == (
        "EMD: 0 rows would be exported"
    )


def test_what_was_sent_today_is_said_to_be_sent_before_and_does_not_go_again(
    here: tuple[Program, Small],
) -> None:
    called, _ = here
    said = called("export", "applicants", "--as-of", "2026-11-24", "--deanery", "EOE", "--dry-run")
    assert "DE_EOE_APP_20261124_00000008.DAT: 40 rows" not in said.text
    assert not re.search(r"EOE: 40 rows would be exported", said.text)


def test_a_dry_run_of_a_day_that_was_exported_says_what_went_and_what_would_go_in_addition(
    here: tuple[Program, Small],
) -> None:
    """40 of 45 applicants of one post went in the day's file; the others, and one of another post, would go in another one."""
    called, _ = here
    words = ("export", "applicants", "--as-of", "2026-11-24", "--deanery", "EOE", "--dry-run")
    said = called(*words).text.splitlines()
    assert said[0].startswith("EOE: 6 rows would be exported in DE_EOE_APP_20261124_000000")
    assert said[1] == "  40 rows were already sent in DE_EOE_APP_20261124_00000008.DAT"
    [deanery] = called(*words, "--json").json["deaneries"]
    assert deanery["sent"] == [{"name": "DE_EOE_APP_20261124_00000008.DAT", "rows": 40}]
    records = deanery["records"]
    assert said[2] == f"  in addition: {', '.join(records[:5])} and 1 more, see --json"
    assert sorted(record.partition(":")[2] for record in records) == ["1", "1", "1", "1", "1", "2"]


def test_an_export_says_what_of_the_inbound_files_is_not_handled(here: tuple[Program, Small]) -> None:
    called, small = here
    name = small.file(por(3), por(4), day_number=1)
    assert called("ingest", small.folder / "in" / name).code == 0
    said = called(*NEXT, "--dry-run")
    assert "EOE: 2 messages of its inbound files not handled" in said.text.splitlines()
    [deanery] = called(*NEXT, "--dry-run", "--json").json["deaneries"]
    assert deanery["lacks"] == "2 messages of its inbound files not handled"


def test_a_dry_run_of_a_day_without_a_file_has_the_records_in_its_json_only(
    here: tuple[Program, Small],
) -> None:
    called, _ = here
    assert "in addition" not in called(*NEXT, "--dry-run").text
    [deanery] = called(*NEXT, "--dry-run", "--json").json["deaneries"]
    assert (deanery["sent"], len(deanery["records"])) == ([], 5)


@pytest.mark.parametrize("here", ["embedded"], indirect=True)
@pytest.mark.parametrize("day", ["2026-11-24", "2026-11-25"])
def test_a_run_does_what_the_dry_run_said_and_lists_as_sent_only_what_it_sent(
    here: tuple[Program, Small], day: str
) -> None:
    called, small = here
    words = ("export", "applicants", "--as-of", day, "--deanery", "EOE", "--out", small.folder / "out")
    planned = re.findall(
        r"(\d+) rows would be exported(?: in (\S+?\.DAT))?", called(*words, "--dry-run").text
    )
    there = set((small.folder / "out").iterdir())
    said = called(*words)
    assert said.code == 0
    went = {
        path.name: len(path.read_text().splitlines()) - 2
        for path in set((small.folder / "out").iterdir()) - there
    }
    assert went == {name: int(rows) for rows, name in planned if name}
    assert re.findall(r"(\S+\.DAT): (\d+) rows, Sent", said.text) == [
        (name, rows) for rows, name in planned if name
    ]
    again = called(*words)
    assert "rows, Sent" not in again.text
    assert set((small.folder / "out").iterdir()) - there == {small.folder / "out" / name for name in went}


@pytest.mark.parametrize("here", ["production"], indirect=True)
def test_on_the_production_engine_a_running_exporter_is_asked(here: tuple[Program, Small]) -> None:
    called, _ = here
    said = called(*NEXT)
    assert (said.code, said.text) == (
        0,
        "requested 1 file for 2026-11-25; a running DataExporter creates them\n",
    )
