"""An export of four times as many records is four times the work, also where most have to wait, and in a dry run."""

from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace
from tests.linear.counting import MOST_FOR_FOUR_TIMES, Counted, counted
from tests.services.bench import Bench, Benches
from tests.services.records import applicant, applicants
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.dry_run import DryRun
from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.runner import Runner
from tis_esr.files.file_store import Nowhere
from tis_esr.operations.why.explain import explain
from tis_esr.services.data_exporter import export_run
from tis_esr.services.data_exporter.export_run import APPLICANT_EXPORT, ExportRun
from tis_esr.services.data_exporter.outbound import APPLICANTS, RecordState
from tis_esr.simulation.days.generated_world import World

FEW, MANY = 60, 240


async def _kept(bench: Bench, positions: int, of_each: int) -> None:
    """Keep applicants to be sent; all are of one post, so that most have to wait (see ``file_packing``)."""
    told = [
        applicants(1, *(applicant(10_000 * of + n) for n in range(of_each)), of=of)
        for of in range(1, positions + 1)
    ]
    await bench.send(*told)
    await bench.handle(*told)


async def _exported(folder: Path, number: int, *, dry: bool) -> Counted:
    async with Benches(folder / f"{number} {dry}", None).open(
        "DataExporter", World(TODAY, Random(1))
    ) as bench:
        assert isinstance(bench.engine, EmbeddedEngine)
        await _kept(bench, number, 1)
        begin = bench.runner.work
        if dry:
            begin = Runner(DryRun(bench.engine), bench.runner.handlers, today=lambda: TODAY).work
        with counted(bench.engine) as result:
            [file] = await ExportRun(begin, _Discarding(), APPLICANT_EXPORT).run(
                TODAY, ["EOE"], occasion="now"
            )
        assert file.rows == 40
        return result


class _Discarding(Nowhere):
    async def write(self, name: str, chunks: object) -> None:
        async for _ in chunks:  # type: ignore[attr-defined]  # an iterator of bytes
            pass


@pytest.mark.parametrize("dry", [False, True])
async def test_an_export_reads_each_record_a_few_times(
    dry: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_run, "ROWS_A_CHUNK", 5)
    few, many = await _exported(tmp_path, FEW, dry=dry), await _exported(tmp_path, MANY, dry=dry)
    assert max(many.times(few)) < MOST_FOR_FOUR_TIMES, (few, many)


async def test_what_was_sent_before_costs_an_export_nothing(tmp_path: Path) -> None:
    """The search for duplicates among 60 records used to read every record that was ever sent."""
    found = []
    for before in (FEW, MANY * 4):
        async with Benches(tmp_path / str(before), None).open(
            "DataExporter", World(TODAY, Random(1))
        ) as bench:
            await _kept(bench, before + FEW, 1)
            kept = list((await bench.all(APPLICANTS)).values())
            await bench.keep(APPLICANTS, *(replace(one, state=RecordState.CONFIRMED) for one in kept[FEW:]))
            assert isinstance(bench.engine, EmbeddedEngine)
            with counted(bench.engine) as result:
                await ExportRun(bench.runner.work, _Discarding(), APPLICANT_EXPORT).run(
                    TODAY, ["EOE"], occasion="now"
                )
            found.append(result)
    assert found[1].times(found[0])[1] < 1.5, found


async def test_why_costs_the_applicants_that_it_answers_for(tmp_path: Path) -> None:
    found = []
    for number in (FEW, MANY):
        async with Benches(tmp_path / str(number), None).open(
            "DataExporter", World(TODAY, Random(1))
        ) as bench:
            await _kept(bench, 1, number)
            with counted() as result:
                answer = await explain(bench.reader(), "7200001", TODAY)
            assert len(answer.answers) == number
            found.append(result)
    assert found[1].times(found[0])[0] < MOST_FOR_FOUR_TIMES, found
