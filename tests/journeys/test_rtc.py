"""A day on which ESR is to be told what became of its files."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.small_world import NPN, Small, por, small_world

from tis_esr.simulation.days.generated_world import World


def one_to_come(world: World) -> None:
    world.placement(world.post("EOE", npn=NPN), world.person(), 30, 200)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    with small_world(tmp_path, one_to_come) as small:
        yield small


def test_a_day_acknowledges_each_of_its_files_once(small: Small) -> None:
    name = small.file(por(), por(2, npn="EOE/RX1/800/STR/999"))
    _, summary = small.run(send_rtc=True)
    [rtc] = [file for file in summary.files_out if file["type"] == "RTC"]
    assert (rtc["name"], rtc["rows"], rtc["state"]) == (name.replace("RMC", "RTC"), 2, "SENT")
    rows = small.sent("RTC")
    assert [row.split(",")[6] for row in rows] == ['"SUCCESS"', '"FAIL"']
    written = (small.folder / "out" / rtc["name"]).read_bytes()
    _, again = small.run(send_rtc=True)
    assert [file["name"] for file in again.files_out] == [file["name"] for file in summary.files_out]
    assert (small.folder / "out" / rtc["name"]).read_bytes() == written


def test_without_the_setting_esr_gets_none(small: Small) -> None:
    small.file(por())
    _, summary = small.run()
    assert [file["type"] for file in summary.files_out] == ["APP", "DNC"]
    assert small.sent("RTC") == []
