"""What TCS's own tests and its table say of posts, held against the simulator.

An id with a test class is that test of TCS; ``P`` marks rules of the endpoints themselves.
"""

from pathlib import Path
from typing import Any

import pytest
from tests.contract.simulated_tcs import Simulated, simulated

from tis_esr.tcs.tcs_errors import TcsUncertainError

FY1 = "EOE/RGT00/021/FY1/013"
ODD = "EOE/R\\@$&£/1"
POSTS = [
    {"id": 1, "nationalPostNumber": "NPN100", "status": "CURRENT", "owner": "East of England"},
    {"id": 2, "nationalPostNumber": "NPN200", "status": "INACTIVE", "owner": "East of England"},
    {"id": 3, "nationalPostNumber": "NPN300", "status": "CURRENT", "owner": "Wessex"},
    {"id": 4, "nationalPostNumber": FY1, "status": "CURRENT", "placementHistory": [{"id": 1}]},
    {"id": 5, "nationalPostNumber": ODD},
    {"id": 6, "nationalPostNumber": " NPN600"},
    {"id": 7, "nationalPostNumber": "A+B,C D"},
    {"id": 8, "nationalPostNumber": "NPN100"},
    {"id": 9, "nationalPostNumber": None},
]
ROWS: dict[str, Any] = {"posts": POSTS}
EVENT = {
    "eventDateTime": "2020-01-01T01:01:01.100",
    "filename": "DE_EOE_RMC_20200101_00000001.DAT",
    "postId": 1111,
    "positionNumber": 2222,
    "positionId": 4444,
    "status": "RECONCILED",
}


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        pytest.param(
            ["NPN100", "NPN200"],
            {"NPN100": [1, 8], "NPN200": [2]},
            id="PostResourceIntTest.getPostsInShouldReturnMatchingPosts",
        ),
        pytest.param(["X"], {"X": []}, id="PostResourceIntTest.getPostsInEmptyForNonExistingNumbers"),
        pytest.param([FY1], {FY1: [4]}, id="PostResourceIntTest.getPostByNPN"),
        pytest.param([ODD], {ODD: [5]}, id="PostResourceIntTest.getPostByNPN-special-characters"),
        pytest.param(
            [" NPN600", "NPN600"],
            {" NPN600": [6], "NPN600": []},
            id="PlacementValidator.validateOverlappingPlacementsWithNpnHavingLeadingSpace",
        ),
        pytest.param(["A+B,C D"], {"A+B,C D": [7]}, id="P1-plus-comma-blank"),
        pytest.param(["npn100 "], {"npn100 ": [1, 8]}, id="P1-case-and-blank-at-the-end"),
        pytest.param([], {}, id="P1-none-asked"),
    ],
)
async def test_the_client_finds_posts_by_their_number(
    tmp_path: Path, asked: list[str], wanted: dict[str, list[int]]
) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        found = await sim.tcs.posts_by_npn(asked)

    assert {npn: sorted(post.id for post in posts) for npn, posts in found.items()} == wanted


@pytest.mark.parametrize(
    ("path", "status", "ids"),
    [
        pytest.param(
            "EOE%252FRGT00%252F021%252FFY1%252F013", 200, [4], id="PostResourceIntTest.getPostByNPN"
        ),
        pytest.param("NPN100,NPN100", 200, [1, 8], id="P1-asked-twice"),
        pytest.param("NPN200,", 200, [2], id="P1-empty-element"),
        pytest.param("NPN200/", 200, [2], id="P1-trailing-slash"),
        pytest.param("A%252BB%252CC%2520D", 200, [7], id="P1-plus-encoded-twice"),
        pytest.param("A%2BB%252CC%2520D", 200, [], id="P1-plus-encoded-once-is-a-blank"),
        pytest.param("EOE%2FRGT00%2F021%2FFY1%2F013", 404, None, id="P1-slash-encoded-once"),
        pytest.param("EOE/RGT00/021/FY1/013", 404, None, id="P1-slash-not-encoded"),
        pytest.param("", 500, None, id="PostResourceIntTest.getPostsInThrowsServerErrorForEmptyInput"),
    ],
)
async def test_a_post_number_is_decoded_twice(
    tmp_path: Path, path: str, status: int, ids: list[int] | None
) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("GET", f"/api/posts/in/{path}")

    assert answer.status == status
    assert (sorted(post["id"] for post in answer.body) if status == 200 else None) == ids


async def test_a_list_of_posts_carries_no_history_and_no_events(tmp_path: Path) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("GET", "/api/posts/in/EOE%252FRGT00%252F021%252FFY1%252F013")

    assert answer.body == [
        {
            "id": 4,
            "nationalPostNumber": FY1,
            "status": "CURRENT",
            "placementHistory": None,
            "currentReconciledEvents": None,
        }
    ]


