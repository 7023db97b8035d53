"""Dates that ESR was sent with an applicant are no change since then, also if a type 4 says them. On both engines."""

from datetime import date, timedelta

from tests.operations.applicant_records import EXPORTER, POST, record
from tests.services.bench import FILE, Bench, Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.operations.why.answers import Change
from tis_esr.operations.why.explain import explain
from tis_esr.operations.why.of_position import named
from tis_esr.services.data_exporter.outbound import APPLICANTS, NOTIFICATIONS, NotificationRecord, RecordState
from tis_esr.services.reconciliation.position_reconciliation import Position

START = TODAY + timedelta(days=30)
END = START + timedelta(days=200)


def new_dates(first: date) -> NotificationRecord:
    return NotificationRecord(
        position_id=1,
        deanery="EOE",
        deanery_number=POST,
        state=RecordState.EXPORTED,
        file="DE_EOE_DNC_20261120_00000007.DAT",
        file_row=3,
        fields={},
        built_on=TODAY,
        correlation_id=f"{FILE}:2",
        source_file=FILE,
        source_row=2,
        about="1:sent:1:1",
        number=1,
        type="4",
        fact=f"{first}/{END}",
    )


async def changed(bench: Bench, notification: NotificationRecord) -> list[Change]:
    name = "DE_EOE_APP_20261120_00000007.DAT"
    sent = record(1, START, state=RecordState.EXPORTED, file=name, file_row=1, date_to=END)
    await bench.keep(APPLICANTS, sent)
    await bench.keep(NOTIFICATIONS, notification)
    reader = bench.reader()
    try:
        return (await explain(reader, "placement:1", TODAY)).changes
    finally:
        reader.close()


async def test_other_dates_are_a_change(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        [change] = await changed(bench, new_dates(START + timedelta(days=7)))
    assert change.column == "dates"
    assert change.old != change.new


async def test_the_dates_that_the_applicant_was_sent_with_are_none(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        assert await changed(bench, new_dates(START)) == []


def test_a_position_without_a_number_is_named_without_one() -> None:
    position = Position(position_id=1, position_number=None, deanery="EOE", deanery_number=POST)
    assert named(position) == f"1 (no number, {POST})"
