"""Thirty days of an office: how each ended, the share in time, and when files usually arrive. On both engines."""

from datetime import date, time, timedelta

from tests.operations.board.files_on_board import arrived, at, days_before, sent, terms
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.operations.audit.trail import Person
from tis_esr.operations.board.cells import FileType
from tis_esr.operations.board.expectation_changes import waive
from tis_esr.operations.board.history import history
from tis_esr.operations.board.history_lines import HistoryLine
from tis_esr.operations.board.judging import usual
from tis_esr.services.data_exporter.outbound import OUTBOUND_FILES, OutboundState
from tis_esr.services.inbound_data_reader.file_ledger import FILES, FileState


async def lines(bench: Bench, now: str, day: date = TODAY) -> dict[FileType, HistoryLine]:
    reader = bench.reader()
    try:
        found = history(reader, day=day, now=at(now, day), terms=terms(), deanery="EOE")
    finally:
        reader.close()
    return {line.type: line for line in found.lines}


async def test_each_day_has_one_end(benches: Benches) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        eight, seven, six, _, four, three, two, one = days_before(8)
        await bench.keep(
            FILES,
            arrived("RMC", at("14:09", eight), eight),
            arrived("RMC", at("14:59", seven), seven),
            arrived("RMF", at("15:01", six), six),
            arrived("RMC", None, four, sha256="", state=FileState.REFUSED, reason="no text"),
            arrived("RMC", None, two),
        )
        await waive(
            bench.runner,
            Person("testa"),
            type_=FileType.RMC,
            deanery="",
            first=three,
            until=three,
            why="closed",
        )
        await bench.keep(
            OUTBOUND_FILES,
            sent("APP", at("14:01", one), one),
            sent("DNC", None, one, state=OutboundState.NOTHING_TO_SEND, rows=0),
        )
        found = await lines(bench, "14:10")
    rmc = [end.name for end in found[FileType.RMC].ends]
    assert rmc[:21] == ["NOT_EXPECTED"] * 21
    assert rmc[21:] == [
        "ON_TIME",
        "ON_TIME",
        "LATE",
        "NOT_HERE",
        "HELD",
        "WAIVED",
        "UNKNOWN",
        "NOT_HERE",
        "OPEN",
    ]
    line = found[FileType.RMC]
    assert (line.judged, line.on_time, line.share, line.median) == (6, 2, 2 / 6, None)
    assert [end.name for end in found[FileType.APP].ends][-2:] == ["ON_TIME", "OPEN"]
    assert [end.name for end in found[FileType.DNC].ends][-2:] == ["IDLE", "OPEN"]
    assert [end.name for end in found[FileType.APC].ends][-2:] == ["NOT_HERE", "OPEN"]


async def test_the_usual_arrival_is_that_of_the_last_28_days_on_londons_clocks(benches: Benches) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        day = date(2026, 11, 2)  # the clocks went back on 25 October
        days = days_before(29, day)
        times = ["20:00", *["14:05"] * 14, *["14:09"] * 12, "14:20", "14:30"]
        await bench.keep(
            FILES, *(arrived("RMC", at(time, day), day) for day, time in zip(days, times, strict=True))
        )
        next_mornings = [arrived("APC", at("07:12", d + timedelta(days=1)), d) for d in days]
        await bench.keep(FILES, *next_mornings)
        await bench.keep(OUTBOUND_FILES, *(sent("APP", at("14:00", d), d) for d in days))
        found = await lines(bench, "12:00", day)
    rmc, apc = found[FileType.RMC], found[FileType.APC]
    # 27 days before this one: 13 at 14:05, 12 at 14:09, then 14:20 and 14:30
    assert (rmc.median, rmc.p95, rmc.days_after) == (time(14, 9), time(14, 20), 0)
    assert (apc.median, apc.p95, apc.days_after) == (time(7, 12), time(7, 12), 1)


def test_too_few_days_have_no_usual_arrival() -> None:
    assert usual([800] * 6) is None
    found = usual([800] * 7)
    assert found is not None
    assert (found.median, found.p95) == (800, 800)
