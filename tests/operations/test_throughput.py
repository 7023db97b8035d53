"""Throughput and backlog by day, of all offices or of some. On both engines."""

from datetime import timedelta

from tests.operations.board.files_on_board import arrived, at, sent
from tests.services.bench import Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.operations.throughput import DAYS, DayFlow, throughput
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES, OutboundState
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState

YESTERDAY = TODAY - timedelta(days=1)


async def test_what_came_and_went_is_counted_by_the_day_of_its_file(benches: Benches) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        await bench.keep(
            FILES,
            arrived("RMC", at("14:09"), rows=5),
            arrived("APC", at("07:12"), rows=3),
            arrived("RMC", at("14:09", YESTERDAY), YESTERDAY, state=FileState.REFUSED, rows=9),
            arrived("RMF", at("14:09", TODAY - timedelta(days=DAYS)), TODAY - timedelta(days=DAYS), rows=70),
        )
        await bench.keep(
            OUTBOUND_FILES,
            sent("APP", at("14:01"), rows=4),
            sent("DNC", None, YESTERDAY, state=OutboundState.NOTHING_TO_SEND, rows=0),
        )
        reader = bench.reader()
        try:
            every = throughput(reader, last=TODAY)
            mine = throughput(reader, last=TODAY, offices=["EOE"])
            other = throughput(reader, last=TODAY, offices=["WES"])
        finally:
            reader.close()
    assert len(every.days) == DAYS
    assert every.days[-1] == DayFlow(day=TODAY, files_in=2, rows_in=8, files_out=1, rows_out=4)
    assert every.days[:-1] == [DayFlow(day=TODAY - timedelta(days=n)) for n in range(DAYS - 1, 0, -1)]
    assert mine.days == every.days
    assert other.days[-1] == DayFlow(day=TODAY)
    assert every.parked_before == 0
