"""A file that ESR does not confirm in time is named where people look, with what may have had it quarantined."""

import asyncio
import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
import structlog
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import EXPORTER, export, nowhere
from tests.services.records import applicant, applicants, draft, notifications
from tests.services.tcs_on_bench import TODAY
from typer.testing import CliRunner

from tis_esr import cli, wall_clock
from tis_esr.commands import files as command
from tis_esr.decisions.quarantine_suspicion import suspected_causes
from tis_esr.files.folder import Folder
from tis_esr.operations.alarms.look_files import file_findings
from tis_esr.operations.audit.trail import Person
from tis_esr.operations.board.cells import FileType
from tis_esr.operations.board.expectation_changes import waive
from tis_esr.operations.settling import settle_findings
from tis_esr.process.ledger_watch import FileWatch
from tis_esr.services.contracts.commands import APPLICANT_COMMAND, NOTIFICATION_COMMAND
from tis_esr.services.data_exporter.outbound import APPLICANTS, ApplicantRecord, RecordState
from tis_esr.services.inbound_data_reader.file_splitting import InboundDataReader
from tis_esr.settings import Settings
from tis_esr.web.metrics import Metrics

APP, DNC = "DE_EOE_APP_20261124_00000008.DAT", "DE_EOE_DNC_20261124_00000008.DAT"
LATE = TODAY + timedelta(days=2)
QUARANTINED = f"{APP} (1 row): no complete APC by 25 Nov 2026; ESR may have quarantined the whole file"


async def sent(bench: Bench) -> None:
    await bench.deliver([applicants(1, applicant(1))], [notifications(1, draft("1:now:7"))])
    await export(bench, APPLICANT_COMMAND)
    await export(bench, NOTIFICATION_COMMAND)


async def answered(bench: Bench, folder: Path, name: str) -> None:
    (Folder(folder, make=True).path / name).write_text("TRL,1\n")
    await InboundDataReader(bench.runner.work).take(Folder(folder), name)


