"""Files for ESR with the state of their confirmation, and chosen rows of them resent. On both engines."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import EXPORTER, export, nowhere
from tests.services.records import apc, applicant, applicants, draft, notifications
from tests.services.tcs_on_bench import TODAY

from tis_esr.decisions.periods import ApplicantWindow
from tis_esr.files.folder import Folder
from tis_esr.operations.audit.trail import Person, entries
from tis_esr.operations.exports.resending_rows import RowsAnsweredError, resend_plan, resend_rows
from tis_esr.operations.exports.sent_files import (
    AnsweredRows,
    Confirmation,
    SentFile,
    sent_file_of,
    sent_files,
)
from tis_esr.operations.resending import Plan
from tis_esr.operations.settling import settle_findings
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.contracts.commands import APPLICANT_COMMAND, NOTIFICATION_COMMAND
from tis_esr.services.data_exporter.outbound import APPLICANTS, OUTBOUND_FILES, RecordState
from tis_esr.services.inbound_data_reader.file_splitting import InboundDataReader

APP, DNC = "DE_EOE_APP_20261124_00000008.DAT", "DE_EOE_DNC_20261124_00000008.DAT"
LATE = TODAY + timedelta(days=2)
PERSON = Person("ann", "console")


async def sent(bench: Bench) -> None:
    """Send two applicants and a notification."""
    await bench.deliver([applicants(1, applicant(1))], [applicants(1, applicant(2), of=2)])
    await bench.deliver([notifications(1, draft("1:now:7"))])
    await export(bench, APPLICANT_COMMAND)
    await export(bench, NOTIFICATION_COMMAND)


async def answered(bench: Bench, folder: Path, name: str, text: str = "TRL,1\n") -> None:
    (Folder(folder, make=True).path / name).write_text(text)
    await InboundDataReader(bench.runner.work).take(Folder(folder), name)


def listed(bench: Bench, day: date, offices: tuple[str, ...] = DEANERIES) -> dict[str, Confirmation]:
    reader = bench.reader()
    try:
        return {one.type: one.confirmation for one in sent_files(reader, offices, TODAY, day, 1)}
    finally:
        reader.close()


def one(bench: Bench, name: str) -> tuple[SentFile, AnsweredRows]:
    reader = bench.reader()
    try:
        found = sent_file_of(reader, name, LATE, 1)
    finally:
        reader.close()
    assert found is not None
    return found


def planned(bench: Bench, name: str, day: date = LATE) -> Plan:
    reader = bench.reader()
    try:
        return resend_plan(reader, name, day, ApplicantWindow(), 1)
    finally:
        reader.close()


async def test_a_file_waits_then_is_overdue_confirmed_or_settled(benches: Benches, tmp_path: Path) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await sent(bench)
        assert listed(bench, TODAY) == {"APP": Confirmation.WAITING, "DNC": Confirmation.WAITING}
        assert listed(bench, TODAY, ("LDN",)) == {}
        assert listed(bench, LATE) == {"APP": Confirmation.OVERDUE, "DNC": Confirmation.OVERDUE}
        await answered(bench, tmp_path / "in", DNC.replace("DNC", "DCC"))
        bench.today[0] = LATE
        await settle_findings(bench.runner, PERSON, APP, "ESR has it")
        assert listed(bench, LATE) == {"APP": Confirmation.SETTLED, "DNC": Confirmation.CONFIRMED}


async def test_an_incomplete_answer_confirms_nothing(benches: Benches, tmp_path: Path) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await sent(bench)
        await answered(bench, tmp_path / "in", DNC.replace("DNC", "DCC"), "TRL,9\n")
        assert listed(bench, LATE)["DNC"] is Confirmation.PARTIAL


async def test_rows_are_counted_by_esrs_answer(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await sent(bench)
        await bench.deliver([apc(2, "FAIL")])
        file, rows = one(bench, APP)
        assert (file.rows, file.answer) == (2, APP.replace("APP", "APC"))
        assert (rows.accepted, rows.rejected, rows.unanswered) == (0, 1, 1)


@pytest.mark.parametrize("at_once", [True, False])
async def test_chosen_rows_are_pending_again_in_one_step_with_the_audit(
    benches: Benches, at_once: bool
) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await sent(bench)
        await bench.deliver([apc(2, "FAIL")])
        assert planned(bench, APP).rows == {1: "1:1", 2: "2:2"}
        work = bench.runner.work()
        said = await resend_rows(work, PERSON, APP, {1: "1:1"}, LATE, "ESR opened it", at_once=at_once)
        await work.commit()
        assert said.startswith("1 row requeued: ")
        states = {key: known.state for key, known in (await bench.all(APPLICANTS)).items()}
        assert states == {"1:1": RecordState.TO_EXPORT, "2:2": RecordState.EXPORTED}
        [entry] = entries(bench.reader())
        assert (entry.act, entry.on, entry.why, entry.result) == (
            "export.resend",
            [APP],
            "ESR opened it",
            "rows 1",
        )
        await bench.waiting(f"esr.queue.{APPLICANT_COMMAND}", int(at_once))
        assert one(bench, APP)[1].resent == 1
        assert (await bench.all(OUTBOUND_FILES))[APP].settled == ""


async def test_a_file_whose_unanswered_rows_are_all_resent_is_settled(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await sent(bench)
        work = bench.runner.work()
        await resend_rows(work, PERSON, APP, planned(bench, APP).rows, LATE, "lost", at_once=False)
        await work.commit()
        assert (await bench.all(OUTBOUND_FILES))[APP].settled == "its rows were resent on 26 Nov 2026"


async def test_a_row_that_esr_accepted_meanwhile_refuses_all_of_them(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await sent(bench)
        chosen = planned(bench, APP).rows
        await bench.deliver([apc(3, file_row=2, of=2)])
        with pytest.raises(
            RowsAnsweredError, match=r"2 rows of .* were chosen, and only 1 can be resent now"
        ):
            await resend_rows(bench.runner.work(), PERSON, APP, chosen, LATE, "lost", at_once=True)
        assert entries(bench.reader()) == []


async def test_lost_notifications_count_as_never_sent(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        await sent(bench)
        work = bench.runner.work()
        said = await resend_rows(work, PERSON, DNC, planned(bench, DNC).rows, LATE, "lost", at_once=True)
        await work.commit()
        assert said == "1 row counted as never sent: the next DNC has what is true then."
        assert one(bench, DNC)[1].lost == 1
        [entry] = entries(bench.reader())
        assert (entry.act, entry.result) == ("notifications.resend", "1 row counts as never sent")