@pytest.mark.parametrize(
    ("query", "count"),
    [
        pytest.param("?size=2", 2, id="PostResourceIntTest.shouldFilterPostsByDeaneryNumbers"),
        pytest.param("?size=10", 3, id="PostResourceIntTest.shouldFilterPostsByDeaneryNumbersHonorsPageSize"),
        pytest.param("?size=2&page=1", 1, id="P2-second-page"),
        pytest.param("?size=0&page=-1", 3, id="P2-senseless-page-is-the-default"),
        pytest.param("?size=x&page=y", 3, id="P2-ill-typed-page-is-the-default"),
    ],
)
async def test_the_light_look_up_pages_without_headers(tmp_path: Path, query: str, count: int) -> None:
    numbers = ["NPN200", "NPN300", FY1]
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("POST", f"/api/posts/filter/deanery{query}", numbers)

    assert (answer.status, len(answer.body)) == (200, count)
    assert answer.body[0].keys() == {"id", "nationalPostNumber", "status", "owner"}
    assert "X-Total-Count" not in answer.headers
    assert "Link" not in answer.headers


async def test_the_light_look_up_gives_20_posts_if_not_told(tmp_path: Path) -> None:
    posts = [{"id": n, "nationalPostNumber": f"N{n}"} for n in range(1, 31)]
    async with simulated(tmp_path, posts=posts) as sim:
        answer = await sim.http("POST", "/api/posts/filter/deanery", [f"N{n}" for n in range(1, 31)])

    assert len(answer.body) == 20


@pytest.mark.parametrize(
    ("post_id", "npn"),
    [
        pytest.param(4, FY1, id="PostResourceIntTest.getPostId"),
        pytest.param(77, None, id="PostResourceIntTest.getNonExistingPost"),
    ],
)
async def test_the_client_reads_a_post(tmp_path: Path, post_id: int, npn: str | None) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        post = await sim.tcs.post(post_id)

    assert (post.national_post_number if post else None) == npn
    assert post is None or post.current_reconciled_events == []


async def told(sim: Simulated, post_id: int, position: tuple[int, int], status: str, at: str) -> None:
    event = {
        "eventDateTime": at,
        "positionId": position[0],
        "positionNumber": position[1],
        "status": status,
        "filename": None,
    }
    assert await sim.tcs.post_esr_changed(post_id, event)


async def reconciled(sim: Simulated, post_id: int) -> list[int]:
    post = await sim.tcs.post(post_id)
    assert post
    return sorted(event.position_id for event in post.current_reconciled_events or [])


ONE, TWO = (2654521, 1355577), (2654522, 1355578)


@pytest.mark.parametrize(
    ("events", "on_first", "on_second"),
    [
        pytest.param(
            [
                (1, ONE, "RECONCILED", "2022-04-01T10:00:00"),
                (1, ONE, "DELETED", "2022-04-02T10:00:00"),
                (1, TWO, "DELETED", "2022-04-01T10:00:00"),
                (1, TWO, "RECONCILED", "2022-04-02T10:00:00"),
            ],
            [2654522],
            [],
            id="PostEsrLatestEventViewRepositoryTest",
        ),
        pytest.param(
            [(1, ONE, "DELETED", "2022-04-02T10:00:00"), (1, ONE, "RECONCILED", "2022-04-01T10:00:00")],
            [],
            [],
            id="view-by-moment-not-by-arrival",
        ),
        pytest.param(
            [(1, ONE, "RECONCILED", "2022-04-01T10:00:00"), (2, ONE, "RECONCILED", "2022-04-02T10:00:00")],
            [],
            [2654521],
            id="view-over-all-posts",
        ),
        pytest.param(
            [
                (1, ONE, "RECONCILED", "2022-04-01T10:00:00.1"),
                (2, ONE, "RECONCILED", "2022-04-01T10:00:00.100"),
            ],
            [2654521],
            [2654521],
            id="view-ties-give-several",
        ),
        pytest.param(
            [(1, ONE, "RECONCILED", "2022-04-01T10:00:00"), (2, ONE, "DELETED", "2022-04-01T10:00:00")],
            [2654521],
            [],
            id="view-tie-of-link-and-deletion",
        ),
        pytest.param(
            [
                (1, (7, 1), "RECONCILED", "2022-04-01T10:00:00"),
                (1, (7, 2), "DELETED", "2022-04-02T10:00:00"),
            ],
            [7],
            [],
            id="view-by-id-and-number",
        ),
    ],
)
async def test_a_post_lists_the_latest_word_on_each_position(
    tmp_path: Path,
    events: list[tuple[int, tuple[int, int], str, str]],
    on_first: list[int],
    on_second: list[int],
) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        for event in events:
            await told(sim, *event)
        assert await reconciled(sim, 1) == on_first
        assert await reconciled(sim, 2) == on_second


