"""What TCS is told of positions and exports: the newest in whatever order, each append once whatever fails."""

from random import Random

import pytest
from tests.services.bench import FILE, Bench, Benches, message, orders, splits
from tests.services.tcs_on_bench import PASSING, TODAY, Trouble

from tis_esr.engine.envelope import Message
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.services.contracts.bodies import ApplicantExported, PositionChanged
from tis_esr.services.inbound_data_writer.tis_exports import TIS_EXPORTS
from tis_esr.services.inbound_data_writer.tis_positions import TIS_POSITIONS, Linked
from tis_esr.simulation.days.generated_world import World

WRITER = "InboundDataWriter"
CHANGED = "esr.queue.position.changed"
EXPORTED = "esr.queue.apprecord.exported.inbounddatawriter"
POST, OTHER_POST, NO_POST = 100_001, 100_002, 999_999
PLACEMENT, OTHER_PLACEMENT = 1_900_001, 1_900_002
APP = "DE_EOE_APP_20261124_00000008.DAT"


def world() -> World:
    """Two posts, with a placement in each."""
    world = World(TODAY, Random(1))
    posts = [world.post("EOE"), world.post("EOE")]
    for post in posts:
        world.placement(post, world.person(), 20, 200)
    return world


def changed(
    revision: int,
    status: str = "RECONCILED",
    post: int = POST,
    number: int = 1001,
    position: int = 1,
    row: int | None = None,
    at: str = "2026-11-24T09:00:00.000",
) -> Message:
    source = revision + 1 if row is None else row
    body = PositionChanged(
        revision=revision,
        sources=[f"{FILE}:{source}"],
        post_id=post,
        position_id=position,
        position_number=number,
        status=status,
        filename=FILE,
        event_date_time=at,
    )
    return message(CHANGED, (position, number, revision), body, row=source)


def exported(placement: int = PLACEMENT, position: int = 1, file: str = APP) -> Message:
    body = ApplicantExported(
        placement_id=placement,
        position_id=position,
        position_number=position + 1000,
        deanery_number="EOE/1",
        person_id=200_001,
        date_from=TODAY,
        date_to=TODAY,
        last_name="Specimen",
        first_name="Testa",
        gmc_number=None,
        filename=file,
        exported_at="2026-11-24T14:00:00.000+00:00",
    )
    return message(EXPORTED, (placement, position, file), body)


async def confirmed(bench: Bench) -> dict[str, Linked | None]:
    return {key: known.confirmed for key, known in (await bench.all(TIS_POSITIONS)).items()}


CHAIN = [
    changed(1),
    changed(2, "DELETED"),
    changed(3, post=OTHER_POST),
    changed(4),
]
"""Linked, deleted, back on another post, back again."""


async def test_whichever_revision_comes_first_the_newest_decides(benches: Benches) -> None:
    for order in benches.some(orders(CHAIN)):
        async with benches.open(WRITER, world()) as bench:
            await bench.deliver(*([told] for told in order))
            assert (bench.tcs.listed(POST), bench.tcs.listed(OTHER_POST)) == ([(1, 1001)], []), order
            assert await confirmed(bench) == {"1:1001": Linked(post_id=POST, status="RECONCILED")}
            assert await bench.parked() == []


async def test_a_deletion_is_the_last_word_in_whatever_order(benches: Benches) -> None:
    chain = [changed(1), changed(2, post=OTHER_POST), changed(3, "DELETED", post=OTHER_POST)]
    for order in benches.some(orders(chain)):
        async with benches.open(WRITER, world()) as bench:
            await bench.deliver(*([told] for told in order))
            assert (bench.tcs.listed(POST), bench.tcs.listed(OTHER_POST)) == ([], []), order
            assert await confirmed(bench) == {"1:1001": Linked(post_id=OTHER_POST, status="DELETED")}


async def test_wherever_a_batch_is_split_the_end_is_the_same(benches: Benches) -> None:
    cases = [split for order in orders(CHAIN, most=8) for split in splits(order)]
    for parts in benches.some(cases):
        async with benches.open(WRITER, world()) as bench:
            await bench.deliver(*parts)
            assert (bench.tcs.listed(POST), bench.tcs.listed(OTHER_POST)) == ([(1, 1001)], []), parts
            assert await bench.parked() == []


@pytest.mark.parametrize(
    ("chain", "uncertain", "on_post"),
    [
        ([changed(1), changed(2, "DELETED", post=OTHER_POST)], 0, []),
        ([changed(1), changed(2, post=OTHER_POST), changed(3)], 1, [(1, 1001)]),
    ],
    ids=["deleted elsewhere", "back where it was"],
)
async def test_what_a_look_found_is_not_forgotten_when_the_write_is_not_sent(
    benches: Benches, chain: list[Message], uncertain: int, on_post: list[tuple[int, int]]
) -> None:
    for not_sent in range(uncertain + 1, uncertain + 5):
        failing = {uncertain: Trouble.STATUS_503_AFTER, not_sent: Trouble.NOT_CONNECTED}
        async with benches.open(WRITER, world(), failing) as bench:
            await bench.deliver(*([told] for told in chain))
            assert (bench.tcs.listed(POST), bench.tcs.listed(OTHER_POST)) == (on_post, []), not_sent


