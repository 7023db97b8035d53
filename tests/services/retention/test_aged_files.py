"""Old files, their rows and messages, on every engine: what the ledger has forgotten is not taken again."""

from collections.abc import Iterable
from typing import Any

import pytest
from tests.journeys.small_world import por
from tests.services.bench import Bench, Benches, message
from tests.services.old_things import (
    EXPORTER,
    KEEP,
    ago,
    file_name,
    keep,
    ledger_entry,
    left,
    nowhere,
    purge,
)
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.retention_periods import Retention
from tis_esr.engine.faults import TransientError
from tis_esr.engine.protocol import Commit, Parking
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.files.folder import Folder
from tis_esr.operations.ledger import gaps
from tis_esr.operations.row_check import check_rows
from tis_esr.services.contracts.bodies import AssignmentRow
from tis_esr.services.data_exporter.outbound import (
    OUTBOUND_FILES,
    RUNS,
    OutboundFile,
    OutboundState,
    Run,
)
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState, InboundFile
from tis_esr.services.inbound_data_reader.file_splitting import InboundDataReader
from tis_esr.services.inbound_data_reader.ledger_horizon import HORIZON, within
from tis_esr.services.retention.daily_purge import Purge


async def test_rows_and_messages_go_and_the_ledger_keeps_the_numbers(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        head = [AssignmentRow(row=2, type="PBD", values={"gmcNumber": "7200001"}, unread=[])]
        for days in (11, 10):
            await keep(bench, days, ledger_entry(ago(days), asg_head=head))
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
        assert (gone.row_states, gone.rows_gone, gone.asg_head) == ({"applied": 3}, True, [])
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


async def test_a_message_that_is_parked_again_while_its_row_goes_keeps_it(benches: Benches) -> None:
    """Where the row went all the same, the message could never be discarded: each purge would die of it."""
    async with benches.open(EXPORTER, nowhere()) as bench:
        name = file_name(ago(11))
        await keep(bench, 11, ledger_entry(ago(11)))
        await bench.account(*(Row(file=name, row=n, type="APC", state=RowState.APPLIED) for n in (1, 2, 3)))
        parked = message("esr.queue.apc.split", 1, {}, name, 2)
        engine = bench.runner.engine
        bench.runner.engine = Interrupted(engine, Commit(parked=[Parking(parked, "again")], day=TODAY))
        done = await purge(bench).of_day(TODAY)
        bench.runner.engine = engine
        assert (done is not None, await bench.parked()) == (True, ["again"])
        assert await bench.rows(name) == {RowState.APPLIED: 2, RowState.PARKED: 1}
        await after(bench, 31)
        assert (await bench.parked(), await bench.rows(name)) == ([], {})


class Interrupted:
    """An engine on which something else happens just before the first rows go."""

    def __init__(self, engine: Any, meanwhile: Commit) -> None:
        self._engine, self._meanwhile = engine, [meanwhile]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def commit(self, commit: Commit) -> None:
        if commit.rows_gone and self._meanwhile:
            await self._engine.commit(self._meanwhile.pop())
        await self._engine.commit(commit)


async def after(bench: Bench, days: int) -> None:
    """Purge so many days later, when a file came on the day before."""
    bench.today[0] = ago(1 - days)
    await bench.keep(*ledger_entry(ago(1 - days), name=file_name(ago(1 - days), sequence=10 + days), rows=0))
    bench.today[0] = ago(-days)
    await purge(bench).again(bench.today[0])


async def test_rows_that_a_late_message_was_accounted_for_in_go_with_the_entry_of_their_file(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        name = file_name(ago(11))
        await keep(bench, 11, ledger_entry(ago(11)))
        await bench.account(*(Row(file=name, row=n, type="APC", state=RowState.APPLIED) for n in (1, 2, 3)))
        await purge(bench).of_day(TODAY)
        await bench.account(Row(file=name, row=2, type="APC", state=RowState.SUPERSEDED))
        await after(bench, 89)
        assert (await bench.all(FILES))[name].row_states == {"applied": 3}
        await after(bench, 90)
        assert name not in await bench.all(FILES)
        assert await bench.rows(name) == {}


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
            "dated 2026-08-15, before 2026-08-16: the ledger has no older files (keep_history_days), so it is not known"
            " whether this one was processed before"
        )
        assert (await reader.take(Folder(inbound), edge)).file.state is FileState.SPLIT


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
        assert (taken.said, taken.file.size) == ("already processed", 3)


async def test_a_whole_copy_of_a_cut_file_whose_rows_are_gone_has_all_its_rows_accounted_for(
    benches: Benches, tmp_path: Any
) -> None:
    """Only its new rows are taken; the counts add up, or each ``tis-esr day`` from then on would end in an error."""
    name, inbound = file_name(ago(11)), tmp_path / "in"
    inbound.mkdir()
    for end, then in (("", 4), ('ASG,1,"","C",11,"T","EOE/1"\n', 5)):
        async with benches.open(EXPORTER, nowhere()) as bench:
            await keep(bench, 11)
            (inbound / name).write_text(f"{por(1)}\n\n{por(2)}\n{end}")
            bench.today[0] = ago(11)
            await InboundDataReader(bench.runner.work).take(Folder(inbound), name)
            for queue in ("por", "asg"):
                await bench.finish(f"esr.queue.{queue}.split")
            taken = (1, 3, 4) if end else (1, 3)
            await bench.account(*(Row(file=name, row=n, type="", state=RowState.APPLIED) for n in taken))
            bench.today[0] = TODAY
            await purge(bench).of_day(TODAY)
            assert await bench.rows(name) == {}
            (inbound / name).write_text(f"{por(1)}\n\n{por(2)}\n{end}{end and PBD}{por(3)}\nTRL,{then + 1}\n")
            file = (await InboundDataReader(bench.runner.work).take(Folder(inbound), name)).file
            states = await bench.rows(name)
            assert sum(states.values()) == file.rows
            assert states[RowState.PENDING] == (3 if end else 1)
            applied = f"{len(taken)} applied, 1 ignored"
            assert file.notes[0].endswith(f"(keep_rows_days), and had ended as: {applied}")
            rows = {name: {**states, RowState.PENDING: 0, RowState.APPLIED: states[RowState.PENDING]}}
            check_rows([file], rows)

            # A third copy changes nothing of what the second one brought.
            await bench.account(Row(file=name, row=file.rows - 1, type="POR", state=RowState.APPLIED))
            with (inbound / name).open("a") as longer:
                longer.write(f"{por(4)}\n")
            file = (await InboundDataReader(bench.runner.work).take(Folder(inbound), name)).file
            states = await bench.rows(name)
            assert (sum(states.values()), states[RowState.APPLIED]) == (file.rows, 1)


PBD = 'PBD,1,"","C","General Medical Council","7200001"\n'


async def test_what_was_purged_is_not_reported_as_missing(benches: Benches) -> None:
    """Not even where history is kept for less than the days in which gaps are reported."""
    keep_short = Retention(rows_days=5, personal_days=8, history_days=20)
    async with benches.open(EXPORTER, nowhere()) as bench:
        await keep(bench, 1)
        for days in range(24, 0, -1):
            bench.today[0] = ago(days)
            name = file_name(ago(days), "APP", 100 - days)
            ours = OutboundFile(name=name, type="APP", deanery="EOE", day=ago(days), state=OutboundState.SENT)
            await bench.keep(RUNS, Run(type="APP", day=ago(days), files=[name]))
            await bench.keep(OUTBOUND_FILES, ours)
            bench.today[0] = ago(days - 1)
            for kind, counter, number in (("APC", "APC", 100 - days), ("RMC", "RMT", 500 - days)):
                arrived = {"name": file_name(ago(days - 1), kind, number), "type": kind, "counter": counter}
                await bench.keep(*ledger_entry(ago(days - 1), rows=0, sequence=number, **arrived))
        bench.today[0] = TODAY
        late = (await bench.all(FILES))[file_name(ago(22), "RMC", 477)]
        await bench.keep(FILES, late)
        await Purge(bench.runner, keep_short, "this").of_day(TODAY)
        files, outbound = await bench.all(FILES), await bench.all(OUTBOUND_FILES)
        assert late.name in files
        assert (len(outbound), file_name(ago(20), "APC", 79) in files) == (20, True)
        of_theirs = [file for file in files.values() if file.sequence > 1]
        assert gaps(of_theirs, outbound.values(), ago(20)) == []
        assert len(gaps(of_theirs, outbound.values(), None)) == 2


async def test_junk_stays_in_the_ledger_while_it_is_in_the_store(benches: Benches) -> None:
    junk = [(FILES, InboundFile(name=name, state=FileState.REFUSED)) for name in ("a.txt", "b.txt")]
    for present, kept in ((["b.txt"], {"b.txt"}), (None, {"a.txt", "b.txt"})):
        async with benches.open(EXPORTER, nowhere()) as bench:

            async def listed(names: Any = present) -> Iterable[str]:
                if names is None:
                    raise TransientError("the store is down")
                return names

            await keep(bench, 11, *junk)
            await purge(bench, present=listed).of_day(TODAY)
            assert await left(bench) == {f"{FILES.name} {name}" for name in kept}
