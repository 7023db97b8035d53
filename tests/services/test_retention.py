"""What is old goes, on every engine; what could still change an outcome, and what lives, stays."""

from collections.abc import Iterable
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from tests.services.bench import Bench, Benches, message
from tests.services.old_things import (
    DELETED,
    LIVING,
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
    file_name,
    ledger_entry,
)
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.retention import Retention
from tis_esr.decisions.versions import Stamp
from tis_esr.engine.errors import Conflict, Transient
from tis_esr.engine.protocol import Commit
from tis_esr.engine.rows import Row, RowState
from tis_esr.files.folder import Folder
from tis_esr.services.file_ledger import FILES, FileState, InboundFile
from tis_esr.services.flow import COLLECTIONS
from tis_esr.services.inbound_data_reader import InboundDataReader
from tis_esr.services.ledger_horizon import HORIZON, within
from tis_esr.services.outbound import APPLICANTS, OutboundState, RecordState
from tis_esr.services.person_journal import JOURNAL, TIS_PEOPLE, Outcome, TisPerson
from tis_esr.services.retention.audit import PROGRESS, PURGES
from tis_esr.services.retention.purge import Purge
from tis_esr.synthetic.world import World

KEEP = Retention(rows_days=10, personal_days=30, history_days=100)
EXPORTER = "DataExporter"
RECENT = ledger_entry(ago(1), name=file_name(ago(1), sequence=9), rows_gone=True)
OWN = {PURGES.name, HORIZON.name, PROGRESS.name}
"""What the purge itself keeps."""


def nowhere() -> World:
    return World(TODAY, Random(1))


def purge(bench: Bench, holder: str = "this", **more: Any) -> Purge:
    return Purge(bench.runner, KEEP, holder, **more)


async def keep(bench: Bench, days_ago: int, *kept: Kept | list[Kept]) -> None:
    """Store documents as they were written so many days ago; a file came yesterday."""
    bench.today[0] = ago(1)
    await bench.keep(*RECENT)
    bench.today[0] = ago(days_ago)
    for one in kept:
        for collection, document in one if isinstance(one, list) else [one]:
            await bench.keep(collection, document)
    bench.today[0] = TODAY


async def left(bench: Bench) -> set[str]:
    """Return collection and key of every document but the purge's own."""
    return {
        f"{collection.name} {key}"
        for collection in COLLECTIONS
        if collection.name not in OWN
        for key in await bench.all(collection)
    } - named(RECENT)


def named(*kept: Kept | list[Kept]) -> set[str]:
    return {
        f"{collection.name} {collection.key(document)}"
        for one in kept
        for collection, document in (one if isinstance(one, list) else [one])
    }


async def test_history_goes_after_its_days_and_not_before(benches: Benches) -> None:
    old = [
        a_journal_entry(1, ago(101)),
        a_decision(1),
        an_export(1),
        an_applicant(1, ago(101)),
        *a_run(ago(101)),
    ]
    young = [
        a_journal_entry(2, ago(100)),
        a_decision(2),
        an_export(2),
        an_applicant(2, ago(100)),
        *a_run(ago(100)),
    ]
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 101, *old)
        await keep(bench, 100, *young)
        done = await purge(bench).of_day(TODAY)
        assert await left(bench) == named(*young)
        assert done is not None
        assert done.finished
        assert {name: number for name, number in done.removed.items() if "." in name} == {
            "inbounddatawriter.journal": 1,
            "appgenerator.decisions": 1,
            "inbounddatawriter.exports": 1,
            "dataexporter.applicants": 1,
            "dataexporter.runs": 1,
            "dataexporter.files": 1,
        }


