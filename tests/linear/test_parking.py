"""Parking and accounting within one unit of work cost the same for each message, on what the store does too."""

from pathlib import Path

from tests.engines.benches import NOTES, EmbeddedBench, Note
from tests.linear.counting import MOST_FOR_FOUR_TIMES, Counted, counted

from tis_esr.decisions.file_sequences import unanswered
from tis_esr.engine.envelope import Message
from tis_esr.engine.protocol import Commit
from tis_esr.engine.row_accounting import RowState


def _message(number: int) -> Message:
    return Message(
        id=f"m{number}",
        queue="q",
        correlation_id=f"f:{number}",
        source_file="f",
        deanery="EOE",
        row=number,
        body=b"{}",
    )


async def _cost(folder: Path, number: int) -> Counted:
    bench = EmbeddedBench(folder / str(number) / "state")
    runner = await bench.open()
    assert bench.engine is not None
    messages = [_message(n) for n in range(1, number + 1)]
    await bench.engine.commit(Commit(messages=messages))
    work = runner.work()
    with counted(bench.engine) as result:
        for message in messages:
            with work.part(message.id, message):
                work.account("f", message.row, "POR", RowState.PENDING)
                work.put(NOTES, Note(name=message.id))
            work.park(message, "a reason")
        await work.commit(messages)
    with counted(bench.engine) as again:
        await bench.engine.replay([message.identity for message in messages])
    await bench.clear()
    return Counted(result.instructions + again.instructions, result.steps + again.steps)


async def test_parking_and_replaying_four_times_as_many_messages_is_four_times_the_work(
    tmp_path: Path,
) -> None:
    few, many = await _cost(tmp_path, 100), await _cost(tmp_path, 400)
    assert max(many.times(few)) < MOST_FOR_FOUR_TIMES, (few, many)


def test_what_is_quadratic_is_found() -> None:
    def quadratic(number: int) -> Counted:
        with counted() as result:
            for last in range(number):
                unanswered(range(last), {last})
        return result

    assert quadratic(400).times(quadratic(100))[0] > 10
