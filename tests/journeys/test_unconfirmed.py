"""Days on which ESR does not answer: the report says so, and its exit code on the day on which that is new."""

from pathlib import Path

from tests.journeys.small_world import NPN, Small, por, small_world

from tis_esr.operations.day_summary import Summary
from tis_esr.operations.manual_day import exit_code
from tis_esr.simulation.days.generated_world import World

APP, DNC = "DE_EOE_APP_20261124_00000008.DAT", "DE_EOE_DNC_20261124_00000008.DAT"


def one_to_come(world: World) -> None:
    world.placement(world.post("EOE", npn=NPN), world.person(), 30, 200)


def next_day(small: Small, number: int, answered: str = "") -> Summary:
    small.file(por(), day_number=number)
    if answered:
        (small.folder / "in" / answered).write_text("TRL,1\n")
    return small.run(number)[1]


def test_a_file_without_its_answer_is_in_each_report_and_sets_the_exit_code_once(tmp_path: Path) -> None:
    with small_world(tmp_path, one_to_come) as small:
        small.file(por())
        assert small.run()[1].unconfirmed == []
        assert next_day(small, 1).unconfirmed == []
        summary = next_day(small, 2, DNC.replace("DNC", "DCC"))
        assert [file.name for file in summary.unconfirmed] == [APP]
        assert "ESR may have quarantined the whole file" in summary.unconfirmed[0].text
        assert exit_code(summary) == 1
        summary = next_day(small, 3)
        assert [file.name for file in summary.unconfirmed] == [APP]
        assert exit_code(summary) == 0
        assert next_day(small, 4, APP.replace("APP", "APC")).unconfirmed == []


def test_an_empty_confirmation_is_none_and_a_whole_one_ends_the_finding(tmp_path: Path) -> None:
    with small_world(tmp_path, one_to_come) as small:
        small.file(por())
        small.run()
        next_day(small, 1, DNC.replace("DNC", "DCC"))
        small.file(por(), day_number=2)
        (small.folder / "in" / APP.replace("APP", "APC")).write_text("")
        assert [file.name for file in small.run(2)[1].unconfirmed] == [APP]
        assert next_day(small, 3, APP.replace("APP", "APC")).unconfirmed == []
