"""What a position is, and what others are told of it: the same in whatever order its rows and questions come."""

from itertools import islice, permutations
from random import Random
from typing import Any

from tests.services.bench import FILE, Bench, Benches, message, orders, splits
from tests.services.inbound_data_writer.test_tcs_writes import CHANGED
from tests.services.people import file_of
from tests.services.tcs_on_bench import PASSING, TODAY, Trouble

from tis_esr.engine.envelope import Message
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.services.contracts.bodies import PersonChanged, PositionChanged, PositionDue, PositionReconciled
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position
from tis_esr.simulation.days.generated_world import World

RECONCILIATION = "Reconciliation"
RECONCILED = "esr.queue.position.reconciled.appgenerator"
POST, OTHER_POST = 100_001, 100_002


def two_posts() -> World:
    world = World(TODAY, Random(1))
    world.post("EOE", npn="EOE/RX1/800/STR/001")
    world.post("LDN", npn="LDN/RX1/800/STR/002")
    return world


NPN, OTHER_NPN, NO_NPN = "EOE/RX1/800/STR/001", "LDN/RX1/800/STR/002", "EOE/RX1/800/STR/999"


def row_of(
    kind: str,
    day: int = 0,
    row: int = 2,
    npn: str = NPN,
    indicator: str = "C",
    number: int | None = 1001,
    deanery: str = "EOE",
    sequence: int | None = None,
    position: int = 1,
    **more: Any,
) -> Message:
    """Return a row of a file; ``day`` counts from TODAY."""
    values = {"positionID": position, "deaneryNumber": npn, "changeDeleteIndicator": indicator, **more}
    if number is not None:
        values["positionNumber"] = number
    file = file_of(day, sequence, deanery)
    return message(f"esr.queue.{kind}.split", (file, row), values, file, row)


def por(**about: Any) -> Message:
    return row_of("por", hostLeadIndicator="Lead Employer", **about)


def pos(**about: Any) -> Message:
    return row_of("pos", row=about.pop("row", 3), occupationCode="800", **about)


async def position(bench: Bench) -> Position:
    return (await bench.all(POSITIONS))["1"]


async def tis(bench: Bench) -> set[tuple[int, int]]:
    """Return what TCS should list of positions, by what it is told: post and number."""
    newest: dict[int, PositionChanged] = {}
    for body in await bench.told(CHANGED, PositionChanged):
        known = newest.get(body.position_number)
        if known is None or body.revision >= known.revision:
            newest[body.position_number] = body
    return {(body.post_id, body.position_number) for body in newest.values() if body.status == "RECONCILED"}


async def newest(bench: Bench) -> PositionReconciled:
    return max(await bench.told(RECONCILED, PositionReconciled), key=lambda body: body.revision)


async def test_whichever_row_comes_first_the_newest_of_each_kind_decides(benches: Benches) -> None:
    rows = [por(), pos(), por(day=1, npn=OTHER_NPN, number=1002), pos(day=1, npn=OTHER_NPN, number=1002)]
    for order in benches.some(orders(rows), most=5):
        async with benches.open(RECONCILIATION, two_posts()) as bench:
            await bench.deliver(*([one] for one in order))
            found = await position(bench)
            assert (found.post_id, found.position_number, found.deleted) == (OTHER_POST, 1002, False), order
            assert await tis(bench) == {(OTHER_POST, 1002)}, order
            said = await newest(bench)
            assert (said.position.post_id, said.position.occupation_code, said.live) == (
                OTHER_POST,
                "800",
                True,
            )
            assert await bench.parked() == []


async def test_a_deletion_is_the_last_word_of_its_deanery_in_whatever_order(benches: Benches) -> None:
    rows = [por(), pos(), por(day=1, indicator="D")]
    for order in benches.some(orders(rows), most=4):
        async with benches.open(RECONCILIATION, two_posts()) as bench:
            await bench.deliver(*([one] for one in order))
            assert ((await position(bench)).deleted, await tis(bench)) == (True, set()), order
            assert not (await newest(bench)).live


async def test_on_one_day_the_deanery_that_sends_c_has_the_position_in_whatever_order(
    benches: Benches,
) -> None:
    """Its file's sequence is far lower than the other's."""
    rows = [
        por(day=0, deanery="LDN", sequence=4032, npn=OTHER_NPN),
        por(day=1, deanery="LDN", sequence=4033, npn=OTHER_NPN, indicator="D"),
        por(day=1, deanery="EOE", sequence=7),
    ]
    for order in benches.some(orders(rows), most=4):
        async with benches.open(RECONCILIATION, two_posts()) as bench:
            await bench.deliver(*([one] for one in order))
            found = await position(bench)
            assert (found.deanery, found.deleted, found.post_id) == ("EOE", False, POST), order
            assert await tis(bench) == {(POST, 1001)}, order


