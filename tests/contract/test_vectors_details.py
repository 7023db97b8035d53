"""What TCS's own tests and its table say of people and their details, held against the simulator.

An id with a test class is that test of TCS; ``H`` and ``W`` are rules of the endpoints themselves.
"""

from pathlib import Path
from typing import Any

import pytest
from tests.contract.simulated_tcs import simulated

from tis_esr.tcs.tcs_errors import TcsRefusedError

VERSION = "2020-02-01T10:00:00.123"
CONTACT = {
    "id": 10,
    "surname": "Example",
    "forenames": "Testa",
    "title": "Dr",
    "address1": "1 Sample Street",
    "address2": "Sampleton",
    "workEmail": None,
    "country": None,
    "amendedDate": VERSION,
}
PERSONAL = {
    "id": 10,
    "gender": "Female",
    "maritalStatus": "Single",
    "disability": None,
    "nationality": "British",
    "amendedDate": VERSION,
}
TESTA = {
    "id": 10,
    "status": "CURRENT",
    "contactDetails": CONTACT,
    "personalDetails": PERSONAL,
    "gmcDetails": {"id": 10, "gmcNumber": "7000001", "gmcStatus": None},
    "gdcDetails": {"id": 10, "gdcNumber": "D100A"},
    "programmeMemberships": [
        {"programmeStartDate": "2019-08-01", "trainingNumber": {"trainingNumber": "EAN/010/7000001/C"}},
        {"programmeStartDate": "2021-08-01", "trainingNumber": {"trainingNumber": "EAN/030/7000001/C"}},
    ],
}
SPECIMEN = {
    "id": 11,
    "status": "CURRENT",
    "contactDetails": {**CONTACT, "id": 11, "surname": "Person", "forenames": "Specimen"},
    "personalDetails": {**PERSONAL, "id": 11},
    "gmcDetails": {"id": 11, "gmcNumber": "UNKNOWN"},
    "gdcDetails": {"id": 11, "gdcNumber": None},
}
PLACEMENTS = [
    {"id": 1, "traineeId": 10, "postId": 5, "dateTo": "2020-01-01", "wholeTimeEquivalent": 0.8},
    {"id": 2, "traineeId": 10, "postId": 5, "dateTo": None, "wholeTimeEquivalent": None},
    {"id": 3, "traineeId": 10, "postId": 5, "dateTo": "2022-01-01", "lifecycleState": "DRAFT"},
]
ROWS: dict[str, Any] = {
    "people": [TESTA, SPECIMEN],
    "placements": PLACEMENTS,
    "posts": [{"id": 5, "nationalPostNumber": "EOE/RGT00/021/FY1/013"}],
}


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        pytest.param("/api/people/10", TESTA, id="H1"),
        pytest.param("/api/people/10/", TESTA, id="H1-trailing-slash"),
        pytest.param("/etl/api/people/10", TESTA, id="H1-for-etl"),
        pytest.param("/api/people/in/10,77,11", [TESTA, SPECIMEN], id="PersonResourceIntTest.getPersonsIn"),
        pytest.param("/api/people/in/77", [], id="PersonResourceIntTest.getPersonsIn-unknown"),
        pytest.param(
            "/api/contact-details/10", CONTACT, id="ContactDetailsResourceIntTest.getContactDetails"
        ),
        pytest.param(
            "/api/personal-details/10", PERSONAL, id="PersonalDetailsResourceIntTest.getPersonalDetails"
        ),
        pytest.param("/api/trainee/11/programme-memberships", [], id="H13-none"),
        pytest.param(
            "/api/gmc-details/in/7000001,7000009",
            [TESTA["gmcDetails"]],
            id="GmcDetailsResourceIntTest.getGmcDetailsIn-unknown-ignored",
        ),
        pytest.param(
            "/api/gdc-details/in/D100A,D100B",
            [TESTA["gdcDetails"]],
            id="GdcDetailsResourceIntTest.getGdcDetailsIn-unknown-ignored",
        ),
        pytest.param("/api/gdc-details/in/d100a/", [TESTA["gdcDetails"]], id="H10-any-case-trailing-slash"),
        pytest.param("/api/gmc-details/10", TESTA["gmcDetails"], id="H11-gmc"),
        pytest.param("/api/gdc-details/10", TESTA["gdcDetails"], id="H11-gdc"),
    ],
)
async def test_people_and_their_parts_are_given_as_they_are_stored(
    tmp_path: Path, path: str, wanted: Any
) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("GET", path)

    assert (answer.status, answer.body) == (200, wanted)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/api/people/77", id="PersonResourceIntTest.getNonExistingPerson"),
        pytest.param("/api/contact-details/77", id="ContactDetailsResourceIntTest.getNonExisting"),
        pytest.param("/api/personal-details/77", id="PersonalDetailsResourceIntTest.getNonExisting"),
        pytest.param("/api/gmc-details/77", id="GmcDetailsResourceIntTest.getNonExisting"),
    ],
)
async def test_who_is_not_there_is_404_without_a_body(tmp_path: Path, path: str) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("GET", path)

    assert (answer.status, answer.body) == (404, None)


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(
            "/api/gmc-details/in/", id="GmcDetailsResourceIntTest.getGmcDetailsInThrowsServerErrorForNoIds"
        ),
        pytest.param(
            "/api/gdc-details/in/", id="GdcDetailsResourceIntTest.getGdcDetailsInThrowsServerErrorForNoIds"
        ),
        pytest.param("/api/people/in/", id="H2-empty"),
        pytest.param("/api/people/in/10,ten", id="H2-ill-typed"),
    ],
)
async def test_an_empty_or_ill_typed_list_is_a_500(tmp_path: Path, path: str) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("GET", path)

    assert answer.status == 500
    assert answer.body == {
        "message": "error.internalServerError",
        "description": "Internal server error",
        "fieldErrors": None,
    }


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        pytest.param(
            ["7000001", "7000009"], {"7000001": [10], "7000009": []}, id="GmcDetailsResourceIntTest.in"
        ),
        pytest.param(["UNKNOWN"], {"UNKNOWN": []}, id="H9-nobody"),
        pytest.param([], {}, id="H9-none-asked"),
    ],
)
async def test_the_client_finds_people_by_gmc_number(
    tmp_path: Path, asked: list[str], wanted: dict[str, list[int]]
) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        assert await sim.tcs.people_by_gmc(asked) == wanted


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        pytest.param(["D100A", "D1"], {"D100A": [10], "D1": []}, id="GdcDetailsResourceIntTest.in"),
        pytest.param(["d100a"], {"d100a": [10]}, id="H10-any-letter-case"),
    ],
)
async def test_the_client_finds_people_by_gdc_number(
    tmp_path: Path, asked: list[str], wanted: dict[str, list[int]]
) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        assert await sim.tcs.people_by_gdc(asked) == wanted


