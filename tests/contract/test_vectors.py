"""TCS's own tests of its endpoints, run against the simulator through the client; the id is the name there."""

from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from tis_esr.tcs.client import Tcs, TcsSettings
from tis_esr.tcs.errors import TcsConflict, TcsError, TcsRefused
from tis_esr.tcs.models import Absence
from tis_esr.tcs.simulator.running import Running, running_simulator
from tis_esr.tcs.simulator.store import BadData, Store

VERSION = "2020-01-01T01:01:01.100"
POSTS = [
    {"id": 1, "nationalPostNumber": "NPN100", "status": "CURRENT"},
    {"id": 2, "nationalPostNumber": "NPN200", "status": "INACTIVE"},
    {"id": 3, "nationalPostNumber": "EOE/RGT00/021/FY1/013", "status": "CURRENT"},
    {"id": 4, "nationalPostNumber": " EOE/R\\@$&£+/021", "status": "CURRENT"},
]
PLACEMENTS = [
    {
        "id": number,
        "postId": 3,
        "traineeId": 9999,
        "dateFrom": f"2026-0{number}-01",
        "dateTo": f"2026-0{number}-20",
    }
    for number in range(1, 4)
]
PEOPLE = [
    {
        "id": 9999,
        "contactDetails": {"id": 9999, "surname": "Specimen", "title": "Dr", "amendedDate": VERSION},
        "personalDetails": {
            "id": 9999,
            "gender": "Female",
            "maritalStatus": "Single",
            "amendedDate": VERSION,
        },
        "gmcDetails": {"id": 9999, "gmcNumber": "7000001"},
        "gdcDetails": {"id": 9999, "gdcNumber": "D1"},
        "programmeMemberships": [{"trainingNumber": {"trainingNumber": "EOE/1/C"}}],
    }
]
ABSENCES = [
    {
        "id": 1, "absenceAttendanceId": "2222", "personId": 9999, "startDate": "2020-01-01", "endDate": "2020-02-01",
        "durationInDays": 30, "amendedDate": VERSION,
    }
]  # fmt: skip


@pytest.fixture
def tcs_(tmp_path: Path) -> Iterator[Running]:
    for name, entities in (
        ("posts", POSTS),
        ("placements", PLACEMENTS),
        ("people", PEOPLE),
        ("absences", ABSENCES),
    ):
        (tmp_path / f"{name}.jsonl").write_bytes(b"".join(msgspec.json.encode(e) + b"\n" for e in entities))
    with running_simulator(tmp_path) as running:
        yield running


@pytest.fixture
async def client(tcs_: Running) -> AsyncIterator[Tcs]:
    async with Tcs(TcsSettings(base_url=tcs_.url, attempts=2, first_wait_seconds=0.001)) as client:
        yield client


async def raw(tcs_: Running, method: str, path: str, **given: Any) -> tuple[int, Any, dict[str, str]]:
    from yarl import URL

    async with (
        aiohttp.ClientSession() as session,
        session.request(method, URL(tcs_.url + path, encoded=True), **given) as answer,
    ):
        body = await answer.read()
        return (
            answer.status,
            msgspec.json.decode(body) if body.startswith((b"{", b"[")) else body,
            dict(answer.headers),
        )


async def test_AbsenceResourceTest_getByAbsenceIdShouldReturnAbsenceWhenExists(client: Tcs) -> None:
    absence = await client.absence("2222")
    assert absence is not None
    assert (absence.start_date, absence.end_date, absence.duration_in_days) == (
        date(2020, 1, 1),
        date(2020, 2, 1),
        30,
    )
    assert (absence.absence_attendance_id, absence.person_id) == ("2222", 9999)


async def test_AbsenceResourceTest_getByAbsenceIdShouldReturn404WhenNotExist(
    client: Tcs, tcs_: Running
) -> None:
    assert await client.absence("9999") is None
    assert (await raw(tcs_, "GET", "/api/absence/absenceId/qqq"))[:2] == (404, b"")
    assert (await raw(tcs_, "GET", "/api/absence/9"))[:2] == (404, b"")


