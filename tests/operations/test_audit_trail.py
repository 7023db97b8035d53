"""The audit trail: entries are one chain, and whoever changes, removes or adds one is found."""

from datetime import UTC, datetime, time
from functools import partial
from random import Random

import msgspec
import pytest
from structlog.testing import capture_logs
from tests.services.bench import Bench, Benches
from tests.services.old_things import EXPORTER, ago, purge
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.faults import ConflictError
from tis_esr.operations.audit import retention
from tis_esr.operations.audit.logged_head import LoggedHead
from tis_esr.operations.audit.trail import AUDIT, Person, entries, record, verify
from tis_esr.operations.own_retention import OWN_RULES
from tis_esr.simulation.days.generated_world import World

ANN, BEN = Person("ann"), Person("ben", "console")


async def act(bench: Bench, person: Person, what: str) -> None:
    work = bench.runner.work()
    await record(work, person, what, ["file"], why="ticket 4711")
    await work.commit()


async def test_entries_are_numbered_and_each_has_the_hash_of_the_one_before(benches: Benches) -> None:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:
        for person, what in ((ANN, "parked.discard"), (BEN, "parked.look"), (ANN, "parked.discard")):
            await act(bench, person, what)
        found = entries(bench.reader())
        assert [(entry.number, entry.who, entry.via) for entry in found] == [
            (3, "ann", "command line"),
            (2, "ben", "console"),
            (1, "ann", "command line"),
        ]
        assert [entry.previous for entry in found] == [found[1].hash, found[2].hash, ""]
        assert [entry.number for entry in entries(bench.reader(), act="parked.discard", last=1)] == [3]
        assert (verify(bench.reader()).entries, verify(bench.reader()).broken_at) == (3, 0)


async def test_of_two_acts_at_one_moment_one_is_retried(benches: Benches) -> None:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:
        first, second = bench.runner.work(), bench.runner.work()
        await record(first, ANN, "one")
        await record(second, BEN, "two")
        await first.commit()
        with pytest.raises(ConflictError):
            await second.commit()


@pytest.mark.parametrize(
    ("number", "changed", "broken"),
    [
        (2, {"why": "nothing"}, (2, "its content was changed")),
        (3, {"number": 9}, (3, "the last entry is missing or another one")),
    ],
)
async def test_a_changed_entry_is_found(
    benches: Benches, number: int, changed: dict[str, object], broken: tuple[int, str]
) -> None:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:
        for _ in range(3):
            await act(bench, ANN, "one")
        [entry] = [entry for entry in entries(bench.reader()) if entry.number == number]
        work = bench.runner.work()
        await work.get(AUDIT, [entry.key])
        work.remove(AUDIT, entry)
        await work.commit()
        await bench.keep(AUDIT, msgspec.structs.replace(entry, **changed))
        found = verify(bench.reader())
        assert (found.broken_at, found.reason) == broken


async def test_a_removed_entry_is_found_also_the_oldest(benches: Benches) -> None:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:
        for _ in range(4):
            await act(bench, ANN, "one")
        for number, reason in (
            (4, "the last entry is missing or another one"),
            (2, "entry 2 is missing"),
            (1, "entry 1 is missing"),
        ):
            [entry] = [entry for entry in entries(bench.reader()) if entry.number == number]
            work = bench.runner.work()
            await work.get(AUDIT, [entry.key])
            work.remove(AUDIT, entry)
            await work.commit()
            assert verify(bench.reader()).reason == reason


async def test_an_entry_has_the_time_of_the_act_also_on_a_day_that_is_run_later(benches: Benches) -> None:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:
        bench.today[0] = ago(150)
        await act(bench, ANN, "one")
        [entry] = entries(bench.reader())
        assert abs(entry.at.timestamp() - bench.engine.time()) < 60


async def test_a_purge_removes_the_oldest_entries_and_never_the_newest(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In steps; also an entry that was written while the clock was set back, and where nobody acted for long."""
    monkeypatch.setattr(retention, "DOCUMENTS_A_STEP", 1)
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:
        for days_ago in (150, 120, 5, 130):
            bench.today[0] = ago(days_ago)
            at = datetime.combine(ago(days_ago), time(9), UTC).timestamp()
            monkeypatch.setattr(bench.engine, "time", partial(float, at))
            work = bench.runner.work()
            await record(work, ANN, "one")
            await work.commit()
        for day, left in ((TODAY, [4, 3]), (ago(-400), [4])):
            bench.today[0] = day
            would = await purge(bench, more=OWN_RULES).dry_run(day)
            assert would.removed[AUDIT.name] == len(entries(bench.reader())) - len(left)
            assert await purge(bench, more=OWN_RULES).again(day) is not None
            assert [entry.number for entry in entries(bench.reader())] == left
            assert (verify(bench.reader()).broken_at, verify(bench.reader()).last) == (0, 4)


async def test_a_reason_that_is_not_utf_8_is_no_fault(benches: Benches) -> None:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:
        work = bench.runner.work()
        await record(work, ANN, "one", ["a\udcff"], why="\udce9")
        await work.commit()
        [entry] = entries(bench.reader())
        assert (entry.on, entry.why) == (["a?"], "?")


async def test_the_log_has_the_number_and_hash_of_each_newest_entry_once(benches: Benches) -> None:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:
        logged = LoggedHead(bench.runner.work)
        with capture_logs() as lines:
            await logged.look()
            await act(bench, ANN, "one")
            await logged.look()
            await logged.look()
        verdict = verify(bench.reader())
        assert [(line["event"], line["number"], line["hash"]) for line in lines] == [
            ("audited", verdict.last, verdict.hash)
        ]
