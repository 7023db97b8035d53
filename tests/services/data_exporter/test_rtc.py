"""ESR gets one RTC for each RMF and RMC, once all rows are accounted for, wherever the making of it ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from random import Random

import pytest
from tests.services.bench import Bench, Benches
from tests.services.tcs_on_bench import TODAY
from tests.services.watched import FailingCommit, Watched

from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.files.folder import Folder
from tis_esr.services.data_exporter import rtc_export
from tis_esr.services.data_exporter.rtc_documents import RTC_FILES, RTC_ROWS, RtcState, merged
from tis_esr.services.inbound_data_reader import file_splitting
from tis_esr.services.inbound_data_reader.file_splitting import InboundDataReader
from tis_esr.services.restored import mark_restored
from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.esr.esr import Esr

RMC, RTC = "DE_EOE_RMC_20261124_00000007.DAT", "DE_EOE_RTC_20261124_00000007.DAT"
HDR = f'HDR,"{RMC}","20261124 120000","EOE","RMC"\n'
POR = 'POR,{0},"","C",1{0},"T","EOE/RX1/800/STR/{0}"\n'
ASG = 'ASG,71,"","C",81,"","",1,11,"EOE/RX1/800/STR/1","Lead Employer","096",20260801,,"",1\n'
PER = 'PER,81,"","C"\n'
COMMAND = "esr.queue.rtcfilegenerationcommand"
NOTED = "esr.queue.rmt.split"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtc_export, "PENDING_SECONDS", 0.1)


class Desk:
    """The DataExporter on a bench, and a folder from which files are read and split."""

    def __init__(self, bench: Bench, folder: Path) -> None:
        self.bench = bench
        self.folder = Folder(folder, make=True)

    async def read(self, content: str, *, name: str = RMC, acknowledges: bool = True) -> None:
        (self.folder.path / name).write_text(content)
        reader = InboundDataReader(self.bench.runner.work, acknowledges=acknowledges)
        await reader.take(self.folder, name)

    async def end(self, rows: dict[int, tuple[str, RowState, str]], name: str = RMC) -> None:
        """Account for rows, as the other services do."""
        await self.bench.account(
            *(
                Row(file=name, row=n, type=type_, state=state, reason=why)
                for n, (type_, state, why) in rows.items()
            )
        )

    async def noted(self) -> None:
        await self.bench.finish(NOTED)

    async def write(self) -> dict[str, list[str]]:
        """Let everything be done; return the files to ESR."""
        await self.bench.finish(NOTED, COMMAND)
        return self.files()

    def files(self) -> dict[str, list[str]]:
        found = sorted(self.bench.out.iterdir()) if self.bench.out.exists() else []
        return {path.name: path.read_text().splitlines() for path in found if path.name[0] != "."}


@asynccontextmanager
async def a_desk(benches: Benches, folder: Path) -> AsyncIterator[Desk]:
    async with benches.open("DataExporter", World(TODAY, Random(1))) as bench:
        yield Desk(bench, folder / f"from-esr-{benches.made}")


APPLIED = ("POR", RowState.APPLIED, "")


async def test_each_data_row_is_acknowledged_with_its_outcome(benches: Benches, tmp_path: Path) -> None:
    async with a_desk(benches, tmp_path) as desk:
        await desk.read(HDR + POR.format(1) + POR.format(2) + ASG + PER + POR.format(3) + "XYZ,9\nTRL,8\n")
        await desk.end(
            {
                2: APPLIED,
                3: ("POR", RowState.UNMATCHED, "TIS has no post of this number"),
                4: ("ASG", RowState.APPLIED, ""),
                5: ("PER", RowState.IGNORED, "a host employer's record"),
                6: ("POR", RowState.SUPERSEDED, "a newer version of it was handled before"),
            }
        )
        [(name, rows)] = (await desk.write()).items()
        assert name == RTC
        assert rows[0] == f'HDR,"{RTC}","20261124 090000","EOE","RTC"'
        assert rows[1:-1] == [
            f'RTC,"{RMC}",2,"POR",1,"EOE/RX1/800/STR/1","SUCCESS","INFO","applied"',
            f'RTC,"{RMC}",3,"POR",2,"EOE/RX1/800/STR/2","FAIL","WARNING","unmatched: TIS has no post of this number"',
            f'RTC,"{RMC}",4,"ASG",71,"EOE/RX1/800/STR/1","SUCCESS","INFO","applied"',
            f'RTC,"{RMC}",5,"PER",71,"EOE/RX1/800/STR/1","SUCCESS","INFO","ignored: a host employer\'s record"',
            f'RTC,"{RMC}",6,"POR",3,"EOE/RX1/800/STR/3","SUCCESS","INFO","superseded: a newer version of it was'
            ' handled before"',
            f'RTC,"{RMC}",7,"",,"","FAIL","ERROR","parked: unknown record type"',
        ]
        assert rows[-1] == "TRL,8"
        assert await desk.bench.all(RTC_ROWS) == {}


async def test_it_waits_for_the_last_row_and_holds_up_no_other_file(benches: Benches, tmp_path: Path) -> None:
    other, its_rtc = RMC.replace("0007", "0008"), RTC.replace("0007", "0008")
    async with a_desk(benches, tmp_path) as desk:
        await desk.read(HDR + POR.format(1) + POR.format(2) + "TRL,4\n")
        await desk.read(HDR.replace(RMC, other) + POR.format(3) + "TRL,3\n", name=other)
        await desk.noted()
        await desk.end({2: APPLIED})
        await desk.end({2: APPLIED}, name=other)
        for command in await desk.bench.waiting(COMMAND, 2):
            await desk.bench.handle(command)
        assert list(desk.files()) == [its_rtc]
        await desk.end({3: APPLIED})
        assert list(await desk.write()) == [RTC, its_rtc]


async def test_after_a_restore_an_rtc_that_esr_has_is_not_sent_again(
    benches: Benches, tmp_path: Path
) -> None:
    async with a_desk(benches, tmp_path) as desk:
        work = desk.bench.runner.work()
        await mark_restored(work)
        await work.commit()
        desk.bench.out.mkdir(exist_ok=True)
        (desk.bench.out / RTC).write_text("as it was sent\n")
        await desk.read(HDR + POR.format(1) + "TRL,3\n")
        await desk.end({2: APPLIED})
        assert await desk.write() == {RTC: ["as it was sent"]}
        [file] = (await desk.bench.all(RTC_FILES)).values()
        assert file.state is RtcState.SENT
        assert await desk.bench.all(RTC_ROWS) == {}


async def test_off_nothing_is_told_and_nothing_written(benches: Benches, tmp_path: Path) -> None:
    async with a_desk(benches, tmp_path) as desk:
        await desk.read(HDR + POR.format(1) + "TRL,3\n", acknowledges=False)
        await desk.end({2: APPLIED})
        assert await desk.write() == {}
        assert await desk.bench.all(RTC_FILES) == {}


async def test_a_row_that_is_redriven_later_changes_nothing_of_it(benches: Benches, tmp_path: Path) -> None:
    async with a_desk(benches, tmp_path) as desk:
        await desk.read(HDR + POR.format(1) + "XYZ,9\nTRL,4\n")
        await desk.end({2: APPLIED})
        before = await desk.write()
        await desk.end({2: ("POR", RowState.UNMATCHED, "")})
        await desk.read(HDR + POR.format(1) + "XYZ,9\nTRL,4\n")
        assert await desk.write() == before


async def test_a_file_without_data_rows_is_acknowledged_too(benches: Benches, tmp_path: Path) -> None:
    async with a_desk(benches, tmp_path) as desk:
        await desk.read(HDR + "TRL,2\n")
        assert [row[:3] for row in (await desk.write())[RTC]] == ["HDR", "TRL"]


async def test_an_incomplete_file_is_acknowledged_as_such_and_its_whole_copy_not_again(
    benches: Benches, tmp_path: Path
) -> None:
    async with a_desk(benches, tmp_path) as desk:
        await desk.read(HDR + POR.format(1))
        await desk.end({2: APPLIED})
        rows = (await desk.write())[RTC]
        assert rows[2] == (
            f'RTC,"{RMC}",2,"TRL",,"","FAIL","ERROR","incomplete: it has no TRL row, so its end may be missing"'
        )
        assert rows[-1] == "TRL,4"
        await desk.read(HDR + POR.format(1) + POR.format(2) + "TRL,4\n")
        await desk.end({3: APPLIED})
        assert (await desk.write())[RTC] == rows


async def test_a_whole_copy_that_comes_in_time_is_acknowledged_whole(
    benches: Benches, tmp_path: Path
) -> None:
    async with a_desk(benches, tmp_path) as desk:
        await desk.read(HDR + POR.format(1))
        await desk.noted()
        await desk.read(HDR + POR.format(1) + POR.format(2) + "TRL,4\n")
        await desk.noted()
        await desk.end({2: APPLIED, 3: APPLIED})
        assert [row.split(",")[2] for row in (await desk.write())[RTC][1:-1]] == ["2", "3"]


LONG = HDR + "".join(POR.format(n) for n in range(1, 8)) + "TRL,9\n"


async def acknowledged(desk: Desk) -> None:
    await desk.read(LONG)
    await desk.end(dict.fromkeys(range(2, 9), APPLIED))
    await desk.noted()


class Died(BaseException):
    """A process that is killed."""


@pytest.mark.parametrize("dies_at", range(1, 20))
async def test_wherever_a_process_dies_there_is_one_file_with_the_same_bytes(
    embedded: Benches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dies_at: int
) -> None:
    monkeypatch.setattr(file_splitting, "ROWS_A_CHUNK", 3)

    async def die() -> None:
        raise Died

    async with a_desk(embedded, tmp_path) as desk:
        await acknowledged(desk)
        [command] = await desk.bench.waiting(COMMAND, 1)
        try:
            await desk.bench.handle(command, engine=Watched(desk.bench.engine, dies_at, die))
        except Died:
            half = desk.files()
            [rows] = (await desk.write()).values()
            assert half in ({}, {RTC: rows})
        [rows] = (await desk.write()).values()
        assert [row.split(",")[2] for row in rows[1:-1]] == ["2", "3", "4", "5", "6", "7", "8"]
        assert await desk.bench.all(RTC_ROWS) == {}


@pytest.mark.parametrize("fails_at", range(1, 8))
async def test_wherever_a_commit_fails_there_is_one_file(
    benches: Benches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    monkeypatch.setattr(file_splitting, "ROWS_A_CHUNK", 3)
    if benches.place is not None and fails_at % 3 != 1:
        pytest.skip("a few on the slower engine")
    async with a_desk(benches, tmp_path) as desk:
        await acknowledged(desk)
        [command] = await desk.bench.waiting(COMMAND, 1)
        await desk.bench.handle(command, engine=FailingCommit(desk.bench.engine, fails_at))
        [rows] = (await desk.write()).values()
        assert [row.split(",")[2] for row in rows[1:-1]] == ["2", "3", "4", "5", "6", "7", "8"]


async def test_the_chunks_may_come_in_any_order(
    embedded: Benches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_splitting, "ROWS_A_CHUNK", 3)
    async with a_desk(embedded, tmp_path) as desk:
        await desk.read(LONG)
        for message in reversed(await desk.bench.waiting(NOTED, 3)):
            await desk.bench.handle(message)
        await desk.end(dict.fromkeys(range(2, 9), APPLIED))
        assert len((await desk.write())[RTC]) == 9


async def test_somebody_elses_file_of_that_name_is_not_overwritten(embedded: Benches, tmp_path: Path) -> None:
    async with a_desk(embedded, tmp_path) as desk:
        desk.bench.out.mkdir(parents=True, exist_ok=True)
        (desk.bench.out / RTC).write_text("somebody else's\n")
        await acknowledged(desk)
        assert await desk.write() == {RTC: ["somebody else's"]}
        [reason] = await desk.bench.parked()
        assert reason.startswith(f"{desk.bench.out} has a file {RTC} with other content")


async def test_esr_can_read_it(embedded: Benches, tmp_path: Path) -> None:
    async with a_desk(embedded, tmp_path) as desk:
        await acknowledged(desk)
        await desk.write()
        esr = Esr()
        received = esr.take(RTC, (desk.bench.out / RTC).read_bytes(), date(2026, 11, 24))
        assert (received.quarantined, esr.holdings.acknowledged) == ([], {RMC: 7})


def test_spans_that_meet_are_one() -> None:
    assert merged([(1, 3), (5, 9)], (3, 5)) == [(1, 9)]
    assert merged([(5, 9)], (1, 3)) == [(1, 3), (5, 9)]
    assert merged([], (1, 1)) == [(1, 1)]
