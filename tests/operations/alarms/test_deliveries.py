"""Messages are delivered at least once, oldest first, with a pause after a failure; no receiver waits for another."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import msgspec
from tests.operations.alarms.invented import NOON
from tests.operations.alarms.receivers import a_notice
from tests.operations.alarms.test_stored_alarms import world
from tests.services.bench import Bench, Benches
from tests.services.old_things import EXPORTER

from tis_esr.engine.supervision import no_beat
from tis_esr.operations.alarms.deliveries import (
    DELIVERIES,
    Delivery,
    DeliveryState,
    claim,
    enqueue,
    settle,
    statuses,
    unsent_since,
)
from tis_esr.operations.alarms.delivering import deliver
from tis_esr.operations.alarms.notice import Notice
from tis_esr.operations.alarms.sinks.sink import SinkError


class Slow:
    """A receiver that keeps what it gets, after it may; ``errors`` are its first answers."""

    def __init__(self, name: str, *errors: str, waits: asyncio.Event | None = None) -> None:
        self.name, self.errors, self.waits = name, list(errors), waits
        self.got: list[str] = []

    async def send(self, notice: Notice) -> None:
        if self.waits is not None:
            await self.waits.wait()
        if self.errors:
            raise SinkError(self.errors.pop(0))
        self.got.append(notice.id)


async def send(bench: Bench, *ids: str, sinks: tuple[str, ...] = ("slack",)) -> None:
    for id_ in ids:
        work = bench.runner.work()
        await enqueue(work, sinks, a_notice(id=id_, alarm=id_))
        await work.commit()


async def later(bench: Bench, seconds: float) -> None:
    """Let it be as if all that is noted had been noted so many seconds earlier."""
    for one in (await bench.all(DELIVERIES)).values():
        if one.state is DeliveryState.WAITING:
            times = {
                name: getattr(one, name) - seconds
                for name in ("created_at", "retry_at", "failed_at", "claimed_until")
            }
            await bench.keep(DELIVERIES, msgspec.structs.replace(one, **times))


async def states(bench: Bench) -> dict[str, str]:
    return {one.id: one.state.value for one in (await bench.all(DELIVERIES)).values()}


async def test_messages_are_delivered_once_each_and_oldest_first(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await send(bench, "1", "2", "3")
        slack = Slow("slack")
        assert await deliver(bench.runner.work, slack, no_beat, Counter()) == 3
        assert await deliver(bench.runner.work, slack, no_beat, Counter()) == 0
        assert slack.got == ["1", "2", "3"]
        assert set((await states(bench)).values()) == {"SENT"}


async def test_two_processes_deliver_each_message_once_between_them(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await send(bench, *map(str, range(6)))
        one, other = Slow("slack"), Slow("slack")
        await asyncio.gather(*(deliver(bench.runner.work, sink, no_beat, Counter()) for sink in (one, other)))
        assert sorted(one.got + other.got) == sorted(map(str, range(6)))


async def test_after_a_failure_the_receiver_pauses_and_the_pause_doubles(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await send(bench, "1", "2")
        slack, failures = Slow("slack", "answered 500", "answered 500"), Counter[str]()
        for seconds in (0, 29):  # the first attempt fails; within 30 s there is no other
            await later(bench, seconds)
            assert await deliver(bench.runner.work, slack, no_beat, failures) == 0
        assert failures == {"slack": 1}
        await later(bench, 2)
        await deliver(bench.runner.work, slack, no_beat, failures)
        [status] = statuses(bench.reader(), ["slack"], NOON)
        assert (failures["slack"], status.waiting, status.error) == (2, 2, "answered 500")
        await later(bench, 61)
        assert await deliver(bench.runner.work, slack, no_beat, failures) == 2
        assert slack.got == ["1", "2"]


async def test_a_process_that_ends_between_sending_and_storing_leaves_it_to_be_repeated(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await send(bench, "1")
        claimed = await claim(bench.runner.work, "slack")
        assert isinstance(claimed, Delivery)
        assert await claim(bench.runner.work, "slack") is None
        await later(bench, 61)
        again = await claim(bench.runner.work, "slack")
        assert again is not None
        assert (again.id, again.attempts) == ("1", 2)
        await settle(bench.runner.work, again, "")
        assert await states(bench) == {"1": "SENT"}


async def test_a_message_that_nobody_took_for_three_days_is_discarded(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await send(bench, "1")
        await later(bench, timedelta(days=3).total_seconds() + 60)
        await send(bench, "2")
        slack = Slow("slack")
        await deliver(bench.runner.work, slack, no_beat, Counter())
        assert slack.got == ["2"]
        assert await states(bench) == {"1": "EXPIRED", "2": "SENT"}


async def test_a_message_whose_pause_was_noted_by_a_clock_that_was_days_ahead_is_sent(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await send(bench, "1")
        slack = Slow("slack", "answered 500")
        await deliver(bench.runner.work, slack, no_beat, Counter())
        await later(bench, -3 * 86400.0)
        assert await deliver(bench.runner.work, slack, no_beat, Counter()) == 1


async def test_a_receiver_that_hangs_delays_no_other(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await send(bench, "1", sinks=("slack", "mail"))
        hangs, quick = Slow("slack", waits=asyncio.Event()), Slow("mail")
        hanging = asyncio.create_task(deliver(bench.runner.work, hangs, no_beat, Counter()))
        assert await deliver(bench.runner.work, quick, no_beat, Counter()) == 1
        assert (quick.got, hanging.done()) == (["1"], False)
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)


async def about(bench: Bench, id_: str, alarm: str = "file-gap:RMT") -> None:
    work = bench.runner.work()
    await enqueue(work, ("slack",), a_notice(id=id_, alarm=alarm))
    await work.commit()


async def test_a_message_that_failed_is_not_repeated_after_a_later_one_about_the_same_alarm(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await about(bench, "raised")
        claimed = await claim(bench.runner.work, "slack")
        assert claimed is not None
        await about(bench, "cleared")
        await settle(bench.runner.work, claimed, "answered 500")
        slack = Slow("slack")
        for seconds in (31, 60, 900):
            await later(bench, seconds)
            await deliver(bench.runner.work, slack, no_beat, Counter())
        assert slack.got == ["cleared"]
        assert await states(bench) == {"raised": "SUPERSEDED", "cleared": "SENT"}


async def test_a_later_message_waits_while_another_process_delivers_an_earlier_one_about_the_same_alarm(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await about(bench, "raised")
        claimed = await claim(bench.runner.work, "slack")
        assert claimed is not None
        await about(bench, "cleared")
        await about(bench, "other", alarm="file-gap:APC")
        slack = Slow("slack")
        await deliver(bench.runner.work, slack, no_beat, Counter())
        assert slack.got == ["other"]
        await settle(bench.runner.work, claimed, "")
        await deliver(bench.runner.work, slack, no_beat, Counter())
        assert slack.got == ["other", "cleared"]


async def test_a_receiver_that_is_down_fails_since_its_first_message_also_if_a_later_one_superseded_it(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        await about(bench, "raised")
        await later(bench, 4 * 3600)
        for id_ in ("repeated", "again"):
            await about(bench, id_)
            now = datetime.fromtimestamp(bench.runner.work().time(), UTC)
            [status] = statuses(bench.reader(), ["slack"], now)
            assert status.waiting == 1
            assert unsent_since(status, now) >= 4 * 3600
        slack = Slow("slack")
        await deliver(bench.runner.work, slack, no_beat, Counter())
        await about(bench, "much later")
        [status] = statuses(bench.reader(), ["slack"], now)
        assert unsent_since(status, now) < 60