async def test_another_number_of_a_position_is_a_thing_of_its_own(benches: Benches) -> None:
    chain = [
        changed(1),
        changed(2, "DELETED"),
        changed(2, number=1002),
        changed(3, "DELETED", number=1002),
        changed(3, at="2026-11-24T09:00:01.000"),
    ]
    for order in benches.some(orders(chain)):
        async with benches.open(WRITER, world()) as bench:
            await bench.deliver(*([told] for told in order))
            assert bench.tcs.listed(POST) == [(1, 1001)], order


async def test_what_tcs_was_told_twice_it_is_told_once(benches: Benches) -> None:
    async with benches.open(WRITER, world()) as bench:
        once, again = exported(), message(EXPORTED, "again", exported().decode(ApplicantExported))
        await bench.deliver([changed(1)], [once, again])
        await bench.send(changed(1), exported())
        await bench.finish()
        assert sorted(bench.tcs.writes) == [
            f"POST /placements/{PLACEMENT}/esr-exported",
            f"POST /posts/{POST}/esr-changed",
        ]


async def test_the_row_of_an_older_change_says_that_it_was_superseded(benches: Benches) -> None:
    async with benches.open(WRITER, world()) as bench:
        await bench.account(
            *(Row(file=FILE, row=row, type="POR", state=RowState.APPLIED) for row in (2, 3, 4, 5))
        )
        await bench.deliver([changed(4)], [changed(1), changed(3, post=OTHER_POST)])
        assert await bench.rows() == {RowState.APPLIED: 2, RowState.SUPERSEDED: 2}


STORY = [changed(1), changed(2, "DELETED"), changed(3, post=OTHER_POST)]
STORY_ENDS = [f"POST /posts/{post}/esr-changed" for post in (POST, POST, OTHER_POST)]


async def test_a_call_that_fails_at_any_place_is_made_once(benches: Benches) -> None:
    every = [(call, trouble) for call in range(3) for trouble in PASSING]
    for call, trouble in benches.some(every, most=5):
        async with benches.open(WRITER, world(), {call: trouble}) as bench:
            for told in STORY:
                await bench.deliver([told])
            await bench.tcs.arrive()
            assert bench.tcs.writes == STORY_ENDS, (call, trouble)
            assert bench.tcs.begun_too_early == []
            assert (bench.tcs.listed(OTHER_POST), await bench.parked()) == ([(1, 1001)], [])


async def test_an_export_is_told_once_whatever_fails(benches: Benches) -> None:
    for trouble in benches.some(PASSING, most=4):
        async with benches.open(WRITER, world(), {0: trouble}) as bench:
            await bench.deliver([exported(), exported(OTHER_PLACEMENT)])
            await bench.tcs.arrive()
            assert sorted(bench.tcs.writes) == [
                f"POST /placements/{PLACEMENT}/esr-exported",
                f"POST /placements/{OTHER_PLACEMENT}/esr-exported",
            ], trouble
            assert (bench.tcs.begun_too_early, await bench.parked()) == ([], [])
            assert all(told.confirmed and not told.open for told in (await bench.all(TIS_EXPORTS)).values())


async def test_tcs_is_not_told_of_whom_the_previous_interface_sent(benches: Benches) -> None:
    async with benches.open(WRITER, world()) as bench:
        await bench.deliver([exported(file=""), exported(OTHER_PLACEMENT)])
        assert bench.tcs.writes == [f"POST /placements/{OTHER_PLACEMENT}/esr-exported"]
        assert (list((await bench.all(TIS_EXPORTS)).keys()), await bench.parked()) == (
            [f"{OTHER_PLACEMENT}:1:{APP}"],
            [],
        )


UNSURE = [Trouble.CUT_LATE, Trouble.CUT_AFTER, Trouble.STATUS_500_AFTER, Trouble.STATUS_503_AFTER]


@pytest.mark.parametrize("thing", [changed(1), exported()], ids=["changed", "exported"])
async def test_while_nobody_could_look_what_came_of_a_call_it_stays_to_be_looked_for(
    benches: Benches, thing: Message
) -> None:
    for first in benches.some(UNSURE, most=2):
        looks = 2 if first is Trouble.STATUS_500_AFTER else 1  # after a 500 TCS is asked something harmless
        for second in benches.some([t for t in PASSING if t.value.startswith(("not", "503", "403"))], most=2):
            async with benches.open(WRITER, world(), {0: first, looks: second}) as bench:
                await bench.deliver([thing])
                await bench.tcs.arrive()
                assert len(bench.tcs.writes) == 1, (first, second, bench.tcs.calls)
                assert (bench.tcs.begun_too_early, await bench.parked()) == ([], [])


