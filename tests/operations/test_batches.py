"""Batches: a tracer, ten, then the rest; a verdict for each message by its effect; nothing is requeued twice."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import pytest
from tests.operations.parked_desk import ANN, BEN, FAILED, QUEUE, REJECTED, desk
from tests.services.bench import Benches, message

from tis_esr.engine.faults import ConflictError
from tis_esr.engine.row_accounting import Row
from tis_esr.engine.work import Work
from tis_esr.operations.batches.advancing import advance
from tis_esr.operations.batches.control import BatchAct, batches, control
from tis_esr.operations.batches.documents import BatchState, Verdict
from tis_esr.operations.batches.errors import (
    BadTokenError,
    BatchStateError,
    EmptyBatchError,
    InOtherBatchError,
    SetChangedError,
    UnknownBatchError,
)
from tis_esr.operations.batches.freezing import refuse_changed, token_of
from tis_esr.operations.batches.pace import next_number
from tis_esr.operations.parked.discarding import Remark, discard
from tis_esr.operations.parked.retrying import retry

DONE, WAITING, NOT_BEGUN = Verdict.DONE, Verdict.WAITING, Verdict.NOT_BEGUN


async def test_the_tracer_goes_first_then_ten_then_the_rest_under_the_cap(benches: Benches) -> None:
    async with desk(benches) as here:
        messages = await here.park(*range(1, 31), rows=True)
        here.faults.clear()
        batch = await here.begin(messages, cap=12)
        assert [turn for turn in await here.steps() if turn] == [1, 10, 12, 7]
        after, verdicts = here.batch(batch.id)
        assert after.state is BatchState.FINISHED
        assert after.counts == {DONE: 30}
        assert set(verdicts.values()) == {DONE}
        assert sorted(here.handled) == list(range(1, 31))
        assert [(entry.who, entry.act) for entry in here.audit()] == [
            ("ann", "batch.start"),
            ("tis-esr", "batch.finish"),
        ]
        assert [entry.act for entry in here.audit() if batch.id in entry.on] == [
            "batch.start",
            "batch.finish",
        ]
        assert here.audit()[0].on == [batch.id, *(one.id for one in messages)]


async def test_a_tracer_that_is_parked_again_stops_the_batch_and_the_rest_stays_parked(
    benches: Benches,
) -> None:
    async with desk(benches) as here:
        batch = await here.begin(await here.park(1, 2, 3))
        await here.steps()
        after, verdicts = here.batch(batch.id)
        assert after.state is BatchState.STOPPED
        assert after.note == "the tracer was parked again, same cause: TCS rejected it"
        assert verdicts == {1: Verdict.PARKED_SAME, 2: NOT_BEGUN, 3: NOT_BEGUN}
        assert sum(after.counts.values()) == after.total == 3
        assert (len(here.parked()), after.is_open) == (3, False)


async def test_each_message_has_the_verdict_of_its_effect_and_the_totals_add_up(benches: Benches) -> None:
    async with desk(benches) as here:
        messages = await here.park(1, 2, 3, 4, rows=True)
        here.faults = {2: REJECTED, 3: FAILED}
        batch = await here.begin(messages)
        gone = [message for message in messages if message.row == 4]
        assert await discard(here.bench.runner, BEN, gone, Remark(why="not needed")) == 1
        await here.steps()
        after, verdicts = here.batch(batch.id)
        assert verdicts == {
            1: DONE,
            2: Verdict.PARKED_SAME,
            3: Verdict.PARKED_OTHER,
            4: Verdict.GONE,
        }
        assert sum(after.counts.values()) == after.total
        assert after.state is BatchState.FINISHED


async def test_a_message_waits_until_a_service_has_handled_it(benches: Benches) -> None:
    async with desk(benches) as here:
        messages = await here.park(1, 2)
        here.faults.clear()
        batch = await here.begin(messages)
        assert await here.step()
        assert not await here.step()
        assert here.batch(batch.id)[1] == {1: WAITING, 2: NOT_BEGUN}


async def test_what_one_process_began_another_goes_on_with_and_nothing_is_requeued_twice(
    benches: Benches,
) -> None:
    async with desk(benches) as here:
        messages = await here.park(1, 2, 3)
        here.faults.clear()
        batch = await here.begin(messages)
        steps = [advance(here.bench.runner.work(), batch.id) for _ in range(3)]
        ended = await asyncio.gather(*steps, return_exceptions=True)
        assert ended.count(True) == 1
        assert all(isinstance(end, ConflictError) for end in ended if not isinstance(end, bool))
        assert here.batch(batch.id)[0].counts == {WAITING: 1, NOT_BEGUN: 2}
        await here.steps()
        assert sorted(here.handled) == [1, 2, 3]


async def test_two_people_with_the_same_messages_are_told_of_each_other(benches: Benches) -> None:
    async with desk(benches) as here:
        messages = await here.park(1, 2, 3)
        first = await here.begin(messages[:2])
        with pytest.raises(InOtherBatchError) as refused:
            await here.begin(messages[1:], who=BEN)
        assert refused.value.batches == [first.id]
        assert str(refused.value) == (
            f"1 of these messages is in another batch: {first.id} (started by ann, running)."
            " Nothing was changed. Wait until that batch has finished (tis-esr batch show), or end it with"
            " tis-esr batch stop BATCH --why TEXT; then retry"
        )
        await control(here.bench.runner, BEN, first.id, BatchAct.STOP, "wrong set")
        assert (await here.begin(messages[1:], who=BEN)).total == 2


async def test_two_people_who_begin_at_one_moment_do_not_both_get_the_messages(benches: Benches) -> None:
    async with desk(benches) as here:
        messages = await here.park(1, 2)
        begun = [here.begin(messages), here.begin(messages, who=BEN)]
        first, second = await asyncio.gather(*begun, return_exceptions=True)
        errors = [one for one in (first, second) if isinstance(one, Exception)]
        assert len(errors) == 1
        assert isinstance(errors[0], ConflictError | InOtherBatchError)


async def test_a_batch_is_paused_resumed_and_stopped_by_one_person_at_a_time(benches: Benches) -> None:
    async with desk(benches) as here:
        messages = await here.park(1, 2, 3)
        here.faults.clear()
        batch, runner = await here.begin(messages), here.bench.runner
        await here.step()
        await control(runner, ANN, batch.id, BatchAct.PAUSE, "TCS is slow")
        with pytest.raises(
            BatchStateError, match=r"can't be paused: it is paused since .* by ann \(TCS is slow\)"
        ):
            await control(runner, BEN, batch.id, BatchAct.PAUSE, "me too")
        await here.steps()
        assert here.batch(batch.id)[1] == {1: DONE, 2: NOT_BEGUN, 3: NOT_BEGUN}
        await control(runner, BEN, batch.id, BatchAct.RESUME, "TCS is fast")
        await here.step()
        await control(runner, BEN, batch.id, BatchAct.STOP, "enough")
        await here.steps()
        after, verdicts = here.batch(batch.id)
        assert (after.state, after.is_open, verdicts) == (
            BatchState.STOPPED,
            False,
            dict.fromkeys([1, 2, 3], DONE),
        )
        with pytest.raises(BatchStateError, match="start a new one: tis-esr parked retry"):
            await control(runner, ANN, batch.id, BatchAct.RESUME, "again")
        assert [(entry.who, entry.act, entry.why) for entry in here.audit()][1:] == [
            ("ann", "batch.pause", "TCS is slow"),
            ("ben", "batch.resume", "TCS is fast"),
            ("ben", "batch.stop", "enough"),
        ]
        with pytest.raises(UnknownBatchError):
            await control(runner, ANN, "B999", BatchAct.STOP, "none")


async def test_a_set_that_changed_since_the_dry_run_is_refused_with_the_difference(benches: Benches) -> None:
    async with desk(benches) as here:
        before = await here.park(1, 2, 3)
        token = token_of(before, 1000.0)
        refuse_changed(before, [500.0] * 3, token.text)
        here.faults.clear()
        await retry(here.bench.runner, ANN, before[:1], "")
        after = await here.park(4, 5)
        with pytest.raises(SetChangedError) as changed:
            refuse_changed(after, [500.0, 500.0, 2000.0, 2000.0], token.text)
        assert (changed.value.before, changed.value.now) == (3, 4)
        assert (changed.value.added, changed.value.gone) == (2, 1)
        with pytest.raises(BadTokenError):
            refuse_changed(after, [], "three")


async def test_an_empty_set_begins_no_batch(benches: Benches) -> None:
    async with desk(benches) as here:
        with pytest.raises(EmptyBatchError):
            await here.begin([])


async def test_a_clock_that_was_set_back_changes_no_verdict_and_no_order(benches: Benches) -> None:
    async with desk(benches) as here:
        messages = await here.park(*range(1, 14))
        here.faults.clear()
        batch = await here.begin(messages)
        here.bench.today[0] = here.bench.today[0].replace(year=2020)
        assert [turn for turn in await here.steps() if turn] == [1, 10, 2]
        assert here.batch(batch.id)[0].counts == {DONE: 13}
        assert [one.id for one in batches(here.bench.reader(), 5)] == [batch.id]


async def test_a_batch_stops_if_none_of_the_ten_after_the_tracer_takes_effect(benches: Benches) -> None:
    async with desk(benches) as here:
        messages = await here.park(*range(1, 31))
        del here.faults[1]
        batch = await here.begin(messages)
        await here.steps()
        after, _ = here.batch(batch.id)
        assert (after.state, after.note) == (
            BatchState.STOPPED,
            "none of the 10 messages after the tracer took effect",
        )
        assert after.counts == {DONE: 1, Verdict.PARKED_SAME: 10, NOT_BEGUN: 19}


async def test_a_tracer_that_somebody_else_retried_is_gone_and_the_next_message_is_the_tracer(
    benches: Benches,
) -> None:
    async with desk(benches) as here:
        messages = await here.park(1, 2, 3)
        batch = await here.begin(messages)
        del here.faults[1]
        assert await retry(here.bench.runner, BEN, messages[:1], "at once") == 1
        await here.steps()
        after, verdicts = here.batch(batch.id)
        assert verdicts == {1: Verdict.GONE, 2: Verdict.PARKED_SAME, 3: NOT_BEGUN}
        assert after.state is BatchState.STOPPED


async def test_a_tracer_whose_row_another_message_still_parks_pauses_the_batch_for_a_person(
    benches: Benches,
) -> None:
    async with desk(benches) as here:
        messages = await here.park(1, 2, rows=True)
        row = messages[0].row
        other = message("esr.queue.post.changed", 9, {"n": 9}, row=row)
        await here.bench.send(other)
        [claimed] = await here.bench.claimed(other)
        work = here.bench.runner.work()
        work.park(claimed, "parked before")
        await work.commit()
        here.faults.clear()
        batch = await here.begin(messages)
        await here.steps()
        after, verdicts = here.batch(batch.id)
        assert verdicts == {1: Verdict.PARKED_FURTHER, 2: NOT_BEGUN}
        assert after.state is BatchState.PAUSED
        await control(here.bench.runner, ANN, batch.id, BatchAct.RESUME, "known")
        await here.steps()
        assert here.batch(batch.id)[0].counts == {Verdict.PARKED_FURTHER: 1, DONE: 1}


async def test_a_tracer_that_is_parked_again_while_a_person_has_paused_stops_the_batch(
    benches: Benches,
) -> None:
    async with desk(benches) as here:
        messages = await here.park(*range(1, 31))
        batch = await here.begin(messages)
        await here.step()
        await control(here.bench.runner, BEN, batch.id, BatchAct.PAUSE, "TCS is slow")
        await here.steps()
        after, verdicts = here.batch(batch.id)
        assert (after.state, after.is_open) == (BatchState.STOPPED, False)
        assert after.counts == {Verdict.PARKED_SAME: 1, NOT_BEGUN: 29}
        assert verdicts[1] is Verdict.PARKED_SAME
        with pytest.raises(BatchStateError, match="the tracer was parked again, same cause"):
            await control(here.bench.runner, BEN, batch.id, BatchAct.RESUME, "TCS is fast")


async def test_the_ten_after_the_tracer_are_under_the_cap_too(benches: Benches) -> None:
    async with desk(benches) as here:
        messages = await here.park(*range(1, 16))
        here.faults.clear()
        batch = await here.begin(messages, cap=4)
        assert [turn for turn in await here.steps() if turn] == [1, 4, 4, 2, 4]
        assert here.batch(batch.id)[0].counts == {DONE: 15}


async def test_a_large_cap_is_reached_in_steps_that_one_transaction_can_requeue(benches: Benches) -> None:
    async with desk(benches) as here:
        batch = await here.begin(await here.park(1, 2), cap=5000)
        batch = msgspec.structs.replace(batch, total=9000, counts={DONE: 11, NOT_BEGUN: 8989})
        assert next_number(batch) == 500


async def test_the_rows_of_all_messages_in_flight_are_read_in_one_query(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(benches) as here:
        messages = await here.park(*range(1, 31), rows=True)
        here.faults.clear()
        batch = await here.begin(messages)
        engine, read = here.bench.engine, list[int]()
        rows_at = engine.rows_at

        async def counted(places: Sequence[tuple[str, int]]) -> list[Row]:
            read.append(len(places))
            return await rows_at(places)

        monkeypatch.setattr(engine, "rows_at", counted)
        await here.steps()
        assert read == [1, 10, 19]
        assert here.batch(batch.id)[0].counts == {DONE: 30}


async def test_a_discard_is_recognised_whatever_the_clocks_of_the_machines_show(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(benches) as here:
        messages = await here.park(1, 2)
        here.faults = {1: FAILED}
        batch = await here.begin(messages)
        await here.step()
        await here.bench.runner.drain([QUEUE])
        behind = here.bench.runner.work
        slow = datetime(2000, 1, 1, tzinfo=UTC)
        with monkeypatch.context() as patch:
            patch.setattr(here.bench.runner, "work", lambda: _at(behind(), slow))
            assert await discard(here.bench.runner, BEN, here.parked()[:1], Remark(why="not needed")) == 1
        await here.step()
        assert here.batch(batch.id)[1][1] is Verdict.GONE


def _at(work: Work, moment: datetime) -> Work:
    work.now = moment
    return work
