"""Which day a board shows, and as of when, where services run and where days are run one by one. On both engines."""

from datetime import date, datetime, timedelta

import pytest
from tests.operations.board.files_on_board import arrived, at
from tests.services.bench import Bench, Benches
from tests.services.data_exporter.test_record_intake import nowhere
from tests.services.tcs_on_bench import TODAY

from tis_esr.errors import UsageError
from tis_esr.operations.board.day_shown import instead_of_today, shown_as_of
from tis_esr.operations.processes.announced import GONE_SECONDS, PROCESSES, Process
from tis_esr.services.day_begun import DAYS, DayBegun
from tis_esr.services.inbound_data_reader.file_ledger import FILES

TOMORROW, LATER = TODAY + timedelta(days=1), TODAY + timedelta(days=9)


def shown(bench: Bench, day: date | None, now: datetime) -> tuple[date, datetime]:
    reader = bench.reader()
    try:
        return shown_as_of(reader, day, now)
    finally:
        reader.close()


async def test_with_running_services_today_is_shown_as_of_now(benches: Benches) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        now = at("10:00", LATER)
        assert shown(bench, None, now) == (LATER, now)
        with pytest.raises(UsageError, match=f"--day: {TODAY}: no file of any day is known here yet"):
            shown(bench, TODAY, now)
        await bench.keep(FILES, arrived("RMC", at("14:09")))
        assert shown(bench, TODAY, now) == (TODAY, now)
        with pytest.raises(UsageError, match="is before 24 Nov 2026, the first day of which a file is known"):
            shown(bench, TODAY - timedelta(days=1), now)
        with pytest.raises(UsageError, match="is in the future; the last day possible is 3 Dec 2026"):
            shown(bench, LATER + timedelta(days=1), now)


async def test_where_days_are_run_one_by_one_the_last_is_shown_and_is_over(benches: Benches) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        await bench.keep(FILES, arrived("RMC", at("14:09")))
        await bench.keep(
            DAYS, DayBegun(day=TODAY, files=[], parked=[], invalid=[], rejected=[], tis_updates={})
        )
        over = at("23:59")
        assert shown(bench, None, at("10:00")) == (TODAY, at("10:00"))
        assert shown(bench, None, at("10:00", LATER)) == (TODAY, over)
        assert shown(bench, None, at("10:00", TODAY - timedelta(days=300))) == (TODAY, over)
        assert shown(bench, TOMORROW, at("10:00", TOMORROW)) == (TOMORROW, at("10:00", TOMORROW))


async def test_where_services_run_again_after_days_that_were_run_by_hand_today_is_shown(
    benches: Benches,
) -> None:
    async with benches.open("DataExporter", nowhere()) as bench:
        await bench.keep(FILES, arrived("RMC", at("14:09")))
        await bench.keep(
            DAYS, DayBegun(day=TODAY, files=[], parked=[], invalid=[], rejected=[], tis_updates={})
        )
        now, time = at("10:00", LATER), bench.engine.time()
        await bench.keep(PROCESSES, process(time - 2 * GONE_SECONDS))
        assert shown(bench, None, now) == (TODAY, at("23:59"))
        await bench.keep(PROCESSES, process(time))
        assert shown(bench, None, now) == (LATER, now)


def process(heartbeat: float) -> Process:
    return Process(
        name="one", version="0.3.0", services=["DataExporter"], host="h", pid=1, engine="embedded", heartbeat=heartbeat
    )  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "day", "said"),
    [
        (None, TODAY, "the last day that was run; today is 3 Dec 2026"),
        (None, LATER, ""),
        (TODAY, TODAY, ""),
    ],
)
def test_another_day_than_today_is_named_as_such_unless_it_was_asked_for(
    asked: date | None, day: date, said: str
) -> None:
    assert instead_of_today(asked, day, at("10:00", LATER)) == said
