"""What is expected is kept as long as it is in force, whatever its age; what has ended goes with the history. On both engines."""

from datetime import timedelta

from tests.services.bench import Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.retention_periods import Cutoffs
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.board.cells import FileType
from tis_esr.operations.board.expectation_changes import set_expectation, waive, withdraw
from tis_esr.operations.board.expectations import EXPECTATIONS, WAIVERS
from tis_esr.operations.board.retention import remove_expectations, remove_waivers
from tis_esr.services.retention.step import Step

TESTA = Person("testa")
LATER = TODAY + timedelta(days=500)
CUTOFFS = Cutoffs(
    day=LATER, messages=LATER, personal=LATER, history=TODAY + timedelta(days=100), guards=TODAY
)


async def test_only_what_has_ended_before_the_history_is_removed(benches: Benches) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        for deanery, until in (("", None), ("EOE", TODAY), ("LDN", LATER), ("PEN", None), ("WES", TODAY)):
            await set_expectation(
                bench.runner, TESTA, type_=FileType.RMC, deanery=deanery, schedule="0 16 * * *", days_after=0,
                grace_minutes=10, valid_from=None, valid_until=until, source="", why="invented",
            )  # fmt: skip
        await withdraw(bench.runner, TESTA, "E4", "invented")
        for days in (5, 300):
            until = TODAY + timedelta(days=days)
            await waive(bench.runner, TESTA, type_=None, deanery="", first=None, until=until, why="invented")
        for rule in (remove_expectations, remove_waivers):
            step = Step(bench.engine, bench.runner.work(), CUTOFFS, None)
            assert await rule(step) is None
            await step.work.commit()
        kept = {one.deanery for one in (await bench.all(EXPECTATIONS)).values()}
        waived = {one.number for one in (await bench.all(WAIVERS)).values()}
    assert kept == {"", "LDN", "WES"}
    assert waived == {2}


async def test_a_number_that_the_audit_names_is_never_given_to_another_waiver_or_version(
    benches: Benches,
) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        for _ in range(2):
            await waive(bench.runner, TESTA, type_=None, deanery="", first=None, until=TODAY, why="invented")
            await set_expectation(
                bench.runner, TESTA, type_=FileType.RMC, deanery="", schedule="0 16 * * *", days_after=0,
                grace_minutes=10, valid_from=None, valid_until=TODAY, source="", why="invented",
            )  # fmt: skip
        for rule in (remove_expectations, remove_waivers):
            step = Step(bench.engine, bench.runner.work(), CUTOFFS, None)
            await rule(step)
            await step.work.commit()
        left = [one.number for one in (await bench.all(WAIVERS)).values()]
        again = await waive(
            bench.runner, TESTA, type_=None, deanery="", first=None, until=TODAY, why="invented"
        )
        version = await set_expectation(
            bench.runner, TESTA, type_=FileType.RMC, deanery="", schedule="0 16 * * *", days_after=0,
            grace_minutes=10, valid_from=None, valid_until=TODAY, source="", why="invented",
        )  # fmt: skip
    assert (left, again.number, version.number) == ([2], 3, 3)
