"""A purge may end anywhere and be begun anywhere: one at a time, with right counts, on every engine."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs
from tests.services.bench import Bench, Benches, message
from tests.services.old_things import (
    DELETED,
    EXPORTER,
    KEEP,
    Kept,
    a_decision,
    a_journal_entry,
    a_notification,
    a_person,
    a_position,
    a_run,
    ago,
    an_applicant,
    an_export,
    keep,
    ledger_entry,
    left,
    named,
    nowhere,
    purge,
)
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.faults import ConflictError, TransientError
from tis_esr.engine.protocol import Commit
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState, InboundFile
from tis_esr.services.inbound_data_reader.ledger_horizon import HORIZON
from tis_esr.services.retention.audit import PURGES


@pytest.mark.parametrize(("days", "goes"), [(31, True), (32, False), (13_000, False)])
async def test_nothing_is_old_by_a_day_that_can_not_be_right(
    benches: Benches, days: int, *, goes: bool
) -> None:
    """Not even the oldest day of the ledger moves: every real file would be older."""
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 300, a_decision(1))
        done = await purge(bench).of_day(ago(1) + timedelta(days=days))
        assert (done is not None) is goes
        assert (await left(bench) == set()) is goes
        assert len(await bench.all(HORIZON)) == goes


async def test_however_much_junk_came_the_day_is_right_by_one_file_of_esr(benches: Benches) -> None:
    junk = [(FILES, InboundFile(name=f"{n}.txt", state=FileState.REFUSED)) for n in range(250)]
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 30, *junk)
        assert await purge(bench).of_day(TODAY) is not None


async def test_it_is_said_once_a_day_that_nothing_is_purged_where_files_came_before(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        late = purge(bench)
        with capture_logs() as logs:
            assert await late.of_day(TODAY) is None
            assert logs == []
            await keep(bench, 300)
            for day in (40, 40, 41):
                assert await late.of_day(ago(-day)) is None
        reasons = [f"no file arrived in the 31 days before {ago(-day)}" for day in (40, 41)]
        assert [(log["event"], log["log_level"], log["reason"]) for log in logs] == [
            ("not_purged", "warning", reason) for reason in reasons
        ]


async def test_a_dry_run_says_what_a_purge_then_removes_and_changes_nothing(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 300, *everything_old())
        before = await left(bench)
        said = await purge(bench).dry_run(TODAY)
        assert await left(bench) == before
        assert await bench.all(PURGES) == {}
        done = await purge(bench).of_day(TODAY)
        assert done is not None
        # What has to go first is still there in a dry run.
        later = {"reconciliation.positions", "notificationgenerator.positions", "appgenerator.positions"}
        assert {k: n for k, n in said.removed.items() if k not in later} == {
            k: n for k, n in done.removed.items() if k not in {*later, "dataexporter.positions"}
        }


def everything_old() -> list[Kept]:
    return [
        a_journal_entry(1, ago(300)),
        a_decision(1),
        an_export(1),
        an_applicant(1, ago(200)),
        *a_run(ago(300)),
        *a_position(DELETED, ago(300), deleted=True),
        a_notification("1:now:11", 1, ago(300), of=DELETED),
        a_person(1, ago(300)),
        ledger_entry(ago(300)),
    ]


async def keep_everything_old(bench: Bench) -> None:
    """Store them, and a message that nobody dealt with."""
    await keep(bench, 300, *everything_old())
    bench.today[0] = ago(300)
    work = bench.runner.work()
    work.park(message("esr.queue.apc.split", 1, {}), "never dealt with")
    await work.commit()
    bench.today[0] = TODAY


class Killed(BaseException):
    """The process ends."""


class Dying:
    """An engine whose process ends at one of its commits, before or after it has taken effect."""

    def __init__(self, engine: Any, commits: int, *, after: bool) -> None:
        self._engine, self._left, self._after = engine, commits, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def commit(self, commit: Commit) -> None:
        self._left -= 1
        if self._left == 0 and not self._after:
            raise Killed
        await self._engine.commit(commit)
        if self._left == 0:
            raise Killed


async def test_wherever_a_purge_is_killed_the_next_one_ends_in_the_same_with_the_same_counts(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep_everything_old(bench)
        whole = await purge(bench).of_day(TODAY)
        assert whole is not None
        assert (whole.removed["parked"], whole.removed["messages"]) == (1, 1)
        assert await left(bench) == set()
    kills = [(number, after) for number in range(1, 16) for after in (False, True)]
    for number, after in benches.some(kills, most=4):
        async with benches.open(EXPORTER, nowhere()) as bench:
            await keep_everything_old(bench)
            engine, bench.runner.engine = bench.runner.engine, Dying(bench.engine, number, after=after)
            with pytest.raises(Killed):
                await purge(bench).of_day(TODAY)
            bench.runner.engine = engine
            done = await purge(bench).of_day(TODAY)
            assert done is not None
            assert (done.removed, done.finished) == (whole.removed, True), (number, after)
            assert await left(bench) == set()


async def test_one_process_purges_at_a_time_and_another_goes_on_when_it_is_gone(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 300, a_decision(1))
        engine, bench.runner.engine = bench.runner.engine, Dying(bench.engine, 2, after=False)
        with pytest.raises(Killed):
            await purge(bench, "first").of_day(TODAY)
        bench.runner.engine = engine
        assert await purge(bench, "second").of_day(TODAY) is None
        [known] = (await bench.all(PURGES)).values()
        work = bench.runner.work()
        assert work.time() < known.until < work.time() + 120
        await work.get(PURGES, [known.key])
        work.put(
            PURGES, type(known)(**{n: getattr(known, n) for n in known.__struct_fields__ if n != "until"})
        )
        await work.commit()
        done = await purge(bench, "second").of_day(TODAY)
        assert done is not None
        assert done.removed == {"appgenerator.decisions": 1}


async def test_of_two_processes_that_begin_at_once_one_purges(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 300, a_decision(1))
        both = await asyncio.gather(*(purge(bench, name).of_day(TODAY) for name in ("first", "second")))
        [done] = [one for one in both if one is not None]
        assert (done.removed, done.finished) == ({"appgenerator.decisions": 1}, True)


async def test_who_lost_the_purge_to_another_process_removes_nothing_more(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 300, a_decision(1), an_export(1))
        first = purge(bench, "first")
        begun = await first._begin(KEEP.cutoffs(TODAY))
        assert begun
        work = bench.runner.work()
        [known] = (await work.get(PURGES, [TODAY.isoformat()])).values()
        work.put(
            PURGES, type(known)(**{**{n: getattr(known, n) for n in known.__struct_fields__}, "holder": "x"})
        )
        await work.commit()
        step = first._step(KEEP.cutoffs(TODAY), None)
        step.remove(*a_decision(1))
        with pytest.raises(ConflictError):
            await first._commit(step)
        assert "appgenerator.decisions 1:1" in await left(bench)


async def test_a_purge_of_a_day_that_is_done_does_nothing_more(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 1)
        await purge(bench).of_day(TODAY)
        await keep(bench, 300, a_decision(1))
        await purge(bench).of_day(TODAY)
        assert await left(bench) == named(a_decision(1))


async def test_a_purge_that_is_stopped_goes_on_the_next_time(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 300, a_decision(1), an_export(1))
        answers = iter([True] * 7)
        stopped = await purge(bench, goes_on=lambda: next(answers, False)).of_day(TODAY)
        assert stopped is not None
        assert not stopped.finished
        done = await purge(bench).of_day(TODAY)
        assert done is not None
        assert done.finished
        assert await left(bench) == set()


async def test_a_thing_that_is_written_while_it_is_purged_stays(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 300, a_decision(1))
        late = purge(bench)
        step = late._step(KEEP.cutoffs(TODAY), None)
        [(_, decision)] = await step.work.written_before(a_decision(1)[0], TODAY, None, 10)
        step.remove(a_decision(1)[0], decision)
        await late._begin(KEEP.cutoffs(TODAY))
        await bench.keep(*a_decision(1))
        with pytest.raises(TransientError):
            await late._commit(step)
        assert await left(bench) == named(a_decision(1))