async def test_AbsenceResourceTest_createAbsenceShouldReturnOk(client: Tcs, tcs_: Running) -> None:
    new = {"absenceAttendanceId": "aaa-bbb", "personId": 9999, "startDate": "2020-01-01"}
    assert (await raw(tcs_, "POST", "/api/absence/", json=new))[0] == 200
    created = await client.absence("aaa-bbb")
    assert created is not None
    assert created.id == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(
            {"id": 7, "absenceAttendanceId": "a", "personId": 9999},
            400,
            id="AbsenceServiceTest.idPresentOnCreate",
        ),
        pytest.param(
            {"absenceAttendanceId": "2222", "personId": 9999}, 500, id="A3: duplicate attendance id"
        ),
        pytest.param(
            {"absenceAttendanceId": "aaa-bbb-ccc", "personId": 9999}, 500, id="A3: eleven characters"
        ),
        pytest.param({"absenceAttendanceId": None, "personId": 9999}, 500, id="A3: no attendance id"),
        pytest.param({"absenceAttendanceId": "b", "personId": 1}, 500, id="A3: unknown person"),
    ],
)
async def test_an_absence_that_tcs_does_not_create(tcs_: Running, body: dict[str, Any], status: int) -> None:
    assert (await raw(tcs_, "POST", "/api/absence", json=body))[0] == status


async def test_AbsenceServiceTest_patchAbsenceShouldUpdateOnlyFieldsProvidedInMap(client: Tcs) -> None:
    patched = await client.patch_absence(
        1, {"id": 1, "endDate": "2020-03-01", "durationInDays": 60, "amendedDate": VERSION}
    )
    assert (patched.start_date, patched.absence_attendance_id) == (date(2020, 1, 1), "2222")
    assert (patched.end_date, patched.duration_in_days) == (date(2020, 3, 1), 60)
    assert patched.amended_date != VERSION


async def test_AbsenceResourceTest_patchAbsenceShouldClearAnExplicitNull(tcs_: Running) -> None:
    body = {"absenceAttendanceId": "2222", "startDate": None, "amendedDate": VERSION}
    status, patched, _ = await raw(tcs_, "PATCH", "/api/absence/1", json=body)
    assert (status, patched["startDate"], patched["endDate"]) == (200, None, "2020-02-01")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(
            {"id": 9, "startDate": "nonsense"},
            404,
            id="AbsenceResourceTest.patchAbsenceShouldReturn404WhenDoesntExist",
        ),
        pytest.param({"id": 1, "endDate": "2020-03-01"}, 500, id="A5: amendedDate missing"),
        pytest.param({"id": 1, "endDate": "nonsense", "amendedDate": VERSION}, 500, id="A5: bad date"),
        pytest.param({"id": 1, "amendedDate": "2020-01-01T00:00:00"}, 409, id="A5: stale amendedDate"),
    ],
)
async def test_an_absence_that_tcs_does_not_patch(tcs_: Running, body: dict[str, Any], status: int) -> None:
    assert (await raw(tcs_, "PATCH", "/api/absence/1", json=body))[0] == status


async def test_a_stale_absence_is_a_conflict_for_the_client(client: Tcs) -> None:
    with pytest.raises(TcsConflict):
        await client.patch_absence(
            1, {"id": 1, "endDate": "2020-03-01", "amendedDate": "2020-01-01T00:00:00"}
        )


async def test_ContactDetailsResourceIntTest_patchContactDetails(client: Tcs) -> None:
    await client.patch_contact_details(9999, {"workEmail": "specimen@example.org", "country": "Wales"})
    contact = (await client.people([9999]))[9999].contact_details
    assert contact is not None
    assert (contact.work_email, contact.country) == ("specimen@example.org", "Wales")
    assert (contact.surname, contact.title) == ("Specimen", "Dr")
    assert contact.amended_date is not None
    assert contact.amended_date.year > 2020


async def test_PersonalDetailsResourceIntTest_patchPersonalDetails(client: Tcs) -> None:
    await client.patch_personal_details(9999, {"disability": "yes", "nationalInsuranceNumber": "ZZ000000Z"})
    personal = (await client.people([9999]))[9999].personal_details
    assert personal is not None
    assert (personal.disability, personal.national_insurance_number) == ("YES", "ZZ000000Z")
    assert (personal.gender, personal.marital_status) == ("Female", "Single")


async def test_W1_an_unknown_person_is_a_400_that_echoes_the_request(client: Tcs, tcs_: Running) -> None:
    body = {"id": 1, "surname": "Specimen"}
    assert (await raw(tcs_, "PATCH", "/api/contact-details/1", json=body))[:2] == (400, body)
    with pytest.raises(TcsRefused) as refused:
        await client.patch_contact_details(1, {"surname": "Specimen"})
    assert "Specimen" not in str(refused.value)


