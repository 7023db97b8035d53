"""What TCS's own tests and its table say of absences, held against the simulator.

An id with a test class is that test of TCS; ``A1`` to ``A5`` are rules of the endpoints themselves.
"""

from pathlib import Path
from typing import Any

import pytest
from tests.contract.simulated_tcs import simulated

from tis_esr.tcs.models import Absence
from tis_esr.tcs.tcs_errors import TcsConflictError, TcsNotFoundError, TcsRefusedError, TcsUncertainError

VERSION = "2020-02-01T10:00:00.123"
STORED = {
    "id": 1,
    "startDate": "2020-01-01",
    "endDate": "2020-02-01",
    "durationInDays": 30,
    "absenceAttendanceId": "2222",
    "amendedDate": VERSION,
    "personId": 9999,
}
OTHER = {**STORED, "id": 2, "absenceAttendanceId": "aaa-bbb-ccc"}
ROWS: dict[str, Any] = {"absences": [STORED, OTHER], "people": [{"id": 9999, "status": "CURRENT"}]}
NEW = {"startDate": "2020-03-01", "endDate": "2020-03-02", "durationInDays": 2}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        pytest.param("1", STORED, id="AbsenceResourceTest.getByIdShouldReturnAbsenceWhenExists"),
        pytest.param("absenceId/2222", STORED, id="AbsenceResourceTest.absenceIdWhenExists"),
        pytest.param("absenceId/aaa-bbb-ccc", OTHER, id="TcsServiceImplTest.wm-absenceId-aaa-bbb-ccc"),
        pytest.param("absenceId/AAA-bbb-ccc", OTHER, id="A2-any-letter-case"),
        pytest.param("1/", STORED, id="A1-trailing-slash"),
    ],
)
async def test_an_absence_is_given_with_all_its_fields(
    tmp_path: Path, path: str, wanted: dict[str, Any]
) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("GET", f"/api/absence/{path}")

    assert (answer.status, answer.body) == (200, wanted)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/api/absence/9", 404, id="AbsenceResourceTest.404WhenNotExist-id"),
        pytest.param("/api/absence/absenceId/qqq", 404, id="AbsenceResourceTest.404WhenNotExist-absenceId"),
        pytest.param("/api/absence/absenceId/%20", 400, id="A2-blank"),
        pytest.param("/etl/api/absence/1", 404, id="A1-not-mapped-for-etl"),
    ],
)
async def test_an_absence_that_is_not_there_is_not_given(tmp_path: Path, path: str, status: int) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("GET", path)

    assert answer.status == status
    assert status == 400 or answer.body is None


@pytest.mark.parametrize(
    ("wanted", "absence_id"),
    [
        pytest.param("2222", 1, id="AbsenceResourceTest.absenceIdWhenExists"),
        pytest.param("qqq", None, id="AbsenceResourceTest.404WhenNotExist-absenceId"),
    ],
)
async def test_the_client_finds_an_absence_by_the_id_of_esr(
    tmp_path: Path, wanted: str, absence_id: int | None
) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        found = await sim.tcs.absence(wanted)

    assert (found.id if found else None) == absence_id


@pytest.mark.parametrize("path", [pytest.param("", id="A3"), pytest.param("/", id="wm-POST-trailing-slash")])
async def test_a_new_absence_is_answered_200_and_carries_a_version(tmp_path: Path, path: str) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http(
            "POST", f"/api/absence{path}", {**NEW, "absenceAttendanceId": "4444", "personId": 9999}
        )

    assert answer.status == 200
    assert answer.body["id"] == 3
    assert answer.body["amendedDate"]


@pytest.mark.parametrize(
    "attendance", [pytest.param("4444", id="AbsenceResourceTest.createAbsenceShouldReturnOk")]
)
async def test_the_client_creates_an_absence_and_finds_it_again(tmp_path: Path, attendance: str) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        created = await sim.tcs.create_absence(Absence(absence_attendance_id=attendance, person_id=9999))
        found = await sim.tcs.absence(attendance)

    assert created.id == 3
    assert found == created