async def test_an_append_is_not_begun_while_an_earlier_one_may_still_arrive(benches: Benches) -> None:
    """Neither the same one, nor the next of the same position: else the earlier one would have the last word."""
    async with benches.open(WRITER, world(), {0: Trouble.CUT_LATE}, uncertain_seconds=0.6) as bench:
        first, second = changed(1), changed(2, "DELETED")
        await bench.send(first, second)
        await bench.handle(first)
        await bench.handle(second)
        assert bench.tcs.calls == [f"POST /posts/{POST}/esr-changed"]
        await bench.finish()
        await bench.tcs.arrive()
        assert (bench.tcs.listed(POST), bench.tcs.begun_too_early) == ([], [])


async def test_a_neighbour_that_fails_costs_nobody_a_call(benches: Benches) -> None:
    async with benches.open(WRITER, world(), {1: Trouble.STATUS_503_BEFORE}) as bench:
        batch = [changed(1, position=position) for position in (1, 2, 3, 4)]
        await bench.send(*batch)
        await bench.handle(*batch)
        assert len(bench.tcs.calls) == 4
        await bench.finish()
        assert len(bench.tcs.calls) == 4 + len(["look", "append"])
        assert bench.tcs.listed(POST) == [(1, 1001), (2, 1001), (3, 1001), (4, 1001)]
        assert len(bench.tcs.writes) == 4


async def test_what_tcs_refuses_is_parked_and_its_neighbours_are_told(benches: Benches) -> None:
    async with benches.open(WRITER, world(), {0: Trouble.REFUSED}) as bench:
        await bench.deliver([changed(1), changed(1, position=2), changed(1, post=NO_POST, position=3)])
        assert bench.tcs.listed(POST) == [(2, 1001)]
        refused, gone = sorted(await bench.parked())
        assert "answered 400" in refused
        assert gone == f"post {NO_POST} is no longer in TIS, so TCS can't be notified RECONCILED"


async def test_a_redriven_old_event_changes_nothing_newer(benches: Benches) -> None:
    async with benches.open(WRITER, world(), {0: Trouble.REFUSED}) as bench:
        await bench.deliver([changed(1)], [changed(2, "DELETED")])
        assert len(await bench.parked()) == 1
        before = bench.tcs.writes
        await bench.redrive()
        assert (bench.tcs.listed(POST), bench.tcs.writes, await bench.parked()) == ([], before, [])


async def test_a_redriven_newest_event_is_told(benches: Benches) -> None:
    async with benches.open(WRITER, world(), {0: Trouble.REFUSED, 1: Trouble.REFUSED}) as bench:
        await bench.deliver([changed(2)])
        await bench.deliver([exported()])
        assert len(await bench.parked()) == 2
        await bench.redrive()
        assert (bench.tcs.listed(POST), await bench.parked()) == ([(1, 1001)], [])
        assert len(bench.tcs.writes) == 2


async def test_a_deletion_of_what_tcs_never_listed_is_not_told(benches: Benches) -> None:
    async with benches.open(WRITER, world()) as bench:
        await bench.deliver([changed(2, "DELETED")], [changed(1)])
        assert bench.tcs.calls == [f"GET /posts/{POST}"]


async def test_a_deletion_of_what_somebody_else_linked_is_told(benches: Benches) -> None:
    async with benches.open(WRITER, world()) as bench:
        bench.tcs.store.add_post_event(
            {
                "eventDateTime": "2026-11-01T09:00:00.000",
                "positionNumber": 1001,
                "positionId": 1,
                "status": "RECONCILED",
                "postId": POST,
            }
        )
        await bench.deliver([changed(1, "DELETED")])
        assert bench.tcs.listed(POST) == []


async def test_clocks_that_differ_dont_make_an_older_event_the_latest(benches: Benches) -> None:
    async with benches.open(WRITER, world()) as bench:
        await bench.deliver([changed(1, at="2026-11-24T09:00:05.000")])
        await bench.deliver([changed(2, "DELETED", at="2026-11-24T09:00:01.000")])
        assert bench.tcs.listed(POST) == []


async def test_where_the_next_post_is_gone_a_deletion_still_takes_the_position_from_the_first(
    benches: Benches,
) -> None:
    async with benches.open(WRITER, world()) as bench:
        await bench.deliver([changed(1)], [changed(2, post=NO_POST)])
        assert (bench.tcs.listed(POST), len(await bench.parked())) == ([(1, 1001)], 1)
        await bench.deliver([changed(3, "DELETED", post=NO_POST)])
        assert (bench.tcs.listed(POST), len(await bench.parked())) == ([], 1)


async def test_a_post_that_is_gone_needs_no_deletion(benches: Benches) -> None:
    async with benches.open(WRITER, world()) as bench:
        await bench.deliver([changed(1)])
        del bench.tcs.store.posts[POST]
        await bench.deliver([changed(2, "DELETED")])
        assert await bench.parked() == []
