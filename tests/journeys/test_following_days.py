"""What a second day makes of what changed in TIS and in ESR since the first."""

import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from tests.journeys.small_world import NPN, Small, por, small_world

from tis_esr.operations.manual_day import exit_code
from tis_esr.simulation.days.generated_world import World

OTHER = "EOE/RX1/800/STR/002"
NEW = "EOE/RX1/800/STR/003"


def one_to_come(world: World) -> None:
    post = world.post("EOE", npn=NPN)
    world.placement(post, world.person(), 30, 200)
    world.placement(world.post("EOE", npn=OTHER), world.person(), 40, 200)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    with small_world(tmp_path, one_to_come) as small:
        small.file(por())
        small.run()
        yield small


def cells(row: str) -> list[str]:
    return [cell.strip('"') for cell in row.split(",")]


def test_the_first_day_sends_the_applicant_and_who_is_next(small: Small) -> None:
    [applicant] = small.sent("APP")
    assert cells(applicant)[30:32] == ["1", "1001"]
    assert cells(applicant)[33:35] == ["20261224", "20270612"]
    [notification] = small.sent("DNC")
    assert cells(notification)[1] == "1"
    assert cells(notification)[36] == "096"


def test_the_same_position_again_sends_nothing_new(small: Small) -> None:
    small.file(por(), day_number=1)
    small.run(1)
    assert small.sent("APP", 1) == []
    assert small.sent("DNC", 1) == []


def test_other_dates_of_a_sent_applicant_make_a_type_4_and_a_new_type_1(small: Small) -> None:
    small.tcs.simulator.store.placements[1_900_001]["dateFrom"] = "2027-01-04"
    small.file(por(), day_number=1)
    small.run(1)
    assert small.sent("APP", 1) == []
    rows = {cells(row)[1]: cells(row) for row in small.sent("DNC", 1)}
    assert sorted(rows) == ["1", "4"]
    assert rows["4"][30:32] == ["20270104", "20270612"]
    assert rows["1"][18] == "20270104"


def test_a_change_of_dates_is_told_once(small: Small) -> None:
    small.tcs.simulator.store.placements[1_900_001]["dateFrom"] = "2027-01-04"
    for number in (1, 2):
        small.file(por(), day_number=number)
        small.run(number)
    assert small.sent("DNC", 2) == []


def test_a_placement_deleted_after_it_was_sent_makes_a_type_2_and_a_type_1_without_anybody(
    small: Small,
) -> None:
    del small.tcs.simulator.store.placements[1_900_001]
    small.file(por(), day_number=1)
    small.run(1)
    rows = {cells(row)[1]: cells(row) for row in small.sent("DNC", 1)}
    assert sorted(rows) == ["1", "2"]
    assert rows["2"][21:25] == ["Mustermannlorfen", "Fictus", "7200001", "3"]
    assert (rows["1"][14:19], rows["1"][34]) == (["", "", "", "", ""], "Y")
    small.file(por(), day_number=2)
    small.run(2)
    assert small.sent("DNC", 2) == []


def test_a_placement_back_in_draft_withdraws_nobody(small: Small) -> None:
    small.tcs.simulator.store.placements[1_900_001]["lifecycleState"] = "DRAFT"
    small.file(por(), day_number=1)
    small.run(1)
    assert small.sent("DNC", 1) == []


def test_a_post_that_comes_to_tis_later_makes_a_type_5(small: Small) -> None:
    small.file(por(9, NEW), day_number=1)
    small.run(1)
    assert small.documents()["reconciliation.positions"]["9"].status == "UNMATCHED"
    small.tcs.simulator.store.put_post({"id": 500, "nationalPostNumber": NEW, "status": "CURRENT"})
    small.file(por(9, NEW), day_number=2)
    small.run(2)
    [new_post] = small.sent("DNC", 2)
    assert cells(new_post)[1] == "5"
    assert cells(new_post)[7] == "An Invented Hospital"
    assert (500, 9, "RECONCILED") in small.events()


def test_a_position_that_moves_to_another_post_takes_its_event_with_it(small: Small) -> None:
    small.file(por(1, OTHER), day_number=1)
    small.run(1)
    first, second = 100_001, 100_002
    assert small.events() == [(first, 1, "RECONCILED"), (second, 1, "RECONCILED")]
    assert small.tcs.simulator.store.reconciled_events(first) == []
    assert [cells(row)[1] for row in small.sent("DNC", 1)] == ["1", "2"]
    assert len(small.sent("APP", 1)) == 1


def test_another_position_number_ends_the_old_one_in_tis(small: Small) -> None:
    small.file(por(1, number=7777), day_number=1)
    small.run(1)
    events = [(e["positionNumber"], e["status"]) for e in small.tcs.simulator.store.post_events]
    assert events == [(1001, "RECONCILED"), (1001, "DELETED"), (7777, "RECONCILED")]


def test_a_deleted_position_is_kept_flagged_and_told_to_tis(small: Small) -> None:
    small.file(por(1, indicator="D"), day_number=1)
    small.run(1)
    position = small.documents()["reconciliation.positions"]["1"]
    assert (position.status, position.deleted) == ("MATCHED", True)
    assert small.events()[-1] == (100_001, 1, "DELETED")
    assert small.sent("DNC", 1) == []


def test_what_waits_for_a_deleted_position_is_taken_back(tmp_path: Path) -> None:
    def late(world: World) -> None:
        world.placement(world.post("EOE", npn=NPN), world.person(), 200, 400)

    with small_world(tmp_path, late) as small:
        small.file(por())
        small.run()
        assert [a.state for a in small.documents()["dataexporter.applicants"].values()] == ["TO_EXPORT"]
        small.file(por(indicator="D"), day_number=1)
        small.run(1)
        assert [a.state for a in small.documents()["dataexporter.applicants"].values()] == [
            "DELETED_BEFORE_EXPORT"
        ]


