"""A file of its own for applicants that are sent again: as TIS has them, once, wherever it is interrupted."""

from pathlib import Path

import pytest
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import DUE, EXPORTER, export, nowhere
from tests.services.records import apc, applicant, applicants
from tests.services.watched import FailingCommit

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.faults import TransientError
from tis_esr.engine.runner import Runner
from tis_esr.files.folder import Folder
from tis_esr.operations.resending import Plan, request_resent_file, resent_files
from tis_esr.services.contracts.bodies import PositionDue
from tis_esr.services.contracts.commands import APPLICANT_COMMAND
from tis_esr.services.data_exporter.outbound import APPLICANTS

APP, NEXT = "DE_EOE_APP_20261124_00000008.DAT", "DE_EOE_APP_20261124_00000014.DAT"
PLAN = Plan(APP, "EOE", {1: "1:1", 2: "2:2"}, [])


async def sent(bench: Bench) -> None:
    """Send two applicants, of whom ESR rejects the first; a third is due."""
    await bench.deliver([applicants(1, applicant(1))], [applicants(1, applicant(2), of=2)])
    await export(bench, APPLICANT_COMMAND)
    await bench.deliver([apc(2, "FAIL")], [applicants(1, applicant(3), of=3)])


async def states(bench: Bench) -> dict[int, tuple[str, str | None]]:
    found = (await bench.all(APPLICANTS)).values()
    return {record.placement_id: (record.state.value, record.file) for record in found}


async def test_it_is_compared_with_tis_and_goes_alone(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await sent(bench)
        await request_resent_file(bench.runner.work, bench.today[0], PLAN)
        [command] = await bench.waiting(f"esr.queue.{APPLICANT_COMMAND}", 1)
        await bench.handle(command)
        assert {due.position_id for due in await bench.told(DUE, PositionDue)} == {1, 2}
        await bench.deliver(
            [applicants(2, applicant(1, surname="Newname"))], [applicants(2, applicant(2), of=2)]
        )
        await bench.finish()
        assert await states(bench) == {1: ("EXPORTED", NEXT), 2: ("EXPORTED", NEXT), 3: ("TO_EXPORT", None)}
        rows = (bench.out / NEXT).read_text().splitlines()[1:-1]
        assert [row.split(",")[3] for row in rows] == ['"Newname"', '"Specimen"']


async def test_a_second_request_of_the_day_about_the_same_position_is_compared_with_tis_as_well(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await bench.deliver([applicants(1, applicant(1), applicant(2))])
        await export(bench, APPLICANT_COMMAND)
        for number, key in enumerate(["1:1", "2:1"], 1):
            await request_resent_file(bench.runner.work, bench.today[0], Plan(APP, "EOE", {number: key}, []))
            [command] = await bench.waiting(f"esr.queue.{APPLICANT_COMMAND}", 1)
            await bench.handle(command)
            assert len(await bench.told(DUE, PositionDue)) == number
            await bench.deliver([applicants(1 + number, applicant(1), applicant(2))])
        assert set((await states(bench)).values()) == {
            ("EXPORTED", NEXT),
            ("EXPORTED", NEXT.replace("14", "15")),
        }


async def test_one_that_esr_accepts_meanwhile_is_not_sent_again(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await sent(bench)
        await bench.deliver([apc(3, file_row=2, of=2)])
        await request_resent_file(bench.runner.work, bench.today[0], PLAN)
        assert (await states(bench))[2] == ("CONFIRMED", APP)


async def test_one_that_esr_accepts_after_all_before_it_goes_is_confirmed_and_stays(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await sent(bench)
        await request_resent_file(bench.runner.work, bench.today[0], PLAN)
        await bench.send(apc(3, file_row=2, of=2))
        await bench.finish("esr.queue.apc.split")
        assert (await states(bench))[2] == ("CONFIRMED", APP)


async def test_the_same_again_does_nothing(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await sent(bench)
        for _ in range(2):
            files = await resent_files(
                bench.runner.work, Folder(bench.out), ApplicantWindow(), bench.today[0], PLAN
            )
        assert files == []
        assert await states(bench) == {1: ("EXPORTED", NEXT), 2: ("EXPORTED", NEXT), 3: ("TO_EXPORT", None)}


@pytest.mark.parametrize("fails_at", range(1, 9))
async def test_wherever_it_is_interrupted_the_next_export_sends_each_once(
    embedded: Benches, fails_at: int
) -> None:
    async with embedded.open(EXPORTER, nowhere()) as bench:
        await sent(bench)
        engine = FailingCommit(bench.engine, fails_at)
        dying = Runner(engine, bench.runner.handlers, today=lambda: bench.today[0])
        try:
            await resent_files(dying.work, Folder(bench.out), ApplicantWindow(), bench.today[0], PLAN)
        except TransientError:
            await resent_files(bench.runner.work, Folder(bench.out), ApplicantWindow(), bench.today[0], PLAN)
        assert sorted(again(bench.out)) == ['"7200001"', '"7200002"']


def again(out: Path) -> list[str]:
    """Return the registrations in every file but the first."""
    names = sorted(path for path in out.glob("DE_EOE_APP_*.DAT") if path.name != APP)
    return [row.split(",")[20] for name in names for row in name.read_text().splitlines()[1:-1]]
