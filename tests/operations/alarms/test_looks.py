"""What sources read from the store, on both engines: files by the board and the ledgers, applicants, rejections."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from tests.operations.alarms.test_sources import sight
from tests.operations.alarms.test_stored_alarms import world
from tests.operations.applicant_records import record
from tests.operations.board.files_on_board import arrived, at, sent
from tests.services.bench import Bench, Benches
from tests.services.old_things import EXPORTER
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.alarms import look_people, look_queues, look_servers
from tis_esr.operations.alarms.findings import Finding
from tis_esr.operations.alarms.look_files import file_findings, rejection_findings
from tis_esr.operations.alarms.look_people import leaving_findings
from tis_esr.operations.alarms.sizes import SIZES
from tis_esr.operations.alarms.sources import judge
from tis_esr.operations.status_check.stored_run import STATUS_RUNS, StatusRun
from tis_esr.services.data_exporter.outbound import APPLICANTS, OUTBOUND_FILES, RecordState
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState
from tis_esr.settings import Settings

YESTERDAY = TODAY - timedelta(days=1)


async def look(bench: Bench, judge: Callable[[Reader], list[Finding]]) -> dict[str, Finding]:
    def looked() -> list[Finding]:
        reader = bench.reader()
        try:
            return judge(reader)
        finally:
            reader.close()

    return {one.id: one for one in await asyncio.to_thread(looked)}


async def files(bench: Bench, now: datetime, today: date = TODAY) -> dict[str, Finding]:
    return await look(bench, lambda reader: file_findings(reader, Settings(), now, today))


async def test_a_day_without_any_file_of_esr_is_one_alarm_with_13_offices_from_three_on(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        assert "file-late:RMC:2026-11-24" not in await files(bench, at("14:59"))
        late = (await files(bench, at("15:01")))["file-late:RMC:2026-11-24"]
        assert (late.text, late.number) == ("no RMC of 24 Nov 2026 from ESR at all", 13)
        assert late.since == at("15:00")


async def test_an_office_that_sent_its_file_is_not_among_those_that_are_late(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        now = bench.runner.work().time()
        await bench.keep(FILES, arrived("RMC", at("14:10"), changed_at=now))
        found = (await files(bench, at("15:01")))["file-late:RMC:2026-11-24"]
        assert (len(found.members), "EOE" in found.members) == (12, False)


async def test_an_app_that_esr_does_not_answer_by_the_morning_may_be_quarantined_with_its_likely_cause(
    benches: Benches,
) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        app = sent("APP", at("14:01", YESTERDAY), YESTERDAY, rows=2)
        await bench.keep(OUTBOUND_FILES, app)
        twice = [
            record(n, TODAY + timedelta(days=1 if n == 1 else 60), file=app.name, file_row=n, state=RecordState.EXPORTED, same_as="x")
            for n in (1, 2)
        ]  # fmt: skip
        await bench.keep(APPLICANTS, *twice)
        assert "suspected-quarantine:2026-11-23" not in await files(bench, at("08:00"))
        found = (await files(bench, at("08:31")))["suspected-quarantine:2026-11-23"]
        assert found.members == [app.name]
        assert "likeliest cause" in found.text
        assert found.urgent, "one starts too soon to be sent again tomorrow"


async def test_bad_files_of_the_ledger_are_found_by_when_they_changed(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        now = at("12:00").timestamp()
        refused = arrived("RMC", None, state=FileState.REFUSED, reason="no header", changed_at=now)
        old = arrived(
            "RMC", None, TODAY - timedelta(days=90), state=FileState.REFUSED, changed_at=now - 90 * 86400
        )
        await bench.keep(FILES, refused, old)
        found = await files(bench, at("12:00"))
        assert [one.members for id_, one in found.items() if id_.startswith("file-refused")] == [
            [refused.name]
        ]


async def test_applicants_who_leave_the_window_are_found_with_who_must_act(benches: Benches) -> None:
    window = ApplicantWindow()
    async with benches.open(EXPORTER, world()) as bench:
        await bench.keep(
            APPLICANTS,
            record(1, TODAY + timedelta(days=2), state=RecordState.INVALID_DATA, missing=["nationality"], reason="nationality is missing"),
            record(2, TODAY + timedelta(days=3), state=RecordState.INVALID_DATA, missing=["nationality"], reason="nationality is missing"),
            record(3, TODAY + timedelta(days=9), state=RecordState.INVALID_DATA, missing=["nationality"], reason="nationality is missing"),
            record(4, TODAY + timedelta(days=2)),
            record(5, TODAY + timedelta(days=2), "LDN"),
        )  # fmt: skip
        await bench.keep(OUTBOUND_FILES, sent("APP", at("14:01"), TODAY))
        found = await look(bench, lambda reader: leaving_findings(reader, TODAY, window))
        assert {id_: (one.members, one.urgent) for id_, one in found.items()} == {
            "applicants-leaving-window:EOE": (
                ["EOE 1:1, starts 26 Nov 2026", "EOE 2:1, starts 27 Nov 2026"],
                True,
            ),
            "applicants-leaving-window:support": (["EOE 4:1, starts 26 Nov 2026"], True),
        }


async def test_more_applicants_than_are_read_are_counted_as_at_least_so_many(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look_people, "MOST_NAMED", 2)
    async with benches.open(EXPORTER, world()) as bench:
        unsound = {"state": RecordState.INVALID_DATA, "missing": ["dob"], "reason": "dob is missing"}
        soon = TODAY + timedelta(days=2)
        await bench.keep(APPLICANTS, *(record(n, soon, **unsound) for n in (1, 2)))
        few = await look(bench, lambda reader: leaving_findings(reader, TODAY, ApplicantWindow()))
        await bench.keep(APPLICANTS, record(3, soon, **unsound), record(4, soon, "LDN", **unsound))
        many = await look(bench, lambda reader: leaving_findings(reader, TODAY, ApplicantWindow()))
    eoe, ldn = "applicants-leaving-window:EOE", "applicants-leaving-window:LDN"
    assert few[eoe].text == "2 unsent applicants: 2 leave the window today"
    assert many[eoe].text == "at least 2 unsent applicants: 2 leave the window today"
    assert many[ldn].text == "1 unsent applicant: 1 leaves the window today"


async def test_a_file_with_more_rejections_than_usual_is_found(benches: Benches) -> None:
    async with benches.open(EXPORTER, world()) as bench:
        usual = [sent("APP", None, TODAY - timedelta(days=back), rows=50) for back in range(3, 20)]
        bad = sent("APP", None, YESTERDAY, rows=50)
        await bench.keep(OUTBOUND_FILES, bad, *usual)
        rejected = [
            record(n, TODAY + timedelta(days=60), file=bad.name, file_row=n, state=RecordState.REJECTED)
            for n in range(1, 9)
        ]
        await bench.keep(APPLICANTS, *rejected)
        found = await look(bench, lambda reader: rejection_findings(reader, TODAY))
        assert [one.text for one in found.values()] == [
            "ESR rejected 8 of 50 rows of 1 APP file of 23 Nov 2026"
        ]


async def test_statuses_are_judged_by_the_last_comparison_once_it_is_finished(benches: Benches) -> None:
    [source] = [one for one in look_people.SOURCES if one.kinds[0].id == "status-drift"]
    async with benches.open(EXPORTER, world()) as bench:
        now = bench.runner.work().time()

        async def judged(**settings: Any) -> tuple[list[str], dict[str, str]]:
            base = sight(**settings)
            its = replace(base, begin=bench.runner.work, now=datetime.fromtimestamp(now, UTC))
            found = await judge(its, [source], {})
            return [one.text for one in found.findings], found.unknown | found.not_known

        never = "statuses were not compared: TIS_ESR_RECONCILE_STATUS_CRON does so every night"
        assert await judged() == ([], {"status-drift": never})
        run = StatusRun(begun_at=now - 60, deaneries=["EOE"], repairs=False, counts={"MISSING": 3})
        await bench.keep(STATUS_RUNS, run)
        assert await judged() == ([], {"status-drift": "a comparison of statuses is running"})
        await bench.keep(STATUS_RUNS, msgspec.structs.replace(run, finished_at=now))
        assert await judged() == (["TIS shows 3 wrong ESR statuses, by the last comparison"], {})
        await bench.keep(STATUS_RUNS, msgspec.structs.replace(run, finished_at=now - 9 * 86400))
        _, unknown = await judged(reconcile_status_cron="0 2 * * *")
        assert unknown == {
            "status-drift": "statuses were compared last 9 days ago, although that is scheduled"
        }


async def test_servers_and_queues_are_read_and_a_queue_that_nobody_reads_is_found(benches: Benches) -> None:
    """No process runs: on production RabbitMQ lists no consumer, on the embedded engine this process runs no service."""
    sources = [*look_queues.SOURCES, *look_servers.SOURCES]
    async with benches.open(EXPORTER, world()) as bench:
        its = replace(
            sight(**await _settings(benches)),
            engine=bench.engine,
            begin=bench.runner.work,
            services={"Reconciliation": ["esr.queue.por.saved"], "AppGenerator": ["esr.queue.pos.saved"]},
            now=datetime.now(UTC),
        )
        found = await judge(its, sources, {})
        assert [one.text for one in found.findings] == ["no process reads any queue: no service is running"]
        assert found.unknown == {}
        assert set(found.not_known) <= {"foreign-objects"}
        assert found.kinds >= {"backlog-old", "parked-old", "broker-alarm", "store-growth", "store-disk-low"}
        [size] = (await bench.all(SIZES)).values()
        assert size.bytes > 0


async def _settings(benches: Benches) -> dict[str, Any]:
    """Return the settings by which sources reach the bench's store by themselves."""
    if benches.place is None:
        return {"state": benches.folder / str(benches.made) / "state"}
    return {
        "engine": "production",
        "amqp_url": benches.place.amqp_url,
        "mongodb_url": benches.place.mongodb_url,
        "mongodb_database": await asyncio.to_thread(benches.place.emptied),
    }