@pytest.mark.parametrize("path", ["contact-details", "personal-details", "people", "posts", "placements"])
async def test_IntTests_getNonExisting(tcs_: Running, path: str) -> None:
    assert (await raw(tcs_, "GET", f"/api/{path}/424242"))[:2] == (404, b"")


async def test_PostResourceIntTest_getPostsInShouldReturnMatchingPosts(client: Tcs) -> None:
    found = await client.posts_by_npn(["NPN100", "NPN200", "NPN300"])
    assert {npn: [post.id for post in posts] for npn, posts in found.items()} == {
        "NPN100": [1],
        "NPN200": [2],
        "NPN300": [],
    }


@pytest.mark.parametrize("npn", ["EOE/RGT00/021/FY1/013", " EOE/R\\@$&£+/021"])
async def test_PostResourceIntTest_getPostByNPN(client: Tcs, npn: str) -> None:
    assert len((await client.posts_by_npn([npn]))[npn]) == 1


async def test_a_single_encoded_slash_is_not_found(tcs_: Running) -> None:
    assert (await raw(tcs_, "GET", "/api/posts/in/EOE%2FRGT00%2F021%2FFY1%2F013"))[0] == 404
    status, body, _ = await raw(tcs_, "GET", "/api/posts/in/EOE%252FRGT00%252F021%252FFY1%252F013")
    assert (status, len(body)) == (200, 1)


@pytest.mark.parametrize("path", ["/api/posts/in/", "/api/gmc-details/in/", "/api/gdc-details/in/"])
async def test_PostResourceIntTest_getPostsInThrowsServerErrorForEmptyInput(tcs_: Running, path: str) -> None:
    assert (await raw(tcs_, "GET", path))[0] == 500


@pytest.mark.parametrize(("size", "expected"), [(2, 2), (10, 3)])
async def test_PostResourceIntTest_shouldFilterPostsByDeaneryNumbersHonorsPageSize(
    tcs_: Running, size: int, expected: int
) -> None:
    npns = ["NPN100", "NPN200", "EOE/RGT00/021/FY1/013"]
    status, body, headers = await raw(tcs_, "POST", f"/api/posts/filter/deanery?size={size}", json=npns)
    assert (status, len(body)) == (200, expected)
    assert "X-Total-Count" not in headers


async def test_PostResourceIntTest_shouldGetPlacementsSummaryByPostId(tcs_: Running) -> None:
    _, body, _ = await raw(tcs_, "GET", "/api/posts/3/placements/new")
    assert [row["placementId"] for row in body] == [3, 2, 1]
    assert {"legalforenames", "legalsurname", "nationalPostNumber", "postId", "esrEvents"} <= body[0].keys()
    assert "lifecycleState" not in body[0]


async def test_PostResource2Test_markPostAsEsrPositionChanged(client: Tcs, tcs_: Running) -> None:
    event = {
        "eventDateTime": VERSION,
        "positionNumber": 2222,
        "positionId": 4444,
        "status": "RECONCILED",
        "filename": "f",
    }
    assert await client.post_esr_changed(3, event)
    assert not await client.post_esr_changed(424242, event)
    status, body, _ = await raw(tcs_, "POST", "/api/posts/3/esr-changed", json={**event, "postId": 1111})
    assert (status, body) == (200, {**event, "postId": None})


async def test_PostEsrLatestEventViewRepositoryTest_the_latest_event_of_a_position_counts(
    client: Tcs,
) -> None:
    async def tell(post: int, position: int, number: int, status: str, second: int) -> None:
        event = {
            "eventDateTime": f"2022-01-01T00:00:0{second}",
            "positionNumber": number,
            "positionId": position,
        }
        assert await client.post_esr_changed(post, {**event, "status": status, "filename": "f"})

    await tell(3, 2654521, 1355577, "RECONCILED", 1)
    await tell(3, 2654521, 1355577, "DELETED", 2)
    await tell(3, 2654522, 1355578, "DELETED", 1)
    await tell(3, 2654522, 1355578, "RECONCILED", 2)
    post = await client.post(3)
    assert post is not None
    assert [event.position_id for event in post.current_reconciled_events or []] == [2654522]
    await tell(1, 2654522, 1355578, "RECONCILED", 3)
    post = await client.post(3)
    assert post is not None
    assert post.current_reconciled_events == []


