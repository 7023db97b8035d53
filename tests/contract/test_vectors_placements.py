"""What TCS's own tests and its table say of placements, held against the simulator.

An id with a test class is that test of TCS; ``L`` marks rules of the endpoints themselves.
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from tests.contract.simulated_tcs import simulated

from tis_esr.tcs.tcs_errors import TcsUncertainError

FIRST = {
    "id": 1,
    "traineeId": 10,
    "traineeFirstName": "Testa",
    "traineeLastName": "Example",
    "traineeGmcNumber": "7000001",
    "postId": 5,
    "dateFrom": "2026-01-01",
    "dateTo": "2026-01-31",
    "wholeTimeEquivalent": 0.8,
    "siteCode": "RGT00",
    "placementType": "In Post",
    "owner": "East of England",
    "specialties": [{"placementId": 1, "specialtyId": 2}],
    "lifecycleState": "APPROVED",
}
SECOND = {**FIRST, "id": 2, "traineeId": 11, "dateFrom": "2026-02-01", "dateTo": "2026-02-28"}
THIRD = {**FIRST, "id": 3, "postId": 6, "dateFrom": "2026-03-01", "dateTo": "2026-03-31"}
OPEN = {
    **FIRST,
    "id": 4,
    "postId": 6,
    "traineeId": 12,
    "dateFrom": None,
    "dateTo": None,
    "placementType": "OOPE",
}
ROWS: dict[str, Any] = {
    "posts": [{"id": 5, "nationalPostNumber": "EOE/1"}, {"id": 6, "nationalPostNumber": "EOE/2"}],
    "placements": [FIRST, SECOND, THIRD, OPEN],
}
EVENT = {
    "exportedAt": "2021-05-06T09:08:38.000+00:00",
    "filename": "DE_EOE_APP_20210506_00002690.DAT",
    "positionNumber": 2222,
    "positionId": 4444,
}


def filter_path(filters: Any, more: str = "") -> str:
    text = filters if isinstance(filters, str) else msgspec.json.encode(filters).decode()
    return f"/api/placements/filter?columnFilters={quote(text)}{more}"


async def test_a_placement_has_its_post_number_and_events(tmp_path: Path) -> None:
    """PlacementResourceIntTest.getPlacement"""
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("GET", "/api/placements/1")

    assert answer.body == {**FIRST, "nationalPostNumber": "EOE/1", "esrEvents": []}


@pytest.mark.parametrize(
    ("placement_id", "npn"),
    [
        pytest.param(3, "EOE/2", id="PlacementResourceIntTest.getPlacement"),
        pytest.param(77, None, id="PlacementResourceIntTest.getNonExistingPlacement"),
    ],
)
async def test_the_client_reads_a_placement(tmp_path: Path, placement_id: int, npn: str | None) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        found = await sim.tcs.placement(placement_id)

    assert (found.national_post_number if found else None) == npn


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        pytest.param({"postId": ["5"]}, [1, 2], id="L2-post"),
        pytest.param({"traineeId": ["10", "12"]}, [1, 3, 4], id="L2-trainees"),
        pytest.param({"postId": ["5"], "traineeId": ["10"]}, [1], id="L2-several-are-and"),
        pytest.param({"postId": ["5", "5"]}, [1, 2], id="L2-asked-twice"),
        pytest.param({"postId": ["77"]}, [], id="L2-none"),
        pytest.param({}, [1, 2, 3, 4], id="L2-no-filter"),
        pytest.param({"placementType": ["in post"]}, [1, 2, 3], id="L2-any-letter-case"),
        pytest.param(
            {"dateFrom": ["2026-02-01", "2026-03-01"]}, [2, 3], id="PlacementResourceIntTest.filter-inside"
        ),
        pytest.param(
            {"dateTo": ["2020-01-01", "2026-01-30"]}, [], id="PlacementResourceIntTest.filter-outside"
        ),
        pytest.param({"dateTo": ["2026-01-31", "2026-01-31"]}, [1], id="L2-both-days-count"),
    ],
)
async def test_placements_are_filtered(tmp_path: Path, filters: Any, ids: list[int]) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("GET", filter_path(filters))

    assert (answer.status, [row["id"] for row in answer.body]) == (200, ids)
    assert answer.headers["X-Total-Count"] == str(len(ids))


@pytest.mark.parametrize(
    "filters",
    [
        pytest.param(
            {"dateFrom": ["01/02/2026", "2026-02-01"]},
            id="PlacementResourceIntTest.shouldErrorWhenDateFormatIsInvalid",
        ),
        pytest.param({"dateFrom": ["2026-13-01", "2026-14-01"]}, id="L2-no-such-day"),
        pytest.param({"dateTo": ["2026-01-01"] * 3}, id="PlacementResourceIntTest.filter-3-values"),
        pytest.param({"dateTo": ["2026-01-01"]}, id="L2-one-date"),
        pytest.param({"postId": ["five"]}, id="L2-ill-typed-id"),
        pytest.param("{", id="L2-unreadable"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_a_500(tmp_path: Path, filters: Any) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("GET", filter_path(filters))

    assert (answer.status, answer.body["message"]) == (500, "error.internalServerError")


async def test_filtered_placements_are_not_decorated(tmp_path: Path) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        assert await sim.tcs.post_esr_exported(1, EVENT)
        [row] = (await sim.http("GET", filter_path({"postId": ["5"], "traineeId": ["10"]}))).body

    decoration = ("traineeFirstName", "traineeLastName", "traineeGmcNumber", "nationalPostNumber", "owner")
    assert [row[name] for name in (*decoration, "specialties", "esrEvents")] == [None] * 7
    assert (row["siteCode"], row["wholeTimeEquivalent"]) == ("RGT00", 0.8)


@pytest.mark.parametrize(
    ("query", "count", "relations"),
    [
        pytest.param("", 20, ["next", "last", "first"], id="L2-20-in-a-page"),
        pytest.param("&page=1&size=10", 10, ["next", "prev", "last", "first"], id="L2-middle-page"),
        pytest.param("&page=2", 5, ["prev", "last", "first"], id="L2-last-page"),
        pytest.param("&size=2000", 45, ["last", "first"], id="L2-only-page"),
    ],
)
async def test_pages_say_how_many_there_are_and_where_to_go(
    tmp_path: Path, query: str, count: int, relations: list[str]
) -> None:
    placements = [{**FIRST, "id": n} for n in range(1, 46)]
    async with simulated(tmp_path, placements=placements) as sim:
        answer = await sim.http("GET", filter_path({"postId": ["5"]}, query))

    assert len(answer.body) == count
    assert answer.headers["X-Total-Count"] == "45"
    assert [link.split('rel="')[1].rstrip('"') for link in answer.headers["Link"].split(",")] == relations


async def test_a_page_holds_2000_at_most_and_the_client_reads_them_all(tmp_path: Path) -> None:
    placements = [{"id": n, "postId": 5} for n in range(1, 4502)]
    async with simulated(tmp_path, placements=placements) as sim:
        page = await sim.http("GET", filter_path({"postId": ["5"]}, "&size=9999"))
        found = await sim.tcs.placements_of_posts([5, 6])

    assert len(page.body) == 2000
    assert {post: len(rows) for post, rows in found.items()} == {5: 4501, 6: 0}


@pytest.mark.parametrize(
    ("sort", "ids"),
    [
        pytest.param("id,asc", [1, 2, 3, 4], id="L2-ascending"),
        pytest.param("id,desc", [4, 3, 2, 1], id="L2-descending"),
        pytest.param("dateTo,desc", [3, 2, 1, 4], id="L2-empty-ones-last-downwards"),
    ],
)
async def test_placements_are_sorted_as_asked(tmp_path: Path, sort: str, ids: list[int]) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("GET", filter_path({}, f"&sort={sort}"))

    assert [row["id"] for row in answer.body] == ids


async def test_the_client_reads_the_placements_of_people(tmp_path: Path) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        found = await sim.tcs.placements_of_people([10, 11, 77])

    assert {who: [row.id for row in rows] for who, rows in found.items()} == {10: [1, 3], 11: [2], 77: []}


@pytest.mark.parametrize(
    ("exported_at", "wanted"),
    [
        pytest.param(
            111,
            datetime(1970, 1, 1, 0, 0, 0, 111000, tzinfo=UTC),
            id="PlacementResourceTest.markPlacementAsEsrExportedShouldCallServiceToMarkItAsExported",
        ),
        pytest.param(
            "2021-05-06T09:08:38.000+00:00",
            datetime(2021, 5, 6, 9, 8, 38, tzinfo=UTC),
            id="PlacementEsrEventDtoMapperTest.exportedAt",
        ),
    ],
)
async def test_an_export_is_found_with_the_placement(
    tmp_path: Path, exported_at: Any, wanted: datetime
) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        assert await sim.tcs.post_esr_exported(1, {**EVENT, "exportedAt": exported_at, "status": "NEW"})
        placement = await sim.tcs.placement(1)

    assert placement
    [event] = placement.esr_events or []
    assert event.exported_at == wanted
    assert (event.filename, event.position_number, event.position_id) == (EVENT["filename"], 2222, 4444)
    assert event.status == "EXPORTED"


async def test_an_export_is_answered_by_the_row_and_not_by_the_dto(tmp_path: Path) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("POST", "/api/placements/1/esr-exported", {**EVENT, "exportedAt": 111})

    assert answer.status == 200
    assert answer.body.pop("placement")["id"] == 1
    assert answer.body == {
        "id": 1,
        "eventDateTime": "1970-01-01T00:00:00.111+00:00",
        "filename": EVENT["filename"],
        "positionNumber": 2222,
        "positionId": 4444,
        "status": "EXPORTED",
    }


async def test_events_belong_to_their_placement_and_are_appended(tmp_path: Path) -> None:
    """PlacementEsrEventRepositoryTest: two on one placement, one on another; PlacementServiceImplTest.populateEsrEvents"""
    async with simulated(tmp_path, **ROWS) as sim:
        for placement_id in (1, 1, 2):
            assert await sim.tcs.post_esr_exported(placement_id, EVENT)
        first = await sim.http("GET", "/api/placements/1")
        history = (await sim.http("GET", "/api/posts/5/placements/new")).body

    assert len(first.body["esrEvents"]) == 2
    assert {row["placementId"]: len(row["esrEvents"]) for row in history} == {1: 2, 2: 1}


@pytest.mark.parametrize("name", ["exportedAt", "filename", "positionNumber", "positionId"])
async def test_an_export_needs_all_its_fields(tmp_path: Path, name: str) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        with pytest.raises(TcsUncertainError) as caught:
            await sim.tcs.post_esr_exported(1, {**EVENT, name: None})
        placement = await sim.tcs.placement(1)

    assert caught.value.status == 500
    assert placement
    assert placement.esr_events == []


@pytest.mark.parametrize(
    "placement_id",
    [pytest.param(77, id="PlacementServiceImplTest.markPlacementAsEsrExported-not-found")],
)
async def test_the_client_tells_that_a_placement_is_gone(tmp_path: Path, placement_id: int) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        assert await sim.tcs.post_esr_exported(placement_id, EVENT) is False


@pytest.mark.parametrize(
    ("exported", "status"),
    [
        pytest.param(True, 400, id="PlacementValidatorTest.validateNpnForPlacementExportedToEsr"),
        pytest.param(False, 200, id="L4-not-exported"),
    ],
)
async def test_the_post_of_an_exported_placement_is_locked(
    tmp_path: Path, exported: bool, status: int
) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        if exported:
            assert await sim.tcs.post_esr_exported(1, EVENT)
        answer = await sim.http("PUT", "/api/placements", {**FIRST, "postId": 6})

    assert answer.status == status
    if exported:
        assert answer.body["message"] == "error.validation"
        assert answer.body["fieldErrors"] == [
            {
                "objectName": "PlacementDTO",
                "field": "nationalPostNumber",
                "message": "National Post Number can't be edited for Placement exported to ESR",
            }
        ]


async def test_a_placement_that_moved_is_found_at_its_new_post_and_person_only(tmp_path: Path) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        await sim.http("PUT", "/api/placements", {**FIRST, "postId": 6, "traineeId": 11})
        posts = await sim.tcs.placements_of_posts([5, 6])
        people = await sim.tcs.placements_of_people([10, 11])
        old = (await sim.http("GET", filter_path({"postId": ["5"]}))).body

    assert {post: [row.id for row in rows] for post, rows in posts.items()} == {5: [2], 6: [1, 3, 4]}
    assert {who: [row.id for row in rows] for who, rows in people.items()} == {10: [3], 11: [1, 2]}
    assert [row["id"] for row in old] == [2]


async def test_a_deleted_placement_is_gone_with_its_events_and_comes_back_once(tmp_path: Path) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        assert await sim.tcs.post_esr_exported(1, EVENT)
        deleted = await sim.http("DELETE", "/api/placements/1")
        gone = await sim.tcs.placement(1)
        again = await sim.http("POST", "/api/placements", FIRST)
        back = await sim.tcs.placement(1)
        rows = (await sim.http("GET", filter_path({"postId": ["5"]}))).body

    assert (deleted.status, gone, again.status) == (200, None, 201)
    assert back
    assert back.esr_events == []
    assert [row["id"] for row in rows] == [1, 2]


async def test_deleting_what_is_not_there_is_a_bad_request(tmp_path: Path) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("DELETE", "/api/placements/77")

    assert (answer.status, answer.body["description"]) == (400, "No Placement found for id: [77]")
