"""What the client writes on the wire: encoding, chunks and pages."""

import re
from urllib.parse import unquote

import msgspec
import pytest
from tests.contract.scripted_tcs import Reply, asking

from tis_esr.tcs.tcs_errors import TcsUnreadableError
from tis_esr.tcs.url_packing import packed, placement_filters


async def test_a_national_post_number_is_encoded_twice() -> None:
    async with asking(Reply([])) as (tcs, script):
        await tcs.posts_by_npn(["EOE/RGT00/021/FY1/013"])

    assert script.paths == ["/tcs/api/posts/in/EOE%252FRGT00%252F021%252FFY1%252F013"]


@pytest.mark.parametrize(
    ("npn", "on_the_wire"),
    [
        ("A+B", "A%252BB"),
        (" EOE/1", "%2520EOE%252F1"),
        ("EOE/1 ", "EOE%252F1%2520"),
        ("A,B", "A%252CB"),
        (r"\@$&£", "%255C%2540%2524%2526%25C2%25A3"),
        ("100%", "100%2525"),
    ],
)
async def test_every_character_of_a_post_number_survives(npn: str, on_the_wire: str) -> None:
    async with asking(Reply([])) as (tcs, script):
        await tcs.posts_by_npn([npn])

    assert script.paths == [f"/tcs/api/posts/in/{on_the_wire}"]


async def test_post_numbers_travel_together_and_each_only_once() -> None:
    async with asking(Reply([])) as (tcs, script):
        await tcs.posts_by_npn(["A/1", "B/2", "A/1"])

    assert script.paths == ["/tcs/api/posts/in/A%252F1,B%252F2"]


async def test_nothing_is_asked_for_no_or_blank_post_numbers() -> None:
    async with asking(Reply([])) as (tcs, script):
        assert await tcs.posts_by_npn(["", "  "]) == {"": [], "  ": []}
        assert await tcs.posts_by_npn([]) == {}
        assert await tcs.people([]) == {}
        assert await tcs.placements_of_posts([]) == {}

    assert script.paths == []


async def test_long_lists_of_post_numbers_are_split_into_paths_of_6000_bytes() -> None:
    async with asking(Reply([])) as (tcs, script):
        await tcs.posts_by_npn([f"EOE/RGT00/021/FY1/{n:03}" for n in range(400)])

    assert [len(path) <= 6100 for path in script.paths] == [True, True, True]
    assert sorted(npn for path in script.paths for npn in path.split("/")[-1].split(",")) == [
        f"EOE%252FRGT00%252F021%252FFY1%252F{n:03}" for n in range(400)
    ]


def test_pieces_are_packed_up_to_the_room_and_a_long_one_travels_alone() -> None:
    assert list(packed(["aa", "bb", "cc", "ddddddd", "e"], room=5)) == ["aa,bb", "cc", "ddddddd", "e"]
    assert list(packed(["a", "b", "c"], most=2)) == ["a,b", "c"]
    assert list(packed([])) == []


def test_a_filter_is_json_of_texts_encoded_once() -> None:
    assert [unquote(columns) for columns in placement_filters("postId", [1, 22])] == ['{"postId":["1","22"]}']
    assert list(placement_filters("postId", [1])) == ["%7B%22postId%22%3A%5B%221%22%5D%7D"]


async def test_placements_are_asked_in_pages_of_2000_by_id() -> None:
    async with asking(Reply([], headers={"X-Total-Count": "0"})) as (tcs, script):
        assert await tcs.placements_of_posts([7]) == {7: []}

    assert script.paths == [
        "/tcs/api/placements/filter?columnFilters=%7B%22postId%22%3A%5B%227%22%5D%7D&page=0&size=2000&sort=id,asc"
    ]


async def test_all_pages_of_placements_are_read() -> None:
    pages = [
        [{"id": n, "postId": 7} for n in range(2000)],
        [{"id": n, "postId": 7} for n in range(2000, 4000)],
        [{"id": 4000, "postId": 7}],
    ]
    replies = [Reply(page, headers={"X-Total-Count": "4001"}) for page in pages]
    async with asking(*replies, concurrency=1) as (tcs, script):
        found = await tcs.placements_of_posts([7])

    assert len(found[7]) == 4001
    assert [re.findall("page=[0-9]", path) for path in script.paths] == [["page=0"], ["page=1"], ["page=2"]]


async def test_pages_that_shifted_while_reading_are_read_again() -> None:
    first = Reply([{"id": n, "postId": 7} for n in range(2000)], headers={"X-Total-Count": "2002"})
    shifted = Reply([{"id": 2001, "postId": 7}], headers={"X-Total-Count": "2002"})
    whole = Reply([{"id": n, "postId": 7} for n in (2000, 2001)], headers={"X-Total-Count": "2002"})
    async with asking(first, shifted, first, whole) as (tcs, _):
        found = await tcs.placements_of_posts([7])

    assert [placement.id for placement in found[7]] == list(range(2002))


async def test_pages_without_a_total_are_no_answer_of_tcs() -> None:
    async with asking(Reply([])) as (tcs, _):
        with pytest.raises(TcsUnreadableError, match="X-Total-Count"):
            await tcs.placements_of_posts([7])


async def test_placements_of_many_posts_come_sorted_to_their_post() -> None:
    page = [{"id": 1, "postId": 8}, {"id": 2, "postId": 7}, {"id": 3, "postId": 8}, {"id": 4, "postId": None}]
    async with asking(Reply(page, headers={"X-Total-Count": "4"})) as (tcs, _):
        found = await tcs.placements_of_posts([7, 8, 9])

    assert {post: [p.id for p in placements] for post, placements in found.items()} == {
        7: [2],
        8: [1, 3],
        9: [],
    }


async def test_placements_of_people_are_asked_by_trainee() -> None:
    page = [{"id": 1, "traineeId": 50}]
    async with asking(Reply(page, headers={"X-Total-Count": "1"})) as (tcs, script):
        found = await tcs.placements_of_people([50])

    assert [p.id for p in found[50]] == [1]
    columns = re.findall("columnFilters=([^&]+)", script.paths[0])[0]
    assert msgspec.json.decode(unquote(columns)) == {"traineeId": ["50"]}