async def test_what_is_not_over_stays_however_old(benches: Benches) -> None:
    stay: list[Kept | list[Kept]] = [
        an_applicant(1, ago(-10)),
        an_applicant(2, ago(100), state=RecordState.TO_EXPORT),
        an_applicant(3, ago(200), file=file_name(ago(300), "APP")),
        a_run(ago(300), OutboundState.FIXED),
        a_position(LIVING, ago(300)),
        a_notification("1:now:11", 2, ago(300)),
        a_notification("sent:11", 1, ago(300), type="4"),
        a_notification("5", 1, ago(300), type="5"),
        a_notification("1:next:12", 1, ago(300), state=RecordState.TO_EXPORT),
        a_person(1, ago(120)),
    ]
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 300, *stay)
        await purge(bench).of_day(TODAY)
        assert await left(bench) == named(*stay)


async def test_notifications_that_esr_holds_no_more_go(benches: Benches) -> None:
    over = [
        a_notification("1:now:11", 1, ago(300)),
        a_notification("1:now:99", 1, ago(300)),
        a_notification("sent:99", 1, ago(300), type="2"),
        a_notification("1:next:11", 1, ago(300), state=RecordState.DELETED_BEFORE_EXPORT),
    ]
    stay = [*a_position(LIVING, ago(300)), a_notification("1:now:11", 2, ago(300))]
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 300, *over, *stay)
        await purge(bench).of_day(TODAY)
        assert await left(bench) == named(*stay)