async def test_the_client_reads_people_and_the_newest_training_number(tmp_path: Path) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        people = await sim.tcs.people([11, 77, 10])
        newest = await sim.tcs.training_number(10)
        none = await sim.tcs.training_number(77)

    assert sorted(people) == [10, 11]
    assert (newest, none) == ("EAN/030/7000001/C", None)


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        pytest.param(
            {"workEmail": "testa@work.example", "country": "Wales"},
            {**CONTACT, "workEmail": "testa@work.example", "country": "Wales"},
            id="ContactDetailsResourceIntTest.patchContactDetails",
        ),
        pytest.param({"address2": ""}, {**CONTACT, "address2": ""}, id="W1-empty-text-clears"),
        pytest.param({"title": "Lord"}, {**CONTACT, "title": "Lord"}, id="W1-title-not-validated"),
        pytest.param({"surname": "Exämple."}, {**CONTACT, "surname": "Exämple."}, id="W1-accents-pass"),
    ],
)
async def test_contact_details_change_in_what_is_sent_and_no_more(
    tmp_path: Path, changes: dict[str, str], wanted: dict[str, Any]
) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        await sim.tcs.patch_contact_details(10, changes)
        after = (await sim.http("GET", "/api/contact-details/10")).body
        other = (await sim.http("GET", "/api/contact-details/11")).body

    assert after.pop("amendedDate") > VERSION
    assert after == {name: value for name, value in wanted.items() if name != "amendedDate"}
    assert other == SPECIMEN["contactDetails"]


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        pytest.param(
            {"nationality": "Irish"},
            {"gender": "Female", "maritalStatus": "Single", "nationality": "Irish"},
            id="PersonalDetailsResourceIntTest.patchPersonalDetails",
        ),
        pytest.param({"disability": "yes"}, {"disability": "YES"}, id="PersonalDetails.disability-yes"),
        pytest.param({"disability": "nO"}, {"disability": "NO"}, id="PersonalDetails.disability-any-case"),
        pytest.param(
            {"disability": "Not sure"}, {"disability": "Not sure"}, id="PersonalDetails.disability-legacy"
        ),
        pytest.param({}, {"disability": None}, id="PersonalDetails.disability-null"),
        pytest.param({"gender": "Robot"}, {"gender": "Robot"}, id="W2-not-validated"),
    ],
)
async def test_personal_details_change_in_what_is_sent_and_no_more(
    tmp_path: Path, changes: dict[str, str], wanted: dict[str, Any]
) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        await sim.tcs.patch_personal_details(10, changes)
        after = (await sim.http("GET", "/api/personal-details/10")).body

    assert {name: after[name] for name in wanted} == wanted
    assert after["amendedDate"] > VERSION