@pytest.mark.parametrize(
    "absence",
    [
        pytest.param(Absence(absence_attendance_id="2222", person_id=9999), id="A3-duplicate"),
        pytest.param(
            Absence(absence_attendance_id="AAA-BBB-CCC", person_id=9999), id="A3-duplicate-any-case"
        ),
        pytest.param(Absence(absence_attendance_id="12345678901", person_id=9999), id="A3-longer-than-10"),
        pytest.param(Absence(person_id=9999), id="A3-attendance-id-null"),
        pytest.param(Absence(absence_attendance_id="4444", person_id=1), id="A3-person-unknown"),
        pytest.param(Absence(absence_attendance_id="4444"), id="A3-person-null"),
    ],
)
async def test_what_the_database_refuses_is_500_and_nothing_is_stored(
    tmp_path: Path, absence: Absence
) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        with pytest.raises(TcsUncertainError) as caught:
            await sim.tcs.create_absence(absence)
        third = await sim.http("GET", "/api/absence/3")

    assert caught.value.status == 500
    assert third.status == 404


@pytest.mark.parametrize(
    ("method", "body", "told"),
    [
        pytest.param(
            "POST",
            {**STORED, "absenceAttendanceId": "4444"},
            "The id on absence must be null to create",
            id="AbsenceServiceTest.idPresentOnCreate",
        ),
        pytest.param(
            "PUT",
            {**STORED, "id": None},
            "The id on absence must be null to update",
            id="AbsenceServiceTest.idMissingOnUpdate",
        ),
    ],
)
async def test_an_id_in_the_wrong_place_is_a_bad_request(
    tmp_path: Path, method: str, body: dict[str, Any], told: str
) -> None:
    path = "/api/absence" if method == "POST" else "/api/absence/1"
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http(method, path, body)

    assert answer.status == 400
    assert answer.body == {"message": "Bad request", "description": told, "fieldErrors": None}


async def test_the_client_tells_a_present_id_as_refused(tmp_path: Path) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        with pytest.raises(TcsRefusedError) as caught:
            await sim.tcs.create_absence(Absence(id=7, absence_attendance_id="4444", person_id=9999))

    assert caught.value.reason == "Bad request"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(STORED, 200, id="AbsenceResourceTest.updateAbsenceShouldReturnOk"),
        pytest.param({**STORED, "amendedDate": "2019-01-01T00:00:00"}, 409, id="A4-stale"),
        pytest.param({**STORED, "amendedDate": None}, 500, id="A4-no-version"),
        pytest.param({**STORED, "personId": 1}, 500, id="A4-person-unknown"),
        pytest.param({**STORED, "absenceAttendanceId": "aaa-bbb-ccc"}, 500, id="A4-duplicate"),
        pytest.param({**STORED, "absenceAttendanceId": None}, 500, id="A4-attendance-id-null"),
    ],
)
async def test_replacing_an_absence_needs_its_version(
    tmp_path: Path, body: dict[str, Any], status: int
) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("PUT", "/api/absence/1", body)

    assert answer.status == status


async def test_replacing_an_absence_clears_what_is_not_sent(tmp_path: Path) -> None:
    body = {"id": 1, "absenceAttendanceId": "5555", "amendedDate": VERSION, "personId": 9999}
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("PUT", "/api/absence/1", body)
        before, after = await sim.tcs.absence("2222"), await sim.tcs.absence("5555")

    assert (answer.body["startDate"], answer.body["endDate"], answer.body["durationInDays"]) == (None,) * 3
    assert before is None
    assert after
    assert after.id == 1


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        pytest.param(
            {"endDate": "2020-02-29", "durationInDays": 60},
            {"startDate": "2020-01-01", "endDate": "2020-02-29", "durationInDays": 60},
            id="AbsenceServiceTest.patchAbsenceShouldUpdateOnlyFieldsProvidedInMap",
        ),
        pytest.param(
            {"startDate": None},
            {"startDate": None, "endDate": "2020-02-01", "durationInDays": 30},
            id="AbsenceResourceTest.patchAbsenceShouldReturnOkWhenExists",
        ),
        pytest.param({"endDate": None}, {"endDate": None}, id="AbsenceMapperTest.endDate"),
        pytest.param(
            {"durationInDays": None}, {"durationInDays": None}, id="AbsenceMapperTest.durationInDays"
        ),
        pytest.param(
            {"personId": 5, "other": 1}, {"personId": 9999}, id="AbsenceMapperTest.otherKeysIgnored"
        ),
    ],
)
async def test_a_patch_changes_the_keys_that_are_there_and_null_clears(
    tmp_path: Path, changes: dict[str, Any], wanted: dict[str, Any]
) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        patched = await sim.tcs.patch_absence(1, {**changes, "amendedDate": VERSION})
        stored = (await sim.http("GET", "/api/absence/1")).body

    assert {name: stored[name] for name in wanted} == wanted
    assert stored["absenceAttendanceId"] == "2222"
    assert stored["amendedDate"] == patched.amended_date != VERSION
    assert stored.keys() == STORED.keys()