async def test_a_position_whose_deaneries_have_all_deleted_it_is_deleted_in_whatever_order(
    benches: Benches,
) -> None:
    rows = [
        por(deanery="LDN", npn=OTHER_NPN),
        por(deanery="EOE"),
        por(day=1, deanery="EOE", indicator="D"),
        por(day=2, deanery="LDN", npn=OTHER_NPN, indicator="D"),
    ]
    for order in benches.some(orders(rows), most=4):
        async with benches.open(RECONCILIATION, two_posts()) as bench:
            await bench.deliver(*([one] for one in order))
            assert ((await position(bench)).deleted, await tis(bench)) == (True, set()), order


async def test_wherever_a_batch_is_split_the_end_is_the_same(benches: Benches) -> None:
    rows = [por(day=2), por(), por(day=1, npn=OTHER_NPN), por(position=2, number=2002, row=9)]
    for parts in splits(rows):
        async with benches.open(RECONCILIATION, two_posts()) as bench:
            await bench.deliver(*parts)
            assert await tis(bench) == {(POST, 1001), (POST, 2002)}, parts


async def test_what_tcs_is_told_follows_the_position_through_numbers_posts_and_back(benches: Benches) -> None:
    story = [
        (por(day=0), {(POST, 1001)}),
        (por(day=1, number=1002), {(POST, 1002)}),
        (por(day=2, number=1002, npn=OTHER_NPN), {(OTHER_POST, 1002)}),
        (por(day=3, number=1002, npn=OTHER_NPN, indicator="D"), set()),
        (por(day=4, number=1002, npn=NO_NPN), set()),
        (por(day=5, number=1001), {(POST, 1001)}),
        (por(day=6, number=None), {(POST, 1001)}),
        (por(day=7, number=1001), {(POST, 1001)}),
    ]
    async with benches.open(RECONCILIATION, two_posts()) as bench:
        for told, expected in story:
            await bench.deliver([told])
            assert await tis(bench) == expected, told.source_file


async def test_a_row_without_a_number_takes_no_position_from_tis_in_whatever_order(benches: Benches) -> None:
    rows = [por(number=1000), por(day=1), pos(day=2, number=None), por(day=3, number=None)]
    for order in benches.some(orders(rows), most=6):
        async with benches.open(RECONCILIATION, two_posts()) as bench:
            await bench.deliver(*([one] for one in order))
            assert await tis(bench) == {(POST, 1001)}, order
            assert (
                (await position(bench)).position_number,
                (await newest(bench)).position.position_number,
            ) == (
                1001,
                1001,
            ), order


async def test_a_deletion_without_a_number_ends_the_position_in_tis(benches: Benches) -> None:
    for order in benches.some(orders([por(), por(day=1, indicator="D", number=None)]), most=2):
        async with benches.open(RECONCILIATION, two_posts()) as bench:
            await bench.deliver(*([one] for one in order))
            assert await tis(bench) == set(), order
            assert {
                b.status for b in await bench.told(CHANGED, PositionChanged) if b.position_number == 1001
            } >= {"DELETED"}, order


async def test_a_position_that_moves_to_another_deanery_without_its_number_keeps_it(benches: Benches) -> None:
    rows = [por(deanery="LDN", npn=OTHER_NPN), por(day=1, deanery="EOE", number=None)]
    for order in benches.some(orders(rows), most=2):
        async with benches.open(RECONCILIATION, two_posts()) as bench:
            await bench.deliver(*([one] for one in order))
            assert await tis(bench) == {(POST, 1001)}, order


async def test_the_story_of_a_position_ends_the_same_in_any_order(benches: Benches) -> None:
    story = [
        por(day=0),
        por(day=1, number=1002),
        por(day=2, npn=OTHER_NPN, indicator="D"),
        por(day=3, npn=OTHER_NPN),
    ]
    for order in benches.some(islice(permutations(story), 24), most=4):
        async with benches.open(RECONCILIATION, two_posts()) as bench:
            await bench.deliver(*([one] for one in order))
            assert await tis(bench) == {(OTHER_POST, 1001)}, order


async def test_each_row_is_accounted_for_whatever_came_first(benches: Benches) -> None:
    older, newer = por(), por(day=1, npn=NO_NPN)
    for order, expected in (([older, newer], RowState.APPLIED), ([newer, older], RowState.SUPERSEDED)):
        async with benches.open(RECONCILIATION, two_posts()) as bench:
            for one in order:
                await bench.account(Row(file=one.source_file, row=2, type="POR", state=RowState.PENDING))
                await bench.deliver([one])
            assert await bench.rows(older.source_file) == {expected: 1}
            assert await bench.rows(newer.source_file) == {RowState.UNMATCHED: 1}