async def test_a_deleted_position_leaves_with_all_that_is_kept_of_it_once_no_older_row_can_come(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        deleted, living = a_position(DELETED, ago(141), deleted=True), a_position(LIVING, ago(141))
        await keep(bench, 140, deleted, living)
        await purge(bench).again(TODAY)
        assert await left(bench) == named(deleted, living) - named(deleted[3])
        bench.today[0] = TODAY + timedelta(days=1)
        await purge(bench).again(bench.today[0])
        assert await left(bench) == named(living)


async def test_a_deleted_position_stays_while_records_of_it_do(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(
            bench, 300, a_position(DELETED, ago(300), deleted=True), an_applicant(1, ago(-10), of=DELETED)
        )
        await purge(bench).of_day(TODAY)
        assert "reconciliation.positions 2" in await left(bench)


async def test_no_guard_goes_while_a_message_has_been_waiting_for_long(benches: Benches) -> None:
    class Stuck(Purge):
        async def _cutoffs(self, day: Any) -> Any:
            return self.retention.cutoffs(day, oldest_waiting_seconds=11 * 86400)

    async with benches.open(EXPORTER, nowhere()) as bench:
        guards = [*a_position(DELETED, ago(300), deleted=True)[:3], a_person(1, ago(300))]
        await keep(bench, 300, *guards, a_decision(1))
        await Stuck(bench.runner, KEEP, "this").of_day(TODAY)
        assert await left(bench) == named(*guards)


async def test_a_person_who_is_updated_again_and_again_keeps_only_the_stamps_that_guard(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        stamps = {f"absence A{days}.startDate": Stamp(ago(days), "EOE", 1, 2) for days in (1, 140, 141, 300)}
        await keep(bench, 1, (TIS_PEOPLE, TisPerson(person_id=1, stamps=stamps)))
        for _ in range(2):
            await purge(bench).again(TODAY)
            [person] = (await bench.all(TIS_PEOPLE)).values()
            assert set(person.stamps) == {"absence A1.startDate", "absence A140.startDate"}
        [done] = (await bench.all(PURGES)).values()
        assert done.removed == {"stamps of people's details": 2}


async def test_personal_values_are_blanked_and_what_was_done_is_kept(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 31, a_journal_entry(1, ago(31)), a_journal_entry(2, ago(31), Outcome.PLANNED))
        await keep(bench, 31, an_applicant(1, ago(-10)), an_applicant(2, ago(-200)))
        await keep(bench, 31, an_applicant(3, ago(-10), state=RecordState.TO_EXPORT))
        await keep(bench, 30, a_journal_entry(3, ago(30)))
        for _ in range(2):
            await purge(bench).again(TODAY)
            journal = (await bench.all(JOURNAL)).values()
            assert {entry.row: (entry.old, entry.new) for entry in journal} == {
                1: (None, None),
                2: ("01632 960001", "01632 960002"),
                3: ("01632 960001", "01632 960002"),
            }
            records = (await bench.all(APPLICANTS)).values()
            assert {r.placement_id: bool(r.fields) for r in records} == {1: False, 2: True, 3: True}
        # What was blanked is as old as before: it goes with its own age.
        await purge(bench).again(TODAY + timedelta(days=70))
        assert set(await bench.all(JOURNAL)) == {
            "DE_EOE_RMC_20261025_00000001.DAT:3:3:contact.telephoneNumber"
        }


async def test_rows_and_messages_go_and_the_ledger_keeps_the_numbers(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        for days in (11, 10):
            await keep(bench, days, ledger_entry(ago(days)))
            name = file_name(ago(days))
            await bench.account(
                *(Row(file=name, row=n, type="POS", state=RowState.APPLIED) for n in (1, 2, 3))
            )
        done = await purge(bench).of_day(TODAY)
        assert done is not None
        assert done.removed["rows"] == 3
        assert await bench.rows(file_name(ago(11))) == {}
        assert await bench.rows(file_name(ago(10))) == {RowState.APPLIED: 3}
        files = await bench.all(FILES)
        gone, kept = files[file_name(ago(11))], files[file_name(ago(10))]
        assert (gone.row_states, gone.rows_gone) == ({"applied": 3}, True)
        assert (kept.row_states, kept.rows_gone) == ({}, False)


@pytest.mark.parametrize("number", [499, 500, 501, 1000])
async def test_rows_go_in_parts_and_the_numbers_are_those_of_all(benches: Benches, number: int) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        name = file_name(ago(11))
        await keep(bench, 11, ledger_entry(ago(11), rows=number))
        rows = [Row(file=name, row=n, type="POS", state=RowState.APPLIED) for n in range(1, number + 1)]
        await bench.account(*rows)
        done = await purge(bench).of_day(TODAY)
        assert done is not None
        assert done.removed == {"rows": number}
        assert await bench.rows(name) == {}
        file = (await bench.all(FILES))[name]
        assert (file.row_states, file.rows_gone) == ({"applied": number}, True)


async def test_a_file_with_a_row_that_is_pending_or_parked_keeps_its_rows(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 60, ledger_entry(ago(60)))
        name = file_name(ago(60))
        rows = [Row(file=name, row=1, type="POS", state=RowState.APPLIED)]
        await bench.account(*rows, Row(file=name, row=2, type="POS", state=RowState.PENDING))
        await purge(bench).of_day(TODAY)
        assert sum((await bench.rows(name)).values()) == 2


@pytest.mark.parametrize(
    ("days", "state", "stays"),
    [
        (100, FileState.HELD, True),
        (101, FileState.HELD, False),
        (300, FileState.SPLITTING, True),
        (20, FileState.REFUSED, False),
    ],
)
async def test_rows_of_a_file_that_was_not_read_to_its_end_stay_while_the_rest_may_come(
    benches: Benches, days: int, state: FileState, *, stays: bool
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        name = file_name(ago(days))
        await keep(bench, days, ledger_entry(ago(days), state=state, rows=1))
        await bench.account(Row(file=name, row=1, type="POS", state=RowState.APPLIED))
        await purge(bench).of_day(TODAY)
        assert bool(await bench.rows(name)) is stays


async def test_what_nobody_dealt_with_is_discarded_after_the_days_of_personal_data(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 1)
        for days in (31, 30):
            bench.today[0] = ago(days)
            name = file_name(ago(days))
            await bench.account(Row(file=name, row=2, type="APC", state=RowState.PENDING))
            work = bench.runner.work()
            work.park(message("esr.queue.apc.split", days, {}, name, 2), f"parked {days} days ago")
            await work.commit()
        bench.today[0] = TODAY
        await purge(bench).of_day(TODAY)
        assert await bench.parked() == ["parked 30 days ago"]
        assert await bench.rows(file_name(ago(31))) == {RowState.IGNORED: 1}
        assert await bench.rows(file_name(ago(30))) == {RowState.PARKED: 1}


async def test_a_file_that_the_ledger_has_forgotten_is_not_taken_again(
    benches: Benches, tmp_path: Any
) -> None:
    inbound = tmp_path / "in"
    inbound.mkdir()
    old, edge = file_name(ago(101)), file_name(ago(100), sequence=2)
    for name in (old, edge):
        (inbound / name).write_text('POR,1,C,1001,,"EOE/RX1/800/STR/0001"\nTRL,1\n')
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 101, ledger_entry(ago(101), rows_gone=True))
        await purge(bench).of_day(TODAY)
        assert await left(bench) == set()
        assert await within(bench.runner.work(), [old, edge, "notes.txt"]) == [edge, "notes.txt"]
        reader = InboundDataReader(bench.runner.work)
        first, again = [await reader.take(Folder(inbound), old) for _ in range(2)]
        assert (first.file.state, first.fresh, again.fresh) == (FileState.REFUSED, True, False)
        assert first.said == (
            "dated 2026-08-15, before 2026-08-16: the ledger keeps no older files (keep_history_days), so it can't"
            " tell whether this one was taken before"
        )
        assert (await reader.take(Folder(inbound), edge)).file.state is FileState.SPLIT


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


async def test_the_oldest_day_of_the_ledger_never_moves_back(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 1)
        await purge(bench).of_day(TODAY)
        longer = Retention(rows_days=10, personal_days=30, history_days=300)
        await Purge(bench.runner, longer, "this").again(ago(-1))
        await Purge(bench.runner, KEEP, "this").again(ago(50))
        [horizon] = (await bench.all(HORIZON)).values()
        assert horizon.before == ago(100)


async def test_a_second_copy_of_a_file_older_than_the_ledger_adds_nothing(
    benches: Benches, tmp_path: Any
) -> None:
    """Its entry may still be there, but what guarded against its rows is not."""
    inbound = tmp_path / "in"
    inbound.mkdir()
    (inbound / file_name(ago(101))).write_text("POR,1\n")
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 20, ledger_entry(ago(101), size=3, sha256="of the first three bytes"))
        await purge(bench).of_day(TODAY)
        taken = await InboundDataReader(bench.runner.work).take(Folder(inbound), file_name(ago(101)))
        assert (taken.said, taken.file.size) == ("already taken", 3)


async def test_junk_stays_in_the_ledger_while_it_is_in_the_store(benches: Benches) -> None:
    junk = [(FILES, InboundFile(name=name, state=FileState.REFUSED)) for name in ("a.txt", "b.txt")]
    for present, kept in ((["b.txt"], {"b.txt"}), (None, {"a.txt", "b.txt"})):
        async with benches.open(EXPORTER, nowhere()) as bench:

            async def listed(names: Any = present) -> Iterable[str]:
                if names is None:
                    raise OSError("the store is down")
                return names

            await keep(bench, 11, *junk)
            await purge(bench, present=listed).of_day(TODAY)
            assert await left(bench) == {f"{FILES.name} {name}" for name in kept}


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
        await keep(bench, 300, *everything_old())
        whole = await purge(bench).of_day(TODAY)
        assert whole is not None
        assert await left(bench) == set()
    kills = [(number, after) for number in range(1, 14) for after in (False, True)]
    for number, after in benches.some(kills, most=4):
        async with benches.open(EXPORTER, nowhere()) as bench:
            await keep(bench, 300, *everything_old())
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
        with pytest.raises(Conflict):
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
        with pytest.raises(Transient):
            await late._commit(step)
        assert await left(bench) == named(a_decision(1))
