"""``redrive --unfinished``: files that are not split and parked messages of ESR's files are driven again, others are not (A17)."""

from pathlib import Path
from random import Random

import pytest
from tests.journeys.small_world import NPN, por
from tests.services.bench import FILE, Bench, Benches, message
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.protocol import Commit
from tis_esr.errors import UsageError
from tis_esr.files.folder import Folder
from tis_esr.operations.audit.trail import AUDIT, Person, entries
from tis_esr.operations.redriving import Unfinished, drive_again, find_unfinished
from tis_esr.parking_causes import ParkingCause
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState, InboundFile
from tis_esr.services.inbound_data_reader.file_splitting import UNREADABLE
from tis_esr.simulation.days.generated_world import World

ANN = Person("ann")
WHY = "MongoDB is back"
NEW, HELD, CUT = (f"DE_EOE_RMC_20261124_0000010{number}.DAT" for number in (2, 3, 4))
DONE = FILE


def world() -> World:
    return World(TODAY, Random(1))


@pytest.fixture
def store(tmp_path: Path) -> Folder:
    folder = tmp_path / "in"
    folder.mkdir()
    for number, name in enumerate((DONE, NEW, HELD, CUT)):
        (folder / name).write_text(f"{por(number + 1, NPN)}\nTRL,1\n")
    return Folder(folder)


async def ledger(bench: Bench) -> None:
    """One file is finished, one is held, one was interrupted; one is not known yet."""
    await bench.keep(
        FILES,
        InboundFile(name=DONE, state=FileState.SPLIT, deanery="EOE", rows=2),
        InboundFile(name=HELD, state=FileState.HELD, deanery="EOE", reason="could not be read"),
    )


async def found(bench: Bench, store: Folder, only: str | None = None) -> Unfinished:
    return await find_unfinished(bench.reader(), store, only)


async def park(bench: Bench, name: str, queue: str = "esr.queue.por.split", file: str = FILE) -> None:
    stuck = message(queue, name, {}, file=file)
    if queue == UNREADABLE:  # no service reads it
        await bench.engine.commit(
            Commit(parked=[(stuck, "column positionID is not a whole number", ParkingCause.ROW_UNREADABLE)])
        )
        return
    await bench.engine.commit(Commit(messages=[stuck]))
    [claimed] = await bench.claimed(stuck)
    await bench.engine.commit(
        Commit(parked=[(claimed, "TCS cannot process the record", ParkingCause.TCS_REJECTED)], held=[claimed])
    )


async def test_unfinished_are_new_and_held_files_and_parked_messages_of_files(
    benches: Benches, store: Folder
) -> None:
    async with benches.open(None, world()) as bench:
        await ledger(bench)
        await park(bench, "one")
        await park(bench, "by hand", file="")
        unfinished = await found(bench, store)
        assert [(file.name, file.state, file.reason) for file in unfinished.files] == [
            (NEW, "NEW", ""),
            (HELD, "HELD", "could not be read"),
            (CUT, "NEW", ""),
        ]
        assert (unfinished.parked, unfinished.unreadable, unfinished.absent) == (1, 0, [])


async def test_driving_again_splits_the_files_requeues_the_messages_and_is_audited(
    benches: Benches, store: Folder
) -> None:
    async with benches.open(None, world()) as bench:
        await ledger(bench)
        await park(bench, "one")
        done = await drive_again(bench.runner, bench.reader(), store, ANN, why=WHY, by_services=False)
        assert (len(done.files), done.requeued) == (3, 1)
        files = await bench.all(FILES)
        assert {name: file.state for name, file in files.items()} == dict.fromkeys(
            (DONE, NEW, HELD, CUT), FileState.SPLIT
        )
        again = await drive_again(bench.runner, bench.reader(), store, ANN, why=WHY, by_services=False)
        assert (len(again.files), again.requeued) == (0, 0)
        assert {entry.why for entry in entries(bench.reader())} == {WHY}
        acts = [(entry.who, entry.act, entry.result) for entry in entries(bench.reader())]
        assert acts == [
            ("ann", "redrive.unfinished", "files: 0; messages requeued: 0"),
            ("ann", "redrive.unfinished", "begun"),
            ("ann", "redrive.unfinished", "files: 3; messages requeued: 1"),
            ("ann", "parked.retry", "1 requeued"),
            ("ann", "redrive.unfinished", "begun"),
        ]


