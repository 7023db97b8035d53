"""Rows add up on every engine, in whatever order their messages are parked, replayed, discarded and accounted for."""

import random
from collections import Counter
from dataclasses import dataclass, field

import pytest
from tests.engines.benches import EmbeddedBench, ProductionBench
from tests.engines.test_work import Seen, message, send

from tis_esr.engine.envelope import Message
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.row_accounting import RowState
from tis_esr.engine.runner import Handler, Runner

Bench = EmbeddedBench | ProductionBench
ROWS = range(1, 8)
ENDS = [RowState.APPLIED, RowState.SUPERSEDED, RowState.UNMATCHED, RowState.IGNORED]
STEPS = 40


@dataclass
class Model:
    """What is right: what each row was accounted as, and over it the parked messages that cover it."""

    accounted: dict[int, tuple[RowState, str]]
    parked: dict[str, tuple[set[int], str]] = field(default_factory=dict)

    def park(self, what: Message, reason: str) -> None:
        before, _ = self.parked.pop(what.id, (set(), ""))
        covered = {row for row in range(what.row, what.last_row + 1) if self.is_pending(row)}
        self.parked[what.id] = before | covered | {what.row}, reason

    def is_pending(self, row: int) -> bool:
        return self.accounted[row][0] is RowState.PENDING

    def discard(self, what: Message, why: str) -> None:
        for row in self.parked.pop(what.id, (set(), ""))[0]:
            state, reason = self.accounted[row]
            if state is RowState.PENDING:
                self.accounted[row] = RowState.IGNORED, f"discarded: {why}"
            else:
                said = f"a message of this row was discarded: {why}"
                self.accounted[row] = state, f"{reason}; {said}" if reason else said

    def shown(self, row: int) -> tuple[RowState, str]:
        covering = [reason for rows, reason in self.parked.values() if row in rows]
        return (RowState.PARKED, covering[-1]) if covering else self.accounted[row]


def shown(reader: Reader) -> dict[int, tuple[RowState, str]]:
    return {row.row: (row.state, row.reason) for row in reader.rows([("f", row) for row in ROWS])}


async def pending(running: Runner, *rows: int) -> None:
    work = running.work()
    for row in rows:
        work.account("f", row, "ASG", RowState.PENDING)
    await work.commit()


@pytest.mark.parametrize("seed", range(6))
async def test_rows_are_what_a_simple_model_says_after_every_step_of_a_random_walk(
    bench: Bench, seed: int
) -> None:
    chance = random.Random(seed)
    running = await bench.open(Handler("esr.queue.a", "a", Seen()))
    await pending(running, *ROWS)
    model = Model(dict.fromkeys(ROWS, (RowState.PENDING, "")))
    places = [(1, 0), (2, 4), (2, 4), (3, 0), (3, 6), (5, 7)]
    messages = [message(str(n), row=row, last_row=last) for n, (row, last) in enumerate(places)]
    reader = bench.reader()
    for step in range(STEPS):
        what, reason = chance.choice(messages), f"${step} a reason"
        act = chance.choice(["park", "park", "replay", "discard", "account", "account and park"])
        if act in {"park", "account", "account and park"}:
            work = running.work()
            if "account" in act:
                row, end = chance.choice(ROWS), chance.choice([RowState.PENDING, *ENDS])
                work.account("f", row, "ASG", end, f"{end} {step}")
                model.accounted[row] = end, f"{end} {step}"
            if "park" in act:
                work.park(what, reason)
                model.park(what, reason)
            await work.commit()
        elif act == "replay":
            was_parked = model.parked.pop(what.id, None) is not None
            assert await running.engine.replay([what.identity]) == was_parked
        else:
            assert await running.engine.discard([what.identity], reason) == (what.id in model.parked)
            model.discard(what, reason)
        expected = {row: model.shown(row) for row in ROWS}
        assert shown(reader) == expected, f"seed {seed}, step {step}: {act} {what.row}-{what.last_row}"
        outcomes = await running.engine.outcomes("f", 0, len(ROWS))
        assert {row.row: (row.state, row.reason) for row in outcomes} == expected
        assert await running.engine.outcomes("f", 2, 3) == outcomes[2:5]
        assert reader.row_counts() == {"f": Counter(state for state, _ in expected.values())}
        assert {trace.id for trace in reader.parked()} == model.parked.keys()
    reader.close()


async def test_a_redriven_message_whose_handler_accounts_for_no_row_leaves_it_as_it_was(bench: Bench) -> None:
    seen = Seen(("one", KeyError("boom")))
    running = await bench.open(Handler("esr.queue.a", "a", seen))
    work = running.work()
    work.account("f", 2, "POR", RowState.APPLIED)
    await work.commit()
    await send(running, "one")
    await running.drain(["esr.queue.a"])
    reader = bench.reader()
    [parked] = reader.parked()
    assert reader.row_counts() == {"f": {RowState.PARKED: 1}}
    seen.faults.clear()
    await running.engine.replay([(parked.queue, parked.id)])
    await running.drain(["esr.queue.a"])
    assert (seen.keys, reader.row_counts()) == (["one"], {"f": {RowState.APPLIED: 1}})
    reader.close()


async def test_a_row_of_two_parked_messages_is_parked_until_both_are_dealt_with(bench: Bench) -> None:
    running = await bench.open(Handler("esr.queue.a", "a", Seen()))
    await pending(running, 2)
    first, second = message("first"), message("second")
    work = running.work()
    work.park(first, "one reason")
    work.park(second, "another")
    await work.commit()
    reader = bench.reader()
    assert shown(reader) == {2: (RowState.PARKED, "another")}
    await running.engine.replay([second.identity])
    assert shown(reader) == {2: (RowState.PARKED, "one reason")}
    await running.engine.discard([first.identity], "ticket 4711")
    assert shown(reader) == {2: (RowState.IGNORED, "discarded: ticket 4711")}
    reader.close()


async def test_a_discarded_message_of_an_applied_row_leaves_it_applied_and_says_so(bench: Bench) -> None:
    running = await bench.open(Handler("esr.queue.a", "a", Seen()))
    work = running.work()
    work.account("f", 2, "POR", RowState.APPLIED)
    work.park(message("one"), "no longer in TIS")
    await work.commit()
    await running.engine.discard([message("one").identity], "ticket 4711")
    reader = bench.reader()
    [row] = reader.rows([("f", 2)])
    assert (row.state, row.reason) == (
        RowState.APPLIED,
        "a message of this row was discarded: ticket 4711",
    )
    reader.close()