async def test_PlacementResourceTest_markPlacementAsEsrExported(client: Tcs) -> None:
    event = {
        "exportedAt": "2021-05-06T09:08:38.000+00:00",
        "filename": "f",
        "positionNumber": 1,
        "positionId": 2,
    }
    assert await client.post_esr_exported(1, {**event, "status": "EXPORTED_AND_PROCESSED"})
    assert not await client.post_esr_exported(424242, event)
    placement = await client.placement(1)
    assert placement is not None
    assert placement.national_post_number == "EOE/RGT00/021/FY1/013"
    assert [(e.filename, e.position_id, e.status) for e in placement.esr_events or []] == [
        ("f", 2, "EXPORTED")
    ]


@pytest.mark.parametrize("missing", ["exportedAt", "filename", "positionNumber", "positionId"])
async def test_L3_without_a_mandatory_field_is_a_500(tcs_: Running, missing: str) -> None:
    event = {"exportedAt": "x", "filename": "f", "positionNumber": 1, "positionId": 2}
    del event[missing]
    assert (await raw(tcs_, "POST", "/api/placements/1/esr-exported", json=event))[0] == 500


async def test_PlacementValidatorTest_validateNpnForPlacementExportedToEsr(
    client: Tcs, tcs_: Running
) -> None:
    event = {"exportedAt": "x", "filename": "f", "positionNumber": 1, "positionId": 2}
    assert (await raw(tcs_, "PUT", "/api/placements", json={"id": 1, "postId": 3}))[0] == 200
    assert await client.post_esr_exported(1, event)
    assert (await raw(tcs_, "PUT", "/api/placements", json={"id": 1, "postId": 1}))[0] == 400


@pytest.mark.parametrize(
    ("filters", "status", "ids"),
    [
        pytest.param(
            '{"dateFrom":["2026-01-01","2026-02-01"]}', 200, [1, 2], id="PlacementResourceIntTest.dateInRange"
        ),
        pytest.param(
            '{"dateFrom":["2025-01-01","2025-02-01"]}', 200, [], id="PlacementResourceIntTest.dateOutOfRange"
        ),
        pytest.param(
            '{"dateFrom":["01/01/26","02/01/26"]}',
            500,
            None,
            id="PlacementResourceIntTest.shouldErrorWhenDateFormatIsInvalid",
        ),
        pytest.param(
            '{"dateFrom":["2026-01-01","2026-02-01","2026-03-01"]}',
            500,
            None,
            id="PlacementResourceIntTest.threeDates",
        ),
        pytest.param('{"postId":["3"],"traineeId":["9999"]}', 200, [1, 2, 3], id="L2: several filters"),
    ],
)
async def test_placements_by_filter(tcs_: Running, filters: str, status: int, ids: list[int] | None) -> None:
    from urllib.parse import quote

    got, body, headers = await raw(
        tcs_, "GET", f"/api/placements/filter?columnFilters={quote(filters)}&size=2"
    )
    assert got == status
    if ids is not None:
        assert [row["id"] for row in body] == ids[:2]
        assert headers["X-Total-Count"] == str(len(ids))


async def test_placements_come_in_bulk_over_all_pages(client: Tcs) -> None:
    assert [p.id for p in (await client.placements_of_posts([3, 1]))[3]] == [1, 2, 3]
    assert [p.id for p in (await client.placements_of_people([9999]))[9999]] == [1, 2, 3]


async def test_GmcDetailsResourceIntTest_and_Gdc_in(client: Tcs) -> None:
    assert await client.people_by_gmc(["7000001", "7777777"]) == {"7000001": [9999], "7777777": []}
    assert await client.people_by_gdc(["D1"]) == {"D1": [9999]}


async def test_the_training_number_comes_with_the_memberships(client: Tcs) -> None:
    assert await client.training_number(9999) == "EOE/1/C"


async def test_an_absence_made_by_the_client_is_there_once(client: Tcs, tcs_: Running) -> None:
    await client.create_absence(
        Absence(absence_attendance_id="N1", person_id=9999, start_date=date(2026, 1, 1))
    )
    with pytest.raises(TcsError):
        await client.create_absence(Absence(absence_attendance_id="N1", person_id=9999))
    assert len(tcs_.simulator.store.absences) == 2


def test_a_broken_line_of_data_is_refused_by_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "posts.jsonl").write_text('{"id": 1, "nationalPostNumber": "N"}\n{"id": ')
    with pytest.raises(BadData, match=r"posts\.jsonl line 2"):
        Store(tmp_path)