async def test_a_redrive_that_ends_before_its_last_commit_has_requeued_nothing_without_an_entry(
    benches: Benches, store: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with benches.open(None, world()) as bench:
        await ledger(bench)
        await park(bench, "one")
        commit, commits = bench.engine.commit, 0

        async def ends_at_the_last(of: Commit) -> None:
            nonlocal commits
            if any(put.collection is AUDIT for put in of.puts):
                commits += 1
                if commits == 2:
                    raise KeyboardInterrupt
            await commit(of)

        monkeypatch.setattr(bench.engine, "commit", ends_at_the_last)
        with pytest.raises(KeyboardInterrupt):
            await drive_again(bench.runner, bench.reader(), store, ANN, why=WHY, by_services=True)
        assert len(bench.reader().parked()) == 1
        assert [entry.act for entry in entries(bench.reader())] == ["redrive.unfinished"]


async def test_running_services_get_each_file_announced(benches: Benches, store: Folder) -> None:
    async with benches.open(None, world()) as bench:
        await ledger(bench)
        await drive_again(bench.runner, bench.reader(), store, ANN, why=WHY, by_services=True)
        waiting = await bench.waiting("esr.queue.file.arrived", 3)
        assert sorted(message.source_file for message in waiting) == [NEW, HELD, CUT]


async def test_one_file_is_driven_again_alone(benches: Benches, store: Folder) -> None:
    async with benches.open(None, world()) as bench:
        await ledger(bench)
        await park(bench, "of the held one", file=HELD)
        await park(bench, "of another")
        done = await drive_again(
            bench.runner, bench.reader(), store, ANN, why=WHY, only=HELD, by_services=False
        )
        assert (len(done.files), done.requeued) == (1, 1)
        with pytest.raises(UsageError, match="is neither in the ledger nor in the inbound store"):
            await found(bench, store, "DE_EOE_RMC_20261124_00000999.DAT")


async def test_unreadable_rows_and_files_that_are_gone_are_left_and_named(
    benches: Benches, store: Folder, tmp_path: Path
) -> None:
    gone = "DE_EOE_RMC_20261123_00000100.DAT"
    async with benches.open(None, world()) as bench:
        await bench.keep(FILES, InboundFile(name=gone, state=FileState.SPLITTING, deanery="EOE", rows=1))
        unfinished = await found(bench, store, gone)
        assert (unfinished.files, unfinished.absent) == ([], [gone])
        held = InboundFile(name=DONE, state=FileState.HELD, deanery="EOE", reason="not there")
        await bench.keep(FILES, held.settle("removed from the store"))
        (tmp_path / "in" / DONE).unlink()
        assert (await found(bench, store)).absent == [gone], "also where no file is named"
        await park(bench, "unreadable", queue=UNREADABLE)
        assert (await found(bench, store)).unreadable == 1


async def test_what_is_interrupted_is_in_the_audit(
    benches: Benches, store: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with benches.open("InboundDataReader", world()) as bench:
        await ledger(bench)
        monkeypatch.setattr("tis_esr.operations.redriving.InboundDataReader", interrupted)
        with pytest.raises(KeyboardInterrupt):
            await drive_again(bench.runner, bench.reader(), store, ANN, why=WHY, by_services=False)
        assert [entry.result for entry in entries(bench.reader())] == ["begun"]


def interrupted(*_: object, **__: object) -> None:
    raise KeyboardInterrupt
