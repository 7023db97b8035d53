"""What TCS's own tests say of absences, held against the simulator."""

from pathlib import Path
from typing import Any

import pytest
from tests.contract.simulated_tcs import simulated

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
OTHER = {**STORED, "id": 2, "absenceAttendanceId": "3333"}
PEOPLE = [{"id": 9999, "status": "CURRENT"}]
NEW = {
    "startDate": "2020-03-01",
    "endDate": "2020-03-02",
    "durationInDays": 2,
    "absenceAttendanceId": "4444",
    "personId": 9999,
}
STALE = {
    "message": "error.concurrencyFailure",
    "description": "You are acting on stale data, please refresh",
    "fieldErrors": None,
}


def vector(name: str, *values: Any) -> Any:
    """Name a case after the test of TCS, or the endpoint's rule, that it re-expresses."""
    return pytest.param(*values, id=name)


@pytest.mark.parametrize(
    "path",
    [
        vector("AbsenceResourceTest.getByIdShouldReturnAbsenceWhenExists", "/api/absence/1"),
        vector(
            "AbsenceResourceTest.getByAbsenceIdShouldReturnAbsenceWhenExists", "/api/absence/absenceId/2222"
        ),
        vector("TcsServiceImpl.trailingSlash", "/api/absence/1/"),
    ],
)
async def test_an_absence_is_given_with_all_its_fields(tmp_path: Path, path: str) -> None:
    async with simulated(tmp_path, absences=[STORED], people=PEOPLE) as sim:
        answer = await sim.http("GET", path)

    assert (answer.status, answer.body) == (200, STORED)


@pytest.mark.parametrize(
    "path",
    [
        vector("AbsenceResourceTest.getByIdShouldReturn404WhenNotExist", "/api/absence/9"),
        vector("AbsenceResourceTest.getByAbsenceIdShouldReturn404WhenNotExist", "/api/absence/absenceId/qqq"),
        vector("wm.absenceIsNotMappedForEtl", "/etl/api/absence/1"),
    ],
)
async def test_an_absence_that_is_not_there_is_404_without_a_body(tmp_path: Path, path: str) -> None:
    async with simulated(tmp_path, absences=[STORED], people=PEOPLE) as sim:
        answer = await sim.http("GET", path)

    assert (answer.status, answer.body) == (404, None)


@pytest.mark.parametrize("wanted", [vector("AbsenceResourceTest.getByAbsenceId", "2222", 1)[0:0] or "2222"])
async def test_the_client_finds_an_absence_by_the_id_of_esr(tmp_path: Path, wanted: str) -> None:
    async with simulated(tmp_path, absences=[STORED], people=PEOPLE) as sim:
        found = await sim.tcs.absence(wanted)
        unknown = await sim.tcs.absence("qqq")

    assert found
    assert (found.id, found.person_id, found.duration_in_days, found.amended_date) == (1, 9999, 30, VERSION)
    assert unknown is None
