"""Positions and posts by office: which match, which share a post, which posts have no position. On both engines."""

from typing import Any

from tests.operations.applicant_records import EXPORTER
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import nowhere

from tis_esr.operations.positions.listing import (
    ListedPosition,
    PositionState,
    position_counts,
    position_list,
)
from tis_esr.operations.positions.posts_in_tis import PostState, post_list
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position
from tis_esr.tcs.models import ListedPost
from tis_esr.tcs.tcs_errors import TcsUnavailableError

ST, FY = "EOE/RX1/800/STR/0001", "EOE/RX2/021/FY1/0002"


def position(number: int, post: str = ST, deanery: str = "EOE", **more: Any) -> Position:
    return Position(
        position_id=number, position_number=number + 1000, deanery=deanery, deanery_number=post, **more
    )


async def stored(bench: Bench) -> None:
    await bench.keep(
        POSITIONS,
        position(1, status="MATCHED", post_id=7),
        position(2, status="MATCHED", post_id=7),
        position(3, status="MATCHED", post_id=7, deleted=True),
        position(4, FY, status="MATCHED", post_id=8),
        position(5, FY, status="UNMATCHED"),
        position(6, FY),
        position(7, FY, status="MATCHED", post_id=9, other_post_ids=[10, 11]),
        position(8, "", "LDN", status="UNMATCHED"),
    )


class Tis:
    """TIS with some posts, or none that answers."""

    def __init__(self, *numbers: str, away: bool = False) -> None:
        self.numbers, self.away = numbers, away
        self.asked: list[str] = []

    async def current_posts(self, text: str) -> Any:
        self.asked.append(text)
        if self.away:
            raise TcsUnavailableError("GET", "/api/findByNationalPostNumber", "no connection")
        yield [ListedPost(id=n, national_post_number=number) for n, number in enumerate(self.numbers)]


async def test_offices_are_counted_by_state(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await stored(bench)
        reader = bench.reader()
        eoe, ldn = position_counts(reader)
        reader.close()
    assert (eoe.deanery, eoe.positions) == ("EOE", 7)
    assert eoe.states == {
        PositionState.MATCHED: 4,
        PositionState.UNMATCHED: 1,
        PositionState.NOT_RECONCILED: 1,
        PositionState.DELETED: 1,
    }
    assert (ldn.deanery, ldn.positions) == ("LDN", 1)


async def test_positions_of_an_office_have_codes_state_and_what_they_share(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await stored(bench)
        reader = bench.reader()
        found = position_list(reader, "EOE")
        reader.close()
    assert not found.is_cut
    by_id: dict[int, ListedPosition] = {one.position_id: one for one in found.positions}
    assert sorted(by_id) == [1, 2, 3, 4, 5, 6, 7]
    assert (by_id[1].trust, by_id[1].specialty, by_id[1].grade) == ("RX1", "800", "STR")
    assert [number for number, one in sorted(by_id.items()) if one.is_shared] == [1, 2, 7]
    assert (by_id[1].beside, by_id[3].beside, by_id[7].other_posts) == (1, 0, 2)
    assert [by_id[n].state for n in (3, 5, 6)] == [
        PositionState.DELETED,
        PositionState.UNMATCHED,
        PositionState.NOT_RECONCILED,
    ]


async def test_posts_of_tis_have_a_position_none_or_only_deleted_ones(benches: Benches) -> None:
    gone = "EOE/RX3/800/STR/0003"
    tis: Any = Tis(ST, gone, "EOE/RX4/800/STR/0004", "LDN/RX1/800/STR/0001")
    async with benches.open(EXPORTER, nowhere()) as bench:
        await stored(bench)
        await bench.keep(POSITIONS, position(9, gone, status="MATCHED", post_id=12, deleted=True))
        reader = bench.reader()
        found = await post_list(reader, tis, "EOE")
        reader.close()
    assert [(one.trust, one.state, one.positions, one.deleted) for one in found.posts] == [
        ("RX1", PostState.WITH, "1001; 1002", "1003"),
        ("RX3", PostState.ONLY_DELETED, "", "1009"),
        ("RX4", PostState.WITHOUT, "", ""),
    ]
    assert tis.asked == ["EOE/"]


async def test_several_posts_with_one_number_are_told_apart_so_that_no_page_of_them_leaves_one_out(
    benches: Benches,
) -> None:
    tis: Any = Tis(ST, ST, "EOE/RX4/800/STR/0004", ST)
    async with benches.open(EXPORTER, nowhere()) as bench:
        reader = bench.reader()
        found = (await post_list(reader, tis, "EOE")).posts
        reader.close()
    keys = [one.key for one in found]
    assert len(set(keys)) == len(keys) == 4
    assert keys == sorted(keys)


async def test_while_tis_does_not_answer_the_list_says_so(benches: Benches) -> None:
    tis: Any = Tis(away=True)
    async with benches.open(EXPORTER, nowhere()) as bench:
        reader = bench.reader()
        away, unset = await post_list(reader, tis, "EOE"), await post_list(reader, None, "EOE")
        reader.close()
    assert (away.posts, "no connection" in away.trouble) == ([], True)
    assert unset.trouble == "the address of TCS is not set (TIS_ESR_TCS_URL or --tcs)"