async def test_a_row_that_comes_twice_is_told_once(benches: Benches) -> None:
    async with benches.open(RECONCILIATION, two_posts()) as bench:
        await bench.deliver([por()])
        await bench.send(por())
        await bench.finish()
        assert len(await bench.told(RECONCILED, PositionReconciled)) == 1
        assert len(await bench.told(CHANGED, PositionChanged)) == 1


async def test_both_rows_of_a_position_that_come_together_are_reconciled_once(benches: Benches) -> None:
    async with benches.open(RECONCILIATION, two_posts()) as bench:
        await bench.send(por())
        await bench.handle(por())
        await bench.send(pos())
        await bench.handle(pos())
        await bench.finish()
        assert [body.revision for body in await bench.told(RECONCILED, PositionReconciled)] == [2]


async def test_a_call_that_fails_is_made_again_and_nothing_is_told_twice(benches: Benches) -> None:
    for trouble in benches.some(PASSING, most=4):
        async with benches.open(RECONCILIATION, two_posts(), {0: trouble}) as bench:
            await bench.deliver([por(), por(position=2, number=2002, row=9)])
            assert await tis(bench) == {(POST, 1001), (POST, 2002)}, trouble
            assert len(await bench.told(RECONCILED, PositionReconciled)) == 2
            assert await bench.parked() == []


def due(position: int = 1, name: str = "due") -> Message:
    return message("esr.queue.position.due", name, PositionDue(position_id=position))


def person_changed(*posts: int, name: str = "changed") -> Message:
    body = PersonChanged(person_id=200_001, post_ids=list(posts))
    return message("esr.queue.person.changed", name, body)


async def test_a_position_that_is_due_is_told_of_again_with_a_newer_revision(benches: Benches) -> None:
    async with benches.open(RECONCILIATION, two_posts()) as bench:
        await bench.deliver([por()])
        await bench.deliver([due(), due(name="once more"), due(99, name="unknown")])
        assert [body.revision for body in await bench.told(RECONCILED, PositionReconciled)] == [1, 2]
        assert len(await bench.told(CHANGED, PositionChanged)) == 1


async def test_a_position_that_is_due_is_looked_up_in_tis_again(benches: Benches) -> None:
    async with benches.open(RECONCILIATION, two_posts()) as bench:
        await bench.deliver([por(npn=NO_NPN)])
        assert (await newest(bench)).found_later is False
        bench.tcs.store.put_post({**bench.tcs.store.posts[POST], "id": 100_009, "nationalPostNumber": NO_NPN})
        await bench.deliver([due()])
        said = await newest(bench)
        assert (said.position.post_id, said.found_later) == (100_009, True)
        assert await tis(bench) == {(100_009, 1001)}


async def test_a_change_of_a_person_tells_of_the_positions_of_their_posts_and_no_others(
    benches: Benches,
) -> None:
    rows = [por(), por(position=2, number=2002, row=9, npn=OTHER_NPN), por(position=3, number=2003, row=10)]
    gone = por(day=1, position=3, number=2003, row=10, indicator="D")
    async with benches.open(RECONCILIATION, two_posts()) as bench:
        await bench.deliver(rows, [gone])
        before = len(await bench.told(RECONCILED, PositionReconciled))
        await bench.deliver([person_changed(POST, 999)])
        again = (await bench.told(RECONCILED, PositionReconciled))[before:]
        assert [(body.position.position_id, body.revision) for body in again] == [(1, 2)]


async def test_a_question_that_comes_before_the_row_is_reconciled_is_answered_by_it(benches: Benches) -> None:
    for order in orders([por(day=1, number=1002), due(), person_changed(POST)]):
        async with benches.open(RECONCILIATION, two_posts()) as bench:
            await bench.deliver([por()])
            for one in order:
                await bench.send(one)
                await bench.handle(one)
            await bench.finish()
            found = await position(bench)
            assert (found.reconciled, await tis(bench)) == (found.revision, {(POST, 1002)}), order
            assert (await newest(bench)).revision == found.revision


async def test_a_redriven_old_row_changes_nothing_newer(benches: Benches) -> None:
    """Its post can't be looked up; a newer row has another number, which can."""
    async with benches.open(RECONCILIATION, two_posts(), {0: Trouble.REFUSED}) as bench:
        await bench.account(Row(file=FILE, row=2, type="POR", state=RowState.PENDING))
        await bench.deliver([por(sequence=101)])
        assert len(await bench.parked()) == 1
        await bench.deliver([por(day=1, npn=OTHER_NPN)])
        assert await tis(bench) == {(OTHER_POST, 1001)}
        await bench.redrive()
        assert await tis(bench) == {(OTHER_POST, 1001)}
        assert (await bench.parked(), await bench.rows()) == ([], {RowState.APPLIED: 1})
