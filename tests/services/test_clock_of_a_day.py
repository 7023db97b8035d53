"""A day that is run later or earlier has its own clock: that day in London, at the current time of day there."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tis_esr import wall_clock
from tis_esr.operations.composition import engine_for_operation
from tis_esr.services import day as days
from tis_esr.settings import Settings
from tis_esr.wall_clock import LONDON


@pytest.mark.parametrize("day", [date(2026, 7, 15), date(2026, 12, 1)])
@pytest.mark.parametrize(
    "now", [datetime(2026, 7, 14, 23, 30, tzinfo=UTC), datetime(2026, 11, 24, 12, tzinfo=UTC)]
)
def test_the_clock_of_a_day_is_on_that_day_in_london_also_in_the_first_hour_of_a_summer_day(
    monkeypatch: pytest.MonkeyPatch, now: datetime, day: date
) -> None:
    monkeypatch.setattr(wall_clock, "now", lambda: now)
    at = days.clock(day)().astimezone(LONDON)
    assert (at.date(), at.time()) == (day, now.astimezone(LONDON).time())


async def test_what_a_command_writes_as_of_a_day_is_written_on_that_day(tmp_path: Path) -> None:
    """Its files count for the 12-week promise, and for the board, from when they were written."""
    async with engine_for_operation(Settings(), tmp_path / "state.sqlite", date(2026, 7, 15)) as runner:
        assert runner.work().now.astimezone(LONDON).date() == date(2026, 7, 15)
    async with engine_for_operation(Settings(), tmp_path / "state.sqlite") as runner:
        assert abs(datetime.now(UTC) - runner.work().now) < timedelta(minutes=1)
