"""The processes with services that none runs, and what differs although it must agree. On both engines."""

import msgspec
from tests.services.bench import Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.old_things import EXPORTER

from tis_esr.operations.doctor.about import ABOUT
from tis_esr.operations.doctor.checks import CHECKS
from tis_esr.operations.processes.announced import PROCESSES, Process
from tis_esr.operations.processes.overview import ProcessOverview, process_overview, settings_of

ONE = Process(
    name="one", version="0.3.0", services=["DataExporter", "TisChanges"], host="app1", pid=1, engine="production",
    settings={"applicants_cron": "0 14 * * *", "engine": "production"},
)  # fmt: skip
TWO = msgspec.structs.replace(
    ONE,
    name="two",
    services=["Reconciliation"],
    settings={"applicants_cron": "0 15 * * *", "engine": "production"},
)


async def seen(benches: Benches, *processes: Process, silent: float = 0.0) -> ProcessOverview:
    async with benches.open(EXPORTER, nowhere()) as bench:
        at = bench.runner.engine.time()
        first, *others = processes
        await bench.keep(PROCESSES, msgspec.structs.replace(first, heartbeat=at - silent))
        for one in others:
            await bench.keep(PROCESSES, msgspec.structs.replace(one, heartbeat=at))
        reader = bench.reader()
        try:
            return process_overview(reader)
        finally:
            reader.close()


async def test_services_that_no_running_process_has_are_named(benches: Benches) -> None:
    found = await seen(benches, ONE, TWO)
    assert found.idle == ["InboundDataReader", "AppGenerator", "NotificationGenerator", "InboundDataWriter"]


async def test_what_must_agree_and_differs_is_said_with_what_to_do(benches: Benches) -> None:
    found = await seen(benches, ONE, TWO)
    [one] = found.disagreements
    assert (one.about, one.remedy) == (
        "TIS_ESR_APPLICANTS_CRON",
        "set the same value for all, and restart them",
    )
    assert one.problem == "processes have different values: 0 14 * * * in one; 0 15 * * * in two"
    first, _ = found.found.processes
    assert [(line.name, line.others) for line in settings_of(found.found, first)] == [
        ("TIS_ESR_APPLICANTS_CRON", ["0 15 * * *"]),
        ("TIS_ESR_ENGINE", []),
    ]


async def test_a_process_that_is_gone_runs_nothing_and_disagrees_with_nobody(benches: Benches) -> None:
    found = await seen(benches, ONE, TWO, silent=120.0)
    assert "DataExporter" in found.idle
    assert found.disagreements == []
    second = found.found.processes[1]
    assert [line.others for line in settings_of(found.found, second)] == [[], []]


def test_every_check_of_the_doctor_is_explained() -> None:
    assert list(ABOUT) == list(CHECKS)
