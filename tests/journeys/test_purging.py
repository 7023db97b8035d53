"""``tis-esr purge`` on both engines, and what the other commands say of what is gone."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.journeys.program import ENGINES, Program, Said, program
from tests.journeys.small_world import NPN, Small, por, small_world

from tis_esr.simulation.days.generated_world import World

KEEP = {
    "TIS_ESR_KEEP_ROWS_DAYS": "5",
    "TIS_ESR_KEEP_PERSONAL_DAYS": "8",
    "TIS_ESR_KEEP_HISTORY_DAYS": "20",
}
PLACEMENT = 1_900_001
FIRST = "DE_EOE_RMC_20261124_00000101.DAT"


def one_to_come(world: World) -> None:
    world.placement(world.post("EOE", npn=NPN), world.person(), 3, 8)


@dataclass
class Here:
    """The program, and a world of which day 0 has been run: one position, one applicant sent."""

    called: Program
    small: Small

    def day(self, day: str) -> Said:
        folder = self.small.folder
        return self.called(
            "day", "--in", folder / "in", "--out", folder / "out", "--tcs", self.small.tcs.url, "--as-of", day, **KEEP
        )  # fmt: skip

    def purge(self, day: str, *more: str) -> Said:
        return self.called("purge", "--as-of", day, *more, **KEEP)

    def why(self, word: object, day: str) -> Said:
        return self.called("why", word, "--as-of", day, TIS_ESR_TCS_URL=self.small.tcs.url)


@pytest.fixture(params=ENGINES)
def here(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Here]:
    with small_world(tmp_path, one_to_come) as small:
        lived = Here(program(request.param, tmp_path), small)
        small.file(por())
        assert lived.day("2026-11-24").code == 0
        yield lived


def removed(said: Said) -> dict[str, int]:
    found: dict[str, int] = said.json["removed"]
    return found


def test_a_dry_run_says_what_would_go_and_the_purge_removes_it(here: Here) -> None:
    said = here.purge("2026-11-30", "--dry-run")
    assert (said.code, said.text.splitlines()[0]) == (0, "Would be removed as of 30 Nov 2026:")
    assert said.text.splitlines()[-1] == (
        "Kept: rows and handled messages from 25 Nov 2026, personal data from 22 Nov 2026, history from 10 Nov 2026,"
        " guards against older files from 28 Oct 2026"
    )
    before = removed(here.purge("2026-11-30", "--dry-run", "--json"))
    assert removed(here.purge("2026-11-30", "--dry-run", "--json")) == before
    done = here.purge("2026-11-30", "--json")
    assert (done.code, removed(done), done.json["finished"]) == (0, before, True)
    assert before["rows"] == 2
    assert before["messages"] > 5
    assert removed(here.purge("2026-11-30", "--dry-run", "--json")) == {}


def test_past_purges_are_listed_with_their_counts(here: Here) -> None:
    assert here.called("purge", "--past") == Said(0, "Nothing has been purged yet.\n")
    done = removed(here.purge("2026-11-30", "--json"))
    here.purge("2026-11-28")
    said = here.called("purge", "--past")
    assert (said.code, said.text.splitlines()[1]) == (0, "28 Nov 2026: nothing")
    assert said.text.startswith(f"30 Nov 2026: messages: {done['messages']}, rows: 2")
    newest, _ = here.called("purge", "--past", "--json").json
    assert (newest["removed"], newest["finished"]) == (done, True)


def test_a_day_that_can_not_be_right_removes_nothing(here: Here) -> None:
    for more in ([], ["--dry-run"]):
        said = here.purge("2062-11-30", *more)
        assert said == Said(
            2,
            "tis-esr: --as-of: no file arrived in the 31 days before 30 Nov 2062: nothing is purged as of that day\n",
        )
    here.small.file(por(), day_number=1)
    for day in ("2062-11-30", "2062-12-01"):
        said = here.day(day)
        assert (said.code, "is more than 26 weeks after 24 Nov 2026" in said.text) == (2, True)
    here.small.file(por(), day_number=2)
    assert "1 Applied" in here.day("2026-11-26").text


def test_nothing_goes_before_its_time(here: Here) -> None:
    said = here.purge("2026-11-29")
    assert (said.code, said.text.splitlines()[:2]) == (0, ["Removed as of 29 Nov 2026:", "  nothing"])


def test_a_day_purges_by_itself_and_its_own_report_is_not_touched_by_it(here: Here) -> None:
    name = here.small.file(por(), day_number=6)
    first = here.day("2026-11-30")
    again = here.day("2026-11-30")
    assert first.code == again.code == 0
    assert f"{name}  2 rows: 1 Applied" in first.text
    assert removed(here.purge("2026-11-30", "--json"))["rows"] == 2


def test_the_ledger_still_knows_a_file_whose_rows_are_gone(here: Here) -> None:
    here.purge("2026-11-30")
    said = here.called("files", FIRST)
    assert said.code == 0
    assert "rows: 1 Applied, 1 Ignored; details of the rows were purged (keep_rows_days)" in said.text
    [file] = here.called("files", "--json").json["files"]
    assert (file["row_states"], file["rows_gone"]) == (
        {"PENDING": 0, "APPLIED": 1, "SUPERSEDED": 0, "UNMATCHED": 0, "PARKED": 0, "IGNORED": 1},
        True,
    )


def test_why_says_of_rows_that_they_are_older_than_the_retention(here: Here) -> None:
    here.purge("2026-11-30")
    said = here.why(PLACEMENT, "2026-11-30")
    assert said.code == 0
    assert "row and messages: purged (keep_rows_days)" in said.text
    assert "Exported in DE_EOE_APP_20261124_00000008.DAT" in said.text


def test_why_and_files_say_from_when_on_anything_is_known(here: Here) -> None:
    here.purge("2026-12-24")
    said = here.why(PLACEMENT, "2026-12-24")
    assert "what ended before 2026-12-04 has been purged (keep_history_days)" in said.text
    unknown = here.why(5_550_001, "2026-12-24")
    assert "ESR has sent no such position; what ended before 2026-12-04 has been purged" in unknown.text
    assert here.called("files", FIRST).text == (
        "tis-esr: NAME: DE_EOE_RMC_20261124_00000101.DAT: dated before 2026-12-04, the oldest day in the ledger"
        " (keep_history_days)\n"
    )
