"""The board, as an operator types it: of today, of one office, its history, and what is expected. On both engines."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from tests.journeys.program import ENGINES, Program, program
from tests.journeys.small_world import NPN, TODAY, por, small_world

from tis_esr import wall_clock
from tis_esr.simulation.days.generated_world import World

LATER = str(TODAY + timedelta(days=40))


def build(world: World) -> None:
    world.placement(world.post("EOE", npn=NPN), world.person(), 2, 200)
    world.placement(world.post("EOE", npn="EOE/RX1/800/STR/002"), world.person(), 3, 200)


@pytest.fixture(scope="module", params=ENGINES)
def here(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("board")
    with small_world(folder, build) as small:
        called = program(request.param, folder)
        small.file(por(), por(2, "EOE/RX1/800/STR/002"))
        words = ["--in", folder / "in", "--out", folder / "out", "--tcs", small.tcs.url, "--as-of", TODAY]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(wall_clock, "now", lambda: datetime.combine(TODAY, time(14, 20), UTC))
            called("day", *words)
        yield called


@pytest.fixture(autouse=True)
def evening(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is 16:30 of the day."""
    monkeypatch.setattr(wall_clock, "now", lambda: datetime.combine(TODAY, time(16, 30), UTC))


def test_the_board_names_what_is_missing_and_whom_it_affects(here: Program) -> None:
    said = here("board")
    lines = said.text.splitlines()
    assert said.code == 1
    assert lines[0] == "Board of Tue 24 Nov 2026, as of 24 Nov 2026 16:30"
    assert lines[1].split() == ["RMC", "APP", "DNC", "RTC", "APC", "DCC"]
    [eoe] = [line.split() for line in lines if line.startswith("EOE ")]
    assert (eoe[1], eoe[3], eoe[5], eoe[-1]) == ("done", "sent", "sent", ["by", "15:30+1"][-1])
    assert "LDN  LATE" in said.text
    assert "RMC late: EMD, KSS, NTH, WMD, PEN, NWN, YHD, OXF, WES, LDN, MER, SEV\n" in said.text
    assert lines[-1] == "What to do: tis-esr board --deanery CODE"


def test_one_office_in_full(here: Program) -> None:
    said = here("board", "--deanery", "LDN")
    assert said.code == 1
    assert "RMC: late; due 14:30; next check 00:00+1\n" in said.text
    assert "Who must act: support: ask ESR for the RMC file of LDN\n" in said.text
    assert here("board", "--deanery", "EOE").code == 0


def test_the_history_has_a_character_a_day(here: Program) -> None:
    said = here("board", "--history", "--deanery", "EOE")
    [rmc] = [line for line in said.text.splitlines() if line.startswith("RMC")]
    assert rmc.split()[:3] == ["RMC", "EOE", "+"]
    found = here("board", "--history", "--json").json["history"]
    assert [len(line["ends"]) for line in found["lines"]] == [30] * 13 * 5


def test_the_digest_says_it_in_plain_words(here: Program) -> None:
    said = here("digest")
    lines = said.text.splitlines()
    offices = "EMD, KSS, NTH, WMD, PEN, NWN, YHD, OXF, WES, LDN, MER, SEV"
    assert said.code == 1
    assert lines[0] == f"24 Nov 2026: 1 of 13 received; 1 sent; 12 had nothing to send; {offices} late."
    assert "Applicants: 2 applicants sent for 1 office; nothing to send for 12 offices." in lines
    assert lines[-1] == f"To do, support: ask ESR for the file of {offices} of 24 Nov 2026."
    assert here("digest", "--deanery", "EOE", "--json").json["is_good"] is True


def test_a_day_that_can_not_be_shown(here: Program) -> None:
    before = here("board", "--day", "2026-11-20")
    assert (before.code, before.text) == (
        2,
        "tis-esr: --day: 2026-11-20 is before 24 Nov 2026, the first day of which a file is known here;"
        " name that day or a later one\n",
    )
    ahead = here("board", "--day", "2026-11-25")
    assert ahead.text == "tis-esr: --day: 2026-11-25 is in the future; the last day possible is 24 Nov 2026\n"


def test_expectations_are_listed_set_waived_and_withdrawn(here: Program) -> None:
    assert "built-in  RMC   all     14:30, late after 30 min" in here("expectations", "list").text
    first = ("--from", str(TODAY), "--why", "ESR moved it")
    said = here("expectations", "set", "--type", "RMC", "--due", "17:00", *first, TIS_ESR_PERSON="testa")
    assert "E1 RMC: ESR moved it; set by testa\n" in said.text
    assert "LDN  by 17:00" in here("board").text
    here("expectations", "withdraw", "E1", "--why", "a mistake")
    waive = ("--deanery", "LDN", "--from", str(TODAY), "--until", LATER, "--why", "closed")
    assert "W1: all files of LDN, 24 Nov 2026 to " in here("expectations", "waive", *waive).text
    assert here("board", "--deanery", "LDN").code == 0
    assert [one["number"] for one in here("expectations", "list", "--json").json["waivers"]] == [1]
