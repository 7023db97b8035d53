"""One office of the board with its last 30 days, and the calendar of all offices."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.web.console.browsing import desk, text, title

from tis_esr import wall_clock
from tis_esr.operations.access.accounts import Account, Role

EMD = Account(name="testa.office", roles=frozenset({Role.VIEWER}), offices=frozenset({"EMD"}))


async def test_an_office_shows_each_file_with_times_consequence_and_who_must_act(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        page = await browser.get("/board/EMD?day=2026-11-24")
    said = text(page)
    assert title(page) == "Board of EMD – TIS-ESR"
    assert "EMD, Tuesday 24 Nov 2026" in said
    assert (
        "RMC File from ESR Complete, with faults DE_EMD_RMF_20261124_00004001.DAT 14:30 late from 15:00"
        in said
    )
    assert "Support: see which rows were not used" in said
    assert "ESR sends it by 14:30" in said
    assert 'href="/files/DE_EMD_RMF_20261124_00004001.DAT"' in page.text


async def test_an_office_has_its_30_days_with_share_usual_arrival_and_charts_as_tables(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall_clock, "now", lambda: datetime(2026, 11, 26, 20, tzinfo=UTC))
    async with desk(state).signed_in() as browser:
        page = await browser.get("/board/EMD?day=2026-11-26")
    said = text(page)
    assert "RMC 100% of 3 days too few days known" in said
    assert "30 days of EMD, as a table" in said
    assert "Arrivals of RMC against the deadline. 3 came in time, 0 late, 0 not here, of 3 expected." in said
    assert page.text.count("<svg xmlns") == page.text.count('role="img"') - 1
    assert "style=" not in page.text


async def test_the_calendar_has_a_line_for_each_office_and_says_the_trouble(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        page = await browser.get("/calendar?day=2026-11-25")
    said = text(page)
    assert "27 Oct 2026 to 25 Nov 2026" in said
    assert "in 30 days." in said
    assert 'href="/board/WES"' in page.text


async def test_an_account_of_one_office_sees_that_one(state: Path) -> None:
    async with desk(state, account=EMD).signed_in() as browser:
        mine = await browser.get("/board/EMD")
        other = await browser.get("/board/EOE")
        unknown = await browser.get("/board/XXX")
        calendar = await browser.get("/calendar")
    assert [page.status_code for page in (mine, other, unknown)] == [200, 404, 404]
    assert text(other) == text(unknown)
    assert "EOE" not in text(calendar)


@pytest.mark.parametrize(
    "path", ["/board/EMD?day=2019-01-01", "/board/EMD?day=soon", "/calendar?day=2099-01-01"]
)
async def test_a_day_that_cannot_be_shown_is_a_page(path: str, state: Path) -> None:
    async with desk(state).signed_in() as browser:
        assert (await browser.get(path)).status_code == 400


async def test_backlog_and_throughput_say_the_numbers_and_have_them_as_tables(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        said = text(await browser.get("/throughput"))
        limited = text(await browser.get("/throughput?office=WES"))
    assert "4 parked messages." in said
    assert (
        "Messages still parked, by the day of parking. 4 messages parked in these 30 days are still parked."
        in said
    )
    assert "Rows from ESR, as a table" in said
    assert "0 files with 0 rows in 30 days." in limited
    assert "Waiting in queues" not in limited


async def test_the_forecast_and_the_promise_have_their_charts(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        forecast = text(await browser.get("/forecast?weeks=13"))
        promise = text(await browser.get("/promise"))
    assert "The coming wave, as a table" in forecast
    assert "The promise by month of start, as a table" in promise
