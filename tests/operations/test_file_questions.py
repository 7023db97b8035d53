"""Lists of files a page at a time, one file, open findings, and where a search leads: on both engines."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import date
from random import Random
from typing import Any

from tests.services.bench import Bench, Benches
from tests.services.old_things import EXPORTER
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.operations.file_questions.file_list import FileFilter, FilePage, file_list
from tis_esr.operations.file_questions.one_file import one_file
from tis_esr.operations.file_questions.open_findings import open_findings
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES, OutboundFile, OutboundState
from tis_esr.services.inbound_data_reader.file_ledger import FileState, InboundFile, enter
from tis_esr.simulation.days.generated_world import World

DAY = date(2026, 11, 24)


def arrived(number: int, deanery: str = "EOE", day: date = DAY, **more: Any) -> InboundFile:
    name = f"DE_{deanery}_RMC_{day:%Y%m%d}_{number:08}.DAT"
    known = {"deanery": deanery, "type": "RMC", "counter": "RMT", "day": day, "sequence": number, "rows": 3}
    return InboundFile(**{"name": name, "state": FileState.SPLIT, **known, **more})


@asynccontextmanager
async def store(benches: Benches, *files: InboundFile) -> AsyncIterator[Bench]:
    async with benches.open(EXPORTER, World(TODAY, Random(1))) as bench:
        await add(bench, *files)
        yield bench


async def add(bench: Bench, *files: InboundFile) -> None:
    work = bench.runner.work()
    for file in files:
        enter(work, file)
    await work.commit()


def listed(bench: Bench, after: str = "", limit: int = 2, **wanted: Any) -> FilePage:
    with closing(bench.reader()) as reader:
        chosen = FileFilter(**{"since": 0.0, "offices": DEANERIES, **wanted})
        return file_list(reader, chosen, after=after, limit=limit)


def numbers(page: FilePage) -> list[int]:
    return [file.sequence for file in page.files]


async def test_pages_go_from_the_newest_to_the_oldest_and_arrivals_shift_none(benches: Benches) -> None:
    async with store(benches, *map(arrived, (1, 2, 3, 4, 5))) as bench:
        first = listed(bench)
        assert (numbers(first), first.total, first.rows) == ([5, 4], 5, 15)
        await add(bench, arrived(6), arrived(7))
        second = listed(bench, first.after)
        assert numbers(second) == [3, 2]
        last = listed(bench, second.after)
        assert (numbers(last), last.after) == ([1], "")
        assert listed(bench).states == {"SPLIT": 7}


async def test_filters_are_by_office_type_state_findings_and_time(benches: Benches) -> None:
    refused = arrived(3, state=FileState.REFUSED, reason="TRL is missing")
    async with store(benches, arrived(1), arrived(2, "LDN"), refused) as bench:
        assert numbers(listed(bench, offices=["LDN"])) == [2]
        assert listed(bench, type="RMC").total == 3
        assert listed(bench, type="RMF").total == 0
        assert numbers(listed(bench, state="REFUSED")) == [3]
        assert numbers(listed(bench, only_open=True)) == [3]
        assert listed(bench, since=1e11).total == 0


async def test_a_file_whose_name_says_no_office_is_listed_for_those_who_see_all(benches: Benches) -> None:
    junk = InboundFile(name="letter.txt", state=FileState.REFUSED, reason="it is not an ESR file name")
    async with store(benches, junk, arrived(1)) as bench:
        assert listed(bench).total == 1
        assert listed(bench, with_unnamed=True).total == 2
        with closing(bench.reader()) as reader:
            found = open_findings(reader, TODAY, 1)
    assert [file.name for file in found.files] == ["letter.txt"]
    assert found.of(DEANERIES).files == []


async def test_rows_are_counted_for_the_files_of_the_page(benches: Benches) -> None:
    file = arrived(1)
    async with store(benches, file) as bench:
        await bench.account(
            Row(file=file.name, row=2, type="POR", state=RowState.APPLIED),
            Row(
                file=file.name, row=3, type="POR", state=RowState.UNMATCHED, reason="no post has this number"
            ),
        )
        [entry] = listed(bench).files
        assert (entry.row_states["APPLIED"], entry.row_states["UNMATCHED"]) == (1, 1)
        with closing(bench.reader()) as reader:
            found = one_file(reader, file.name, first_row=3)
        assert [(row.row, row.state, row.reason) for row in found.rows] == [
            (3, RowState.UNMATCHED, "no post has this number")
        ]
        assert found.last_row == 3


async def test_one_file_is_shown_with_the_other_contents_of_its_name(benches: Benches) -> None:
    other = arrived(1, copy="2", state=FileState.OTHER_CONTENT, reason="another content")
    async with store(benches, arrived(1), other, arrived(2)) as bench:
        with closing(bench.reader()) as reader:
            found = one_file(reader, arrived(1).name)
            assert [entry.copy for entry in found.entries] == ["", "2"]
            unknown = one_file(reader, "DE_EOE_RMC_20261124_00000009.DAT")
            assert (unknown.entries, unknown.ours) == ([], None)


async def test_our_file_names_its_answer(benches: Benches) -> None:
    name = "DE_EOE_APP_20261124_00000007.DAT"
    sent = OutboundFile(
        name=name, type="APP", deanery="EOE", day=DAY, state=OutboundState.SENT, rows=4, held_back=1
    )
    answer = arrived(7, type="APC", counter="APC", name="DE_EOE_APC_20261124_00000007.DAT")
    async with store(benches) as bench:
        work = bench.runner.work()
        work.put(OUTBOUND_FILES, sent)
        await work.commit()
        with closing(bench.reader()) as reader:
            ours = one_file(reader, name).ours
            assert ours is not None
            assert (ours.state, ours.rows, ours.answer, ours.answered) == ("SENT", 4, answer.name, False)
        await add(bench, answer)
        with closing(bench.reader()) as reader:
            ours = one_file(reader, name).ours
            assert ours is not None
            assert ours.answered


async def test_findings_are_those_that_nobody_has_settled_by_office(benches: Benches) -> None:
    refused = arrived(4, state=FileState.REFUSED, reason="TRL is missing")
    settled = arrived(2, "LDN", state=FileState.REFUSED, reason="TRL is missing").settle("ESR sent it again")
    async with store(benches, arrived(1), refused, settled, arrived(6)) as bench:
        with closing(bench.reader()) as reader:
            found = open_findings(reader, TODAY, 1)
    assert [file.name for file in found.files] == [refused.name]
    assert [gap.name for gap in found.gaps] == ["EOE-RMT-2-3", "EOE-RMT-5"]
    assert found.number == 3
    assert found.of(["LDN"]).number == 0
    assert found.of(["EOE"]).number == 3