async def test_an_event_of_a_position_is_answered_as_stored(tmp_path: Path) -> None:
    """PostResource2Test.markPostAsEsrPositionChangedShouldCallServiceToMarkItAsChanged"""
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("POST", "/api/posts/1/esr-changed", EVENT)
        post = (await sim.http("GET", "/api/posts/1")).body

    assert (answer.status, answer.body) == (200, {**EVENT, "postId": None})
    assert post["currentReconciledEvents"] == [{**EVENT, "postId": 1}]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({**EVENT, "filename": None}, 200, id="P6-filename-may-be-null"),
        pytest.param({**EVENT, "eventDateTime": None}, 500, id="P6-no-moment"),
        pytest.param({**EVENT, "positionNumber": None}, 500, id="P6-no-number"),
        pytest.param({**EVENT, "positionId": None}, 500, id="P6-no-id"),
        pytest.param({**EVENT, "status": None}, 500, id="P6-no-status"),
        pytest.param({**EVENT, "status": "LINKED"}, 400, id="P6-bad-enum"),
        pytest.param({**EVENT, "eventDateTime": "today"}, 400, id="P6-bad-moment"),
        pytest.param(b"{", 400, id="P6-unreadable"),
    ],
)
async def test_an_event_needs_all_but_its_file(tmp_path: Path, body: Any, status: int) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("POST", "/api/posts/1/esr-changed", body)
        stored = sim.running.simulator.store.post_events

    assert answer.status == status
    assert len(stored) == (1 if status == 200 else 0)


async def test_the_same_event_twice_is_stored_twice(tmp_path: Path) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        for _ in range(2):
            assert await sim.tcs.post_esr_changed(1, EVENT)
        assert len(sim.running.simulator.store.post_events) == 2


@pytest.mark.parametrize(
    "post_id", [pytest.param(77, id="PostServiceImplTest.markPostAsEsrPositionChanged-unknown")]
)
async def test_the_client_tells_that_a_post_is_gone(tmp_path: Path, post_id: int) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        assert await sim.tcs.post_esr_changed(post_id, EVENT) is False


async def test_the_client_is_uncertain_after_a_500(tmp_path: Path) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        with pytest.raises(TcsUncertainError):
            await sim.tcs.post_esr_changed(1, {**EVENT, "positionId": None})


def history(count: int) -> list[dict[str, Any]]:
    return [{"id": n, "postId": 4, "traineeId": 10, "dateTo": "2020-01-01"} for n in range(1, count + 1)]


@pytest.mark.parametrize(
    ("path", "count"),
    [
        pytest.param("/api/posts/4/placements", 1200, id="P4-no-limit"),
        pytest.param(
            "/api/posts/4/placements/new",
            1000,
            id="PlacementServiceImplTest.placementForPostShouldLimitPostsIfMoreThan1k",
        ),
        pytest.param("/api/posts/77/placements", 0, id="P4-unknown-post"),
    ],
)
async def test_the_history_of_a_post(tmp_path: Path, path: str, count: int) -> None:
    async with simulated(tmp_path, **ROWS, placements=history(1200)) as sim:
        answer = await sim.http("GET", path)

    assert (answer.status, len(answer.body)) == (200, count)


async def test_a_summary_spells_the_names_as_tcs_does(tmp_path: Path) -> None:
    """PostResourceIntTest.shouldGetPlacementsSummaryByPostId"""
    names = {
        "id": 10,
        "forenames": "Testa",
        "surname": "Example",
        "legalForenames": "Testa L",
        "legalSurname": "Exemplary",
    }
    people = [{"id": 10, "contactDetails": names}]
    async with simulated(tmp_path, **ROWS, people=people, placements=history(1)) as sim:
        [row] = (await sim.http("GET", "/api/posts/4/placements/new")).body

    assert (row["forenames"], row["surname"]) == ("Testa", "Example")
    assert (row["legalforenames"], row["legalsurname"]) == ("Testa L", "Exemplary")
    assert (row["postId"], row["nationalPostNumber"], row["esrEvents"]) == (4, FY1, None)


async def test_a_post_that_was_renamed_is_found_by_its_new_number_only(tmp_path: Path) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        await sim.http("PUT", "/api/posts", {"id": 3, "nationalPostNumber": "NPN301"})
        await sim.http("PUT", "/api/posts", {"id": 9, "nationalPostNumber": "NPN900"})
        created = await sim.http("POST", "/api/posts", {"id": 30, "nationalPostNumber": "NPN999"})
        found = await sim.tcs.posts_by_npn(["NPN300", "NPN301", "NPN900", "NPN999"])

    assert created.status == 201
    assert {npn: [post.id for post in posts] for npn, posts in found.items()} == {
        "NPN300": [],
        "NPN301": [3],
        "NPN900": [9],
        "NPN999": [30],
    }


async def test_a_wrong_method_is_405(tmp_path: Path) -> None:
    async with simulated(tmp_path, **ROWS) as sim:
        answer = await sim.http("DELETE", "/api/posts/1")

    assert (answer.status, answer.body["message"]) == (405, "error.methodNotSupported")


async def test_current_posts_are_found_by_a_part_of_their_number(tmp_path: Path) -> None:
    async with simulated(tmp_path, **ROWS) as tcs:
        found = {
            text: [post.id async for page in tcs.tcs.current_posts(text) for post in page]
            for text in ("NPN", "npn300", "/FY1/", "NPN200", '"')
        }
    assert found == {"NPN": [1, 3], "npn300": [3], "/FY1/": [4], "NPN200": [], '"': []}