async def test_files_lists_them_from_the_day_after_until_they_are_answered_or_settled(
    benches: Benches, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await sent(bench)
        monkeypatch.setattr(command, "reader_of", lambda *_: bench.reader())

        async def call(day: date, *words: str) -> tuple[int, str]:
            monkeypatch.setattr(wall_clock, "today", lambda: day)
            result = await asyncio.to_thread(CliRunner().invoke, cli.app, ["files", *words])
            return result.exit_code, result.output

        assert await call(TODAY + timedelta(days=1)) == (0, "No file has arrived yet.\n")
        code, said = await call(LATE)
        assert code == 1
        assert f"Unconfirmed: {QUARANTINED}\n" in said
        assert f"once the cause is gone: tis-esr export applicants --resend {APP}\n" in said
        assert f"Unconfirmed: {DNC} (1 row): no complete DCC by 25 Nov 2026\n" in said
        assert said.splitlines()[-2] == "Files: 0; open findings: 2"
        code, said = await call(LATE, APP, "--json")
        [one] = json.loads(said)["unconfirmed"]
        assert (one["name"], one["rows"], one["due"], one["suspected"]) == (APP, 1, "2026-11-25", [])
        await answered(bench, tmp_path / "in", DNC.replace("DNC", "DCC"))
        assert await settle_findings(bench.runner, Person("ann"), APP, "ESR has it") == [
            "ESR did not confirm it"
        ]
        code, said = await call(LATE)
        assert (code, DNC in said) == (0, False)
        assert f"{QUARANTINED} (settled: ESR has it)" in said
        assert (await call(TODAY + timedelta(days=61)))[1].count("Unconfirmed") == 0


async def test_prometheus_and_the_log_are_notified_once(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await sent(bench)
        metrics = Metrics(dict, lambda: "closed")
        watch = FileWatch(bench.runner.work, metrics, 1)
        await watch.look()
        assert 'tis_esr_unconfirmed_files{deanery="EOE"' not in metrics.text().decode()
        bench.today[0] = LATE
        with structlog.testing.capture_logs() as logs:
            await watch.look()
            await watch.look()
        assert [log["file"] for log in logs if log["event"] == "file_unconfirmed"] == [APP, DNC]
        text = metrics.text().decode()
        assert 'tis_esr_unconfirmed_files{deanery="EOE",type="APP"} 1.0' in text


async def test_a_file_whose_answer_is_waived_is_nobodys_work_and_raises_no_alarm(
    benches: Benches, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await sent(bench)
        monkeypatch.setattr(command, "reader_of", lambda *_: bench.reader())
        monkeypatch.setattr(wall_clock, "today", lambda: LATE)

        async def alarms() -> list[str]:
            noon = datetime.combine(LATE, time(12), UTC)
            reader = bench.reader()
            found = await asyncio.to_thread(file_findings, reader, Settings(), noon, LATE)
            reader.close()
            return sorted(
                one.id for one in found if one.id.startswith(("suspected-quarantine", "confirmation-overdue"))
            )

        async def waived(type_: FileType, day: date) -> None:
            await waive(
                bench.runner,
                Person("ann"),
                type_=type_,
                deanery="EOE",
                first=day,
                until=day,
                why="ESR is closed",
            )

        await waived(FileType.APC, TODAY - timedelta(days=1))
        await waived(FileType.DCC, TODAY)
        assert await alarms() == ["suspected-quarantine:2026-11-24"]
        await waived(FileType.APC, TODAY)
        assert await alarms() == []
        metrics = Metrics(dict, lambda: "closed")
        bench.today[0] = LATE
        with structlog.testing.capture_logs() as logs:
            await FileWatch(bench.runner.work, metrics, 1).look()
        assert not [log for log in logs if log["event"] == "file_unconfirmed"]
        assert 'tis_esr_unconfirmed_files{deanery="EOE",type="APP"} 1.0' not in metrics.text().decode()
        listed = await asyncio.to_thread(CliRunner().invoke, cli.app, ["files"])
        assert listed.exit_code == 0
        said = " ".join(listed.output.split())
        assert f"{QUARANTINED} (settled: waived until 24 Nov 2026 by ann: ESR is closed)" in said


def row(number: int, post: str = "EOE/RX1/800/STR/1", of: int = 1, same_as: str = "") -> ApplicantRecord:
    fields = {
        "lastName": "Specimen", "firstName": "Testa", "dob": "1990-01-15", "positionId": of,
        "positionNumber": 1001, "deaneryNumber": post,
    }  # fmt: skip
    return ApplicantRecord(
        placement_id=number, position_id=of, person_id=number, position_number=1001, deanery="EOE",
        deanery_number=post, gmc_number=None, date_from=TODAY, date_to=TODAY, state=RecordState.EXPORTED, fields=fields,
        unmapped=[], built_on=TODAY, same_as=same_as or str(number), correlation_id="", source_file="",
        source_row=1, file=APP, file_row=number,
    )  # fmt: skip


def test_the_likeliest_cause_comes_first() -> None:
    many = [row(number) for number in range(1, 42)]
    assert suspected_causes(many, ()) == [
        "41 applicants for post EOE/RX1/800/STR/1; ESR accepts 40 in one file"
    ]
    twice = [row(1, same_as="one"), row(2, "EOE/RX1/800/STR/2", of=7), row(3, same_as="one")]
    assert suspected_causes(twice, {7}) == [
        "rows 1, 3 are the same person for the same position and start",
        "row 2: ESR deleted position 7",
    ]
    assert suspected_causes([row(1)], ()) == []


def test_a_value_that_breaks_its_column_is_named_by_the_column_alone() -> None:
    broken = row(4)
    broken.fields["address.postcode"] = "Doha, Qatar"
    assert suspected_causes([broken], ()) == [
        "row 4: column address.postcode is not a valid British postcode"
    ]
    blanked = row(5)
    blanked.fields.clear()
    assert suspected_causes([blanked], ()) == []


async def test_what_the_state_holds_of_the_rows_names_the_cause(benches: Benches) -> None:
    from tis_esr.operations.unconfirmed import described
    from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES

    async with benches.open(EXPORTER, nowhere()) as bench:
        await sent(bench)
        [record] = (await bench.all(APPLICANTS)).values()
        await bench.keep(APPLICANTS, row(2, same_as=record.same_as))
        file = (await bench.all(OUTBOUND_FILES))[APP]

        def look() -> list[str]:
            return described(bench.reader(), [file], 1)[0].suspected

        assert await asyncio.to_thread(look) == [
            "rows 1, 2 are the same person for the same position and start"
        ]
