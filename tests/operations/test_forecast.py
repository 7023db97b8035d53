"""The coming wave is counted by day, or week, and office: who is sound, who is held back by data, who was sent. On both engines."""

from datetime import date, timedelta

from tests.operations.applicant_records import EXPORTER, horizon, record, starting
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.operations.forecast import Forecast, Step, forecast
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.outbound import APPLICANTS, ApplicantRecord, RecordState

INVALID, SENT = RecordState.INVALID_DATA, RecordState.EXPORTED


async def foreseen(bench: Bench, *records: ApplicantRecord, weeks: int = 4, by: Step = Step.DAY) -> Forecast:
    await bench.keep(APPLICANTS, *records)
    reader = bench.reader()
    try:
        return forecast(reader, DEANERIES, horizon(weeks), by)
    finally:
        reader.close()


def counted(found: Forecast) -> list[tuple[date | None, str, int, int, int, int]]:
    return [
        (line.reaches_window, line.deanery, line.applicants, line.sound, line.held_back, line.sent)
        for line in found.lines
    ]


def some() -> list[ApplicantRecord]:
    """Return 13 records: too late, in the window, and at both ends of the first, second and fifth week."""
    lacking = {"state": INVALID, "missing": ["dob"]}
    return [
        record(1, TODAY + timedelta(days=1)),
        record(2, TODAY + timedelta(days=2)),
        record(3, starting(0), state=SENT),
        record(4, starting(0), state=RecordState.CONFIRMED),
        record(5, starting(0), state=RecordState.REJECTED),
        record(6, starting(1)),
        record(7, starting(1), **lacking),
        record(8, starting(1), "LDN"),
        record(9, starting(7), fields={}),
        record(10, starting(8), unmapped=["address.postcode"]),
        record(11, starting(8), state=RecordState.DELETED_BEFORE_EXPORT),
        record(12, starting(28), state=SENT, built_on=TODAY - timedelta(days=9)),
        record(13, starting(29)),
    ]


async def test_the_wave_by_day(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        found = await foreseen(bench, *some())
    assert counted(found) == [
        (None, "EOE", 4, 1, 0, 3),
        (date(2026, 11, 25), "EOE", 2, 1, 1, 0),
        (date(2026, 11, 25), "LDN", 1, 1, 0, 0),
        (date(2026, 12, 1), "EOE", 1, 0, 1, 0),
        (date(2026, 12, 2), "EOE", 1, 1, 0, 0),
        (date(2026, 12, 22), "EOE", 1, 0, 0, 1),
    ]
    assert found.data_from == TODAY


async def test_the_wave_by_week(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        found = await foreseen(bench, *some(), by=Step.WEEK)
    assert counted(found) == [
        (None, "EOE", 4, 1, 0, 3),
        (date(2026, 11, 25), "EOE", 3, 1, 2, 0),
        (date(2026, 11, 25), "LDN", 1, 1, 0, 0),
        (date(2026, 12, 2), "EOE", 1, 1, 0, 0),
        (date(2026, 12, 16), "EOE", 1, 0, 0, 1),
    ]


async def test_nobody_comes(benches: Benches) -> None:
    async with benches.open(EXPORTER, nowhere()) as bench:
        found = await foreseen(bench)
    assert (found.lines, found.data_from) == ([], None)