def test_an_applicant_not_yet_sent_follows_tis(tmp_path: Path) -> None:
    def late(world: World) -> None:
        world.placement(world.post("EOE", npn=NPN), world.person(), 92, 400)

    with small_world(tmp_path, late) as small:
        small.file(por())
        small.run()
        small.tcs.simulator.store.placements[1_900_001]["dateTo"] = "2027-06-01"
        small.file(por(), day_number=2)
        small.run(2)
        [applicant] = small.sent("APP", 2)
        assert cells(applicant)[34] == "20270601"


def test_an_older_file_overwrites_nothing_newer(small: Small) -> None:
    small.file(por(1, OTHER), day_number=-1, sequence=50)
    _, summary = small.run()
    assert small.documents()["reconciliation.positions"]["1"].deanery_number == NPN
    older = next(file for file in summary.files_in if file["name"].endswith("00000050.DAT"))
    assert older["row_states"]["SUPERSEDED"] == 1
    assert "older than number 101" in small.documents()["inbounddatareader.files"][older["name"]].notes[0]


def test_a_gap_in_the_numbers_is_told_until_it_is_filled_and_sets_the_exit_code_once(small: Small) -> None:
    small.file(por(), day_number=1, sequence=104)
    _, summary = small.run(1)
    said = "numbers 102 to 103 of EOE (RMF and RMC) have not arrived, though number 104 has. Ask ESR for it"
    assert [gap.text for gap in summary.gaps] == [said]
    assert exit_code(summary) == 1
    small.file(por(), day_number=1, sequence=102, kind="RMF")
    _, summary = small.run(1)
    assert [(gap.first, gap.last) for gap in summary.gaps] == [(103, 103)]
    assert exit_code(summary) == 0
    small.file(por(), day_number=1, sequence=103)
    assert small.run(1)[1].gaps == []


def test_a_day_takes_what_it_can_and_tells_of_what_it_can_not(small: Small) -> None:
    name = small.file(por(), day_number=1)
    (small.folder / "in" / "DE_EOE_RMC_20620312_00000001.DAT").write_text("TRL,1\n")
    (small.folder / "in" / "link").symlink_to("/etc/hosts")
    os.mkfifo(small.folder / "in" / "pipe")
    _, summary = small.run(1)
    found = {file["name"]: (file["state"], file["reason"]) for file in summary.files_in}
    assert found[name] == ("SPLIT", "")
    assert found["link"] == ("HELD", "it is a link; links are not followed")
    assert found["pipe"] == ("HELD", "it is a FIFO")
    assert found["DE_EOE_RMC_20620312_00000001.DAT"][0] == "HELD"
    assert exit_code(summary) == 1


def test_junk_that_stays_in_the_folder_is_reported_once_and_stops_nothing(small: Small) -> None:
    name = small.file(por(), day_number=1)
    (small.folder / "in" / "notes.txt").write_text("not a file of the interface")
    small.run(1)
    small.file(por(), day_number=2)
    (small.folder / "in" / "notes.txt").write_text("not a file of the interface")
    done, summary = small.run(2, confirmation_due_days=9)
    assert [taken.said for taken in done.taken if not taken.fresh] == [
        "already refused: 'notes.txt' is not a valid ESR file name: it is not DE_<deanery>_<type>_<yyyyMMdd>_<8 digits>.DAT"
    ]
    assert name not in {file["name"] for file in summary.files_in}
    assert exit_code(summary) == 0


def test_the_rest_of_a_crowded_post_goes_with_the_next_file(tmp_path: Path) -> None:
    def crowd(world: World) -> None:
        post = world.post("EOE", npn=NPN)
        for number in range(45):
            world.placement(post, world.person(), 10 + number, 300)

    with small_world(tmp_path, crowd) as small:
        small.file(por())
        small.run()
        small.file(por(), day_number=1)
        small.run(1)
        assert [len(small.sent("APP", number)) for number in (0, 1)] == [40, 5]
        starts = [cells(row)[33] for row in small.sent("APP", 1)]
        assert starts == [f"{date(2027, 1, 13).replace(day=13 + number):%Y%m%d}" for number in range(5)]


def test_numbers_of_the_next_run_go_on_after_the_13_of_the_first(small: Small) -> None:
    small.tcs.simulator.store.placements[1_900_001]["dateFrom"] = "2027-01-04"
    small.file(por(), day_number=1)
    small.run(1)
    assert [path.name for path in sorted((small.folder / "out").glob("*DNC*"))] == [
        "DE_EOE_DNC_20261124_00000008.DAT",
        "DE_EOE_DNC_20261125_00000021.DAT",
    ]


def test_esrs_word_on_an_applicant_is_attached_to_it(small: Small) -> None:
    row = 'APC,"EOE/RX1",SUCCESS,"INFO","Postcodes "Doha, Qatar" and "YO12 5EX,"","A1",5,1,1001,1'
    small.file(row, sequence=8, kind="APC")
    _, summary = small.run()
    assert {state: n for state, n in summary.applicants.items() if n} == {"CONFIRMED": 1}
    small.file('DCC,1,"EOE/RX1","1","FAIL","ERROR","no",1,1001', sequence=8, kind="DCC")
    _, summary = small.run()
    assert summary.notifications["1"]["REJECTED"] == 1
    assert sum(sum(states.values()) for states in summary.notifications.values()) == 1
