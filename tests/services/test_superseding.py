"""Which of several messages about a thing is news, whatever else is in their batch."""

from collections.abc import Mapping
from random import Random

import pytest
from tests.services.bench import FILE, Benches, message, orders
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.envelope import Message
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.services.contracts.bodies import PositionDue
from tis_esr.services.superseding import Handled, News, newest
from tis_esr.simulation.days.generated_world import World


def news(key: str, version: int, row: int = 0) -> News[str]:
    told: Message = message("q", (key, version), PositionDue(position_id=1), row=row or version + 1)
    return News(key, version, [f"{FILE}:{told.row}"], told, f"{key}{version}")


A5 = {"a": Handled(version=5, sources=[f"{FILE}:6", f"{FILE}:9"])}


@pytest.mark.parametrize(
    ("arriving", "known", "expected"),
    [
        pytest.param([news("a", 1)], {}, {"a": "a1"}, id="the first"),
        pytest.param([news("a", 1), news("a", 2), news("a", 3)], {}, {"a": "a3"}, id="the last of three"),
        pytest.param([news("a", 5)], A5, {"a": "a5"}, id="the same again"),
        pytest.param([news("a", 3), news("a", 4)], A5, {}, id="two that are old"),
        pytest.param([news("a", 4), news("a", 6)], A5, {"a": "a6"}, id="an old one and a new one"),
        pytest.param(
            [news("a", 4), news("a", 5), news("b", 1)], A5, {"a": "a5", "b": "b1"}, id="others beside"
        ),
    ],
)
async def test_the_newest_of_each_thing_is_news_in_whatever_order_they_stand(
    embedded: Benches, arriving: list[News[str]], known: Mapping[str, Handled], expected: dict[str, str]
) -> None:
    async with embedded.open("Reconciliation", World(TODAY, Random(1))) as bench:
        for order in orders(arriving):
            found = newest(bench.runner.work(), order, known)
            assert {key: one.body for key, one in found.items()} == expected


async def test_each_row_whose_news_were_old_says_so_and_keeps_its_type(benches: Benches) -> None:
    async with benches.open("Reconciliation", World(TODAY, Random(1))) as bench:
        await bench.account(
            *(Row(file=FILE, row=row, type="POR", state=RowState.APPLIED) for row in (2, 5, 7, 8))
        )
        work = bench.runner.work()
        newest(work, [news("a", 4), news("a", 7), news("a", 1)], A5)
        await work.commit()
        assert await bench.rows() == {RowState.APPLIED: 2, RowState.SUPERSEDED: 2}
        assert await bench.row_types() == {"POR"}


async def test_an_old_version_of_a_row_that_the_newer_one_holds_leaves_the_rows_state_alone(
    embedded: Benches,
) -> None:
    async with embedded.open("Reconciliation", World(TODAY, Random(1))) as bench:
        await bench.account(Row(file=FILE, row=6, type="POR", state=RowState.APPLIED))
        work = bench.runner.work()
        newest(work, [news("a", 4, row=6)], A5)
        await work.commit()
        assert await bench.rows() == {RowState.APPLIED: 1}
