"""The ledger of files costs what has changed, however many files there are; a file costs its rows."""

from pathlib import Path
from random import Random

import msgspec
from tests.linear.counting import MOST_FOR_FOUR_TIMES, Counted, counted
from tests.services.bench import Bench, Benches
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.files.folder import Folder
from tis_esr.process.ledger_watch import FileWatch
from tis_esr.services.inbound_data_reader.arrivals import Arrivals
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState, InboundFile
from tis_esr.services.inbound_data_reader.file_splitting import InboundDataReader
from tis_esr.simulation.days.generated_world import World
from tis_esr.web.metrics import Metrics

FEW, MANY = 100, 400
GROUP = (
    'ASG,1,"","C",11,"T","EOE/1"',
    'PBD,1,"","C","General Medical Council","7200001"',
    'PER,1,"","C","Specimen","Testa"',
)


def entry(number: int) -> InboundFile:
    return InboundFile(
        name=f"DE_EOE_RMC_20261120_{number:08d}.DAT", deanery="EOE", type="RMC", counter="RMT", day=TODAY,
        sequence=number, state=FileState.SPLIT, changed_at=1.0, stamp="seen",
    )  # fmt: skip


async def _bench_cost(folder: Path, number: int, what: str) -> Counted:
    async with Benches(folder / f"{what} {number}", None).open(
        "InboundDataReader", World(TODAY, Random(1))
    ) as bench:
        assert isinstance(bench.engine, EmbeddedEngine)
        return await {"look": _look, "take": _take, "sweep": _sweep}[what](
            bench, bench.engine, folder, number
        )


async def _look(bench: Bench, engine: EmbeddedEngine, folder: Path, number: int) -> Counted:
    await bench.keep(FILES, *map(entry, range(1, number + 1)))
    watch = FileWatch(bench.runner.work, Metrics(dict, lambda: "closed"))
    await watch.look()
    with counted(engine) as result:
        await watch.look()
    return result


async def _take(bench: Bench, engine: EmbeddedEngine, folder: Path, number: int) -> Counted:
    await bench.keep(FILES, *map(entry, range(1, number + 1)))
    place = folder / f"in {number}"
    place.mkdir()
    name = f"DE_EOE_RMC_20261124_{number + 1:08d}.DAT"
    (place / name).write_text('POR,1,"","C",11,"T","EOE/1"\nTRL,1\n')
    with counted(engine) as result:
        taken = await InboundDataReader(bench.runner.work).take(Folder(place), name)
    assert (taken.file.state, taken.file.notes) == (FileState.SPLIT, [])
    return result


async def _sweep(bench: Bench, engine: EmbeddedEngine, folder: Path, number: int) -> Counted:
    place = folder / f"swept {number}"
    place.mkdir()
    for file in map(entry, range(1, number + 1)):
        (place / file.name).write_text("TRL,0\n")
    stamps = (await Folder(place).listing()).stamps
    known = [
        msgspec.structs.replace(file, stamp=stamps[file.name]) for file in map(entry, range(1, number + 1))
    ]
    await bench.keep(FILES, *known)
    arrivals = Arrivals(Folder(place))
    assert await arrivals.sweep(bench.runner.work) == []
    with counted(engine) as result:
        assert await arrivals.sweep(bench.runner.work) == []
    return result


async def test_a_look_at_the_ledger_reads_only_what_has_changed(tmp_path: Path) -> None:
    few, many = [await _bench_cost(tmp_path, number, "look") for number in (FEW, MANY)]
    assert many.times(few)[0] < MOST_FOR_FOUR_TIMES
    assert many.steps <= few.steps + 20


async def test_a_file_is_taken_at_the_same_cost_however_many_came_before(tmp_path: Path) -> None:
    (tmp_path / "before").mkdir()
    await _bench_cost(
        tmp_path / "before", FEW, "take"
    )  # Python 3.13 counts less of what runs for the first time
    few, many = [await _bench_cost(tmp_path, number, "take") for number in (FEW, MANY)]
    assert max(many.times(few)) < 1.2, (few, many)


async def test_a_sweep_asks_the_ledger_only_about_files_it_is_not_done_with(tmp_path: Path) -> None:
    few, many = [await _bench_cost(tmp_path, number, "sweep") for number in (FEW, MANY)]
    assert many.times(few)[0] < MOST_FOR_FOUR_TIMES
    assert many.steps <= few.steps + 20


async def test_a_file_of_four_times_the_rows_is_four_times_the_work(tmp_path: Path) -> None:
    found = []
    for number in (FEW, MANY):
        async with Benches(tmp_path / f"rows {number}", None).open(
            "InboundDataReader", World(TODAY, Random(1))
        ) as bench:
            assert isinstance(bench.engine, EmbeddedEngine)
            place = tmp_path / f"of {number} rows"
            place.mkdir()
            name = "DE_EOE_RMF_20261124_00000001.DAT"
            rows = [row.replace(",1,", f",{n},") for n in range(number) for row in GROUP]
            unreadable = [f'POR,no{n},"","C",11,"T","EOE/1"' for n in range(number)]
            (place / name).write_text("\n".join([*rows, *unreadable, f"TRL,{4 * number}"]) + "\n")
            with counted(bench.engine) as result:
                await InboundDataReader(bench.runner.work).take(Folder(place), name)
            found.append(result)
    assert max(found[1].times(found[0])) < MOST_FOR_FOUR_TIMES, found
