"""TCS slow, failing or answering rubbish; rows that don't add up: nothing is lost, and it is said plainly."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.journeys.small_world import NPN, Small, por, small_world

from tis_esr.engine.runner import PatienceExhaustedError
from tis_esr.operations.row_check import RowsUnaccountedError
from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.tcs.switches import Switches
from tis_esr.tcs.tcs_errors import NotTcsError


def twenty_posts(world: World) -> None:
    for number in range(20):
        post = world.post("EOE", npn=f"{NPN}{number}")
        world.placement(post, world.person(), 30, 200)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    with small_world(tmp_path, twenty_posts) as small:
        small.file(*(por(number, f"{NPN}{number - 1}") for number in range(1, 21)))
        yield small


@pytest.mark.parametrize(
    "switches",
    [
        pytest.param(Switches(fail_rate=0.1, fail_status=503), id="503 one in ten"),
        pytest.param(Switches(fail_rate=0.1, fail_status=500), id="500 one in ten"),
        pytest.param(Switches(fail_next=30, fail_status=503), id="503 for a while"),
        pytest.param(Switches(fail_next=30, fail_status=500), id="500 for a while"),
        pytest.param(Switches(fail_next=3, fail_status=429, retry_after=0), id="429 with Retry-After"),
        pytest.param(Switches(delay_ms=5), id="slow"),
        pytest.param(Switches(rubbish_next=3), id="rubbish"),
    ],
)
def test_trouble_that_passes_parks_nothing_and_loses_nothing(small: Small, switches: Switches) -> None:
    small.tcs.simulator.misbehaviour.switches = switches
    _, summary = small.run(patience_seconds=60)
    assert summary.parked == []
    assert len(small.sent("APP")) == 20
    assert len(small.events()) == 20
    assert sum(len(events) for events in small.tcs.simulator.store.placement_events.values()) == 20


def test_trouble_that_lasts_is_said_and_the_next_call_goes_on(small: Small) -> None:
    small.tcs.simulator.misbehaviour.switches = Switches(fail_rate=1.0, fail_status=503)
    with pytest.raises(BaseExceptionGroup) as caught:
        small.run(patience_seconds=0.2, tcs_timeout_seconds=1)
    assert caught.group_contains(PatienceExhaustedError, match="stopped: TCS")
    small.tcs.simulator.misbehaviour.switches = Switches()
    _, summary = small.run()
    assert summary.parked == []
    assert len(small.sent("APP")) == 20


@pytest.mark.parametrize("path", ["", "/tsc", "/tcs/api"])
def test_a_wrong_context_path_is_said_at_once_and_nothing_is_begun(small: Small, path: str) -> None:
    small.tcs.url = small.tcs.url.removesuffix("/tcs") + path
    with pytest.raises(NotTcsError, match="Probably the context path is wrong"):
        small.run(patience_seconds=300)
    assert not (small.folder / "state").exists()


def test_a_refused_permission_stops_the_day_with_its_name_and_parks_nothing(small: Small) -> None:
    small.tcs.simulator.misbehaviour.switches = Switches(fail_rate=1.0, fail_status=403)
    with pytest.raises(BaseExceptionGroup) as caught:
        small.run(patience_seconds=0.2)
    assert caught.group_contains(PatienceExhaustedError, match="our user lacks the permission post:view")
    small.tcs.simulator.misbehaviour.switches = Switches()
    _, summary = small.run()
    assert summary.parked == []
    assert len(small.sent("APP")) == 20


def test_a_value_that_can_not_be_read_parks_the_one_position_and_the_others_go_on(small: Small) -> None:
    [post] = small.tcs.simulator.store.posts_with(f"{NPN}7")
    post["owner"] = 4711
    _, summary = small.run()
    [parked] = summary.parked
    assert f"post {post['id']}, which can't be read at owner" in parked.reason
    assert "4711" not in parked.reason
    assert len(small.sent("APP")) == 19


def test_a_row_that_is_missing_from_the_account_stops_the_day_with_its_file_and_numbers(small: Small) -> None:
    small.run()
    connection = sqlite3.connect(small.folder / "state")
    connection.execute("DELETE FROM rows WHERE row = 7")
    connection.commit()
    with pytest.raises(
        RowsUnaccountedError, match=r"EOE_RMC_20261124_00000101\.DAT: 21 rows were read, 20 are accounted for"
    ):
        small.run()


def test_a_row_without_an_end_stops_the_day(small: Small) -> None:
    small.run()
    connection = sqlite3.connect(small.folder / "state")
    connection.execute("UPDATE rows SET state = 'pending' WHERE row = 7")
    connection.commit()
    with pytest.raises(RowsUnaccountedError, match="1 row has not reached a final state"):
        small.run()


def test_an_absence_changed_by_somebody_else_meanwhile_is_read_again_and_changed(tmp_path: Path) -> None:
    def absent(world: World) -> None:
        person = world.person()
        world.placement(world.post("EOE", npn=NPN), person, -10, 100)
        world.absences.append(
            {
                "id": 1,
                "absenceAttendanceId": "A1",
                "personId": person["id"],
                "amendedDate": "2026-01-02T03:04:05.678",
            }
        )

    with small_world(tmp_path, absent) as small:
        small.tcs.simulator.misbehaviour.switches = Switches(stale_next=2)
        small.file(
            f'ASG,1,"","C",1,"","",,,"{NPN}","Lead Employer"',
            'PBD,1,"","C","General Medical Council","7200001",',
            'ABS,1,"","C",20260302,20260306,5,"A1"',
        )
        small.run()
        stored = small.tcs.simulator.store.absence_with("A1")
        assert stored is not None
        assert (stored["startDate"], stored["endDate"], stored["durationInDays"]) == (
            "2026-03-02",
            "2026-03-06",
            5,
        )


def test_an_update_that_tcs_refuses_is_parked_and_journalled_and_its_neighbours_are_applied(
    tmp_path: Path,
) -> None:
    def two_people(world: World) -> None:
        for number in range(2):
            person = world.person()
            world.placement(world.post("EOE", npn=f"{NPN}{number}"), person, -10, 100)
            if number == 0:
                person["contactDetails"] = None

    def assigned(number: int) -> list[str]:
        return [
            f'ASG,{number},"","C",{number},"","",,,"{NPN}{number}","Lead Employer"',
            f'PER,{number},"","C","","","","Changed-Specimen"',
            f'PBD,{number},"","C","General Medical Council","{7200001 + number}",',
        ]

    with small_world(tmp_path, two_people) as small:
        small.file(*assigned(0), *assigned(1))
        _, summary = small.run()
        [parked] = summary.parked
        assert (parked.row, "400" in parked.reason, "Changed" in parked.reason) == (1, True, False)
        assert summary.tis_updates == {"PLANNED": 0, "APPLIED": 1, "REFUSED": 1}
        contact = small.tcs.simulator.store.details("contactDetails", 200_002)
        assert contact is not None
        assert contact["legalSurname"] == "Changed-Specimen"
        [file] = summary.files_in
        assert {state: file["row_states"][state] for state in ("APPLIED", "PARKED", "IGNORED")} == {
            "APPLIED": 4,
            "PARKED": 2,
            "IGNORED": 1,
        }


def test_an_unknown_row_within_an_assignment_is_parked_and_costs_the_rows_behind_it_nothing(
    tmp_path: Path,
) -> None:
    def one_person(world: World) -> None:
        world.placement(world.post("EOE", npn=NPN), world.person(), -10, 100)

    with small_world(tmp_path, one_person) as small:
        small.file(
            f'ASG,1,"","C",1,"","",,,"{NPN}","Lead Employer"',
            'XYZ,1,"what is this"',
            "",
            'PBD,1,"","C","General Medical Council","7200001",',
        )
        _, summary = small.run()
        [file] = summary.files_in
        assert {state: file["row_states"][state] for state in ("APPLIED", "PARKED", "IGNORED")} == {
            "APPLIED": 2,
            "PARKED": 1,
            "IGNORED": 2,
        }