async def test_a_patched_attendance_id_is_the_one_that_is_found(tmp_path: Path) -> None:
    """AbsenceMapperTest.absenceAttendanceId"""
    async with simulated(tmp_path, **ROWS) as sim:
        await sim.tcs.patch_absence(1, {"absenceAttendanceId": "5555", "amendedDate": VERSION})
        before, after = await sim.tcs.absence("2222"), await sim.tcs.absence("5555")

    assert before is None
    assert after
    assert after.id == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(
            {"id": 9, "startDate": "tomorrow"}, 404, id="AbsenceResourceTest.patch404WhenDoesntExist"
        ),
        pytest.param({}, 404, id="A5-neither-id"),
        pytest.param({"absenceAttendanceId": "2222", "amendedDate": VERSION}, 200, id="A5-by-attendance-id"),
        pytest.param({"id": 1, "amendedDate": "2020-02-01T10:00:00.123000"}, 200, id="A5-same-moment"),
        pytest.param({"id": 1, "amendedDate": VERSION, "endDate": "30/01/2020"}, 500, id="A5-bad-date"),
        pytest.param({"id": 1, "amendedDate": VERSION, "durationInDays": "3"}, 500, id="A5-bad-duration"),
        pytest.param({"id": 1, "amendedDate": "yesterday"}, 500, id="A5-bad-version"),
        pytest.param({"id": 1, "durationInDays": 3}, 500, id="A5-no-version"),
        pytest.param({"id": 1, "amendedDate": "2019-01-01T00:00:00"}, 409, id="A5-stale"),
        pytest.param(
            {"id": 1, "amendedDate": VERSION, "absenceAttendanceId": "12345678901"},
            500,
            id="A5-longer-than-10",
        ),
        pytest.param(
            {"id": 1, "amendedDate": VERSION, "absenceAttendanceId": "aaa-bbb-ccc"}, 500, id="A5-duplicate"
        ),
        pytest.param({"id": 1, "amendedDate": VERSION, "absenceAttendanceId": None}, 500, id="A5-null"),
    ],
)
async def test_a_patch_finds_its_row_by_the_body_and_never_by_the_path(
    tmp_path: Path, body: dict[str, Any], status: int
) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("PATCH", "/api/absence/777", body)
        untouched = (await sim.http("GET", "/api/absence/1")).body

    assert answer.status == status
    assert answer.body is None if status == 404 else answer.body
    assert status == 200 or untouched == STORED


@pytest.mark.parametrize(
    ("absence_id", "changes", "error"),
    [
        pytest.param(1, {"amendedDate": "2019-01-01T00:00:00"}, TcsConflictError, id="A5-stale"),
        pytest.param(1, {}, TcsUncertainError, id="A5-no-version"),
        pytest.param(
            9, {"amendedDate": VERSION}, TcsNotFoundError, id="AbsenceResourceTest.patch404WhenDoesntExist"
        ),
    ],
)
async def test_the_client_tells_a_refused_patch_apart(
    tmp_path: Path, absence_id: int, changes: dict[str, Any], error: type[Exception]
) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        with pytest.raises(error):
            await sim.tcs.patch_absence(absence_id, changes)