@pytest.mark.parametrize("path", ["contact-details", "personal-details"])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"id": 10}, 200, id="W-path-id-ignored"),
        pytest.param({"id": 10, "amendedDate": "2019-01-01T00:00:00"}, 200, id="W-version-ignored"),
        pytest.param({"id": 77, "title": "Mx", "gender": "x"}, 400, id="W-unknown-id-echoed"),
        pytest.param({"title": "Mx"}, 500, id="W-id-null"),
        pytest.param(b"{", 400, id="W-unreadable"),
    ],
)
async def test_a_patch_of_details_goes_by_the_id_in_the_body(
    tmp_path: Path, path: str, body: Any, status: int
) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("PATCH", f"/api/{path}/999", body)

    assert answer.status == status
    if body == {"id": 77, "title": "Mx", "gender": "x"}:
        assert answer.body == body
    if body == b"{":
        assert answer.body["message"] == "error.validation"


async def test_null_in_a_patch_keeps_and_what_is_no_field_is_dropped(tmp_path: Path) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http(
            "PATCH", "/api/contact-details/10", {"id": 10, "title": None, "address1": None, "shoeSize": 4}
        )

    assert (answer.body["title"], answer.body["address1"]) == ("Dr", "1 Sample Street")
    assert "shoeSize" not in answer.body


@pytest.mark.parametrize(
    "path", [pytest.param("contact-details", id="W1"), pytest.param("personal-details", id="W2")]
)
async def test_the_client_is_refused_an_unknown_person(tmp_path: Path, path: str) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        patch = sim.tcs.patch_contact_details if path == "contact-details" else sim.tcs.patch_personal_details
        with pytest.raises(TcsRefusedError) as caught:
            await patch(77, {"country": "Wales"})

    assert caught.value.status == 400
    assert "Wales" not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        pytest.param("placements", "id", id="H5-PersonResource2Test.getPlacementViews"),
        pytest.param(
            "placements/new",
            "placementId",
            id="PlacementServiceImplTest.shouldReturnPlacementsForATraineeInOrder",
        ),
    ],
)
async def test_a_persons_placements_come_latest_end_first_and_open_ones_last(
    tmp_path: Path, path: str, key: str
) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("GET", f"/api/people/10/{path}")

    assert [row[key] for row in answer.body] == [3, 1, 2]


async def test_a_persons_history_is_not_cut(tmp_path: Path) -> None:
    """PlacementServiceImplTest.shouldReturnPlacementsForATraineeInOrder: all of 2,000."""
    many = [{"id": n, "traineeId": 10, "postId": 5, "dateTo": "2020-01-01"} for n in range(1, 2001)]
    async with simulated(tmp_path, **{**ROWS, "placements": many}) as sim:
        answer = await sim.http("GET", "/api/people/10/placements/new")

    assert len(answer.body) == 2000


@pytest.mark.parametrize(
    ("number", "hours"),
    [
        pytest.param(1, 0.8, id="PersonResourceIntTest.shouldGetPlacementSummaryFields"),
        pytest.param(2, 0.0, id="H6-no-hours-are-0"),
    ],
)
async def test_a_summary_names_post_and_hours(tmp_path: Path, number: int, hours: float) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        rows = (await sim.http("GET", "/api/people/10/placements/new")).body

    row = next(row for row in rows if row["placementId"] == number)
    assert row["placementWholeTimeEquivalent"] == hours
    assert (row["postId"], row["nationalPostNumber"]) == (5, "EOE/RGT00/021/FY1/013")
    assert "lifecycleState" not in row
    assert "siteCode" not in row


async def test_a_view_has_the_lifecycle_state_and_no_hours(tmp_path: Path) -> None:
    """PersonResourceIntTest.shouldGetPlacementViewFields"""
    async with simulated(tmp_path, **ROWS) as sim:
        rows = (await sim.http("GET", "/api/people/10/placements")).body

    assert rows[0]["lifecycleState"] == "DRAFT"
    assert "wholeTimeEquivalent" not in rows[0]
    assert "esrEvents" not in rows[0]
