"""Every page in each of its states: axe finds nothing, and nothing is cut off at 320 pixels."""

import shutil
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser
from tests.web.browser.visitor import Visits, violations
from tests.web.console.console_process import console_process
from tests.web.console.oidc_provider import CLIENT, SECRET, Provider
from tests.web.console.test_alarms_and_acts import HELD, LATE, alarm, stored

from tis_esr.operations.alarms.alarm import AlarmState
from tis_esr.operations.alarms.kinds import Severity

pytestmark = pytest.mark.asyncio(loop_scope="module")

SIGNED_OUT = {"/sign-in": "Sign in", "/sign-in?token=used": "Sign in"}
STATES = {
    "/": "Today",
    "/?day=2026-11-24&office=EMD": "Today",
    "/?day=2019-01-01": "No such day",
    "/board/EMD?day=2026-11-24": "Board of EMD",
    "/board/WES": "Board of WES",
    "/board/XXX": "No such office",
    "/calendar": "Calendar",
    "/throughput": "Backlog and throughput",
    "/forecast?weeks=13": "Forecast",
    "/promise": "The promise",
    "/promise?by=start&weeks=26": "The promise",
    "/promise/misses": "Misses of the promise",
    "/promise/due?kept=blocked": "Due for the promise",
    "/files?days=90": "Files from ESR",
    "/files?days=90&office=EMD&type=RMC&findings=open": "Files from ESR",
    "/files?type=APC&office=WES": "Files from ESR",
    "/files?days=1000": "Bad request",
    "/files/DE_EMD_RMF_20261124_00004001.DAT": "File DE_EMD_RMF_20261124_00004001.DAT",
    "/files/DE_EMD_RMF_20261124_00004001.DAT?row=60": "File DE_EMD_RMF_20261124_00004001.DAT",
    "/files/DE_EMD_APP_20261124_00000001.DAT": "File DE_EMD_APP_20261124_00000001.DAT",
    "/files/DE_EMD_RMF_20200101_00000001.DAT": "No such file",
    "/findings": "Findings",
    "/alarms": "Alarms",
    "/alarms?state=cleared&severity=critical": "Alarms",
    "/alarms?state=nonsense": "Bad request",
    "/alarms/no-such-alarm": "No such alarm",
    "/why": "Why was it, or wasn't it, sent?",
    "/why?word=1234567890123456": "Error: Why was it, or wasn't it, sent?",
    "/why?word=1900002": "Why: 1900002",
    "/why?word=12345": "Why: 12345",
    "/why?word=1234567": "Why: a search by number",
    "/why?sealed=of-another-session": "Search again",
    "/exports": "Exports",
    "/exports?show=going&type=DNC": "Exports",
    "/exports/EMD/APP": "Next APP of EMD",
    "/exports/files?days=90": "Files sent",
    "/exports/files?confirmation=settled": "Files sent",
    "/exports/files/DE_EMD_APP_20261124_00000001.DAT": "File DE_EMD_APP_20261124_00000001.DAT",
    "/exports/ABC/APP": "No such export",
    "/positions": "Positions and posts",
    "/positions?office=EMD": "Positions of EMD",
    "/positions?office=EMD&state=deleted": "Positions of EMD",
    "/posts?office=EMD": "Posts not available",
    "/people?days=30": "People updates",
    "/people?days=1&state=planned": "People updates",
    "/people/DE_EMD_RMF_20261124_00004001.DAT?row=164": "Updates of one person",
    "/people/nobody": "No such row",
    "/forecast": "Forecast",
    "/forecast?office=WES&weeks=2&by=day": "Forecast",
    "/parked": "Parked messages",
    "/parked?by=age&office=EMD": "Parked messages",
    "/parked?by=file&cause=other": "Parked messages",
    "/parked/messages": "Parked messages, one by one",
    "/parked/messages?cause=other&file=none": "Parked messages, one by one",
    "/parked/messages/esr.queue.x/unknown": "Not parked",
    "/parked/causes/tcs-rejected": "TCS rejected the call",
    "/parked/discarded": "Discarded messages",
    "/batches": "Batches",
    "/batches?state=paused": "Batches",
    "/batches/B1": "No such batch",
    "/audit": "Audit",
    "/audit?days=all&who=nobody": "Audit",
    "/audit/chain": "Chain of the audit",
    "/reports": "Reports",
    "/reports/positions?office=EMD": "Positions in ESR, and their posts in TIS",
    "/reports/invalid?office=EMD": "Records that can't be sent to ESR until their data are corrected",
    "/reports/rejections?office=KSS": "Records that ESR rejected",
    "/reports/posts": "Current posts in TIS, with and without positions in ESR",
    "/reports/forecast?for_trust=yes": "Report not possible",
    "/processes": "Processes",
    "/processes/nobody": "No such process",
    "/why?word=file:DE_EMD_RMF_20261124_00004001.DAT": "Why: file:DE_EMD_RMF_20261124_00004001.DAT",
    "/search": "Why was it, or wasn't it, sent?",
    "/search?word=12345": "Search",
    "/messages/DE_EMD_RMF_20261124_00004001.DAT:2": "Messages of one cause",
    "/messages/none": "No such messages",
    "/outage": "What an outage delayed and dropped",
    "/outage?from=2026-11-24T09:00&to=2026-11-24T17:30": "What an outage delayed and dropped",
    "/deadlines?days=90": "Who misses the deadline",
    "/procedures": "Guided procedures",
    "/procedures/recovery?from=2026-11-24T09:00&to=2026-11-24T17:30": "Recovery from an outage",
    "/procedures/recovery?from=x": "Error: Guided procedures",
    "/procedures/region/WES": "Start of region WES",
    "/procedures/full-file/EMD": "Full file of EMD",
    "/procedures/full-file/XXX": "No such office",
    "/doctor": "Doctor",
    "/settings": "Settings in force",
    "/accessibility": "Accessibility",
    "/no-such-page": "Page not found",
}


@pytest.mark.parametrize("path", [*STATES, *SIGNED_OUT])
async def test_a_page_has_no_barrier_that_axe_knows_and_fits_on_a_phone(path: str, visits: Visits) -> None:
    expected = {**STATES, **SIGNED_OUT}[path]
    async with visits.kept_window(signed_in=path in STATES) as page:
        await page.goto(path)
        assert await page.title() == f"{expected} – TIS-ESR"
        assert await violations(page) == []
        assert await page.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [320, 320]


@pytest.mark.parametrize("path", ["/files?days=90&office=EMD", "/why?word=1900002"])
async def test_with_forced_colours_and_reduced_motion_too(path: str, visits: Visits) -> None:
    async with visits.window(forced_colors="active", reduced_motion="reduce") as page:
        await page.goto(path)
        assert await violations(page, [1280]) == []


async def test_while_the_store_is_unavailable_too(browser: Browser, state: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite"
    shutil.copyfile(state, copy)
    with console_process(["--state", copy, "--port", "0"], tmp_path) as console:
        visits = await Visits.begun(browser, console)
        copy.unlink()
        async with visits.window() as page:
            await page.goto("/files")
            assert await page.title() == "Not available – TIS-ESR"
            assert await violations(page) == []


async def test_alarms_and_what_is_done_about_them_too(browser: Browser, state: Path, tmp_path: Path) -> None:
    """The list with alarms, one of them, the confirmation, without a reason, with one, and when it was done."""
    copy = tmp_path / "copy.sqlite"
    shutil.copyfile(state, copy)
    now = datetime.now(UTC)
    cleared = alarm("file-late:APP of 2026-11-23", state=AlarmState.CLEARED, cleared_at=now)
    await stored(copy, [alarm(LATE, severity=Severity.CRITICAL), alarm(HELD, owner="ann"), cleared])
    with console_process(["--state", copy, "--port", "0"], tmp_path) as console:
        visits = await Visits.begun(browser, console)
        async with visits.window() as page:

            async def is_fine(title: str) -> None:
                assert await page.title() == f"{title} – TIS-ESR"
                assert await violations(page) == []
                assert await page.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [320, 320]

            await page.goto("/alarms?state=cleared")
            await is_fine("Alarms")
            await page.goto(f"/alarms/{HELD}")
            await is_fine(f"Alarm {HELD}")
            await page.goto("/alarms")
            await is_fine("Alarms")
            await page.check("tbody input >> nth=0")
            await page.click("button >> text=Silence")
            await is_fine("Error: Silence")
            await page.goto("/alarms")
            await page.check("tbody input >> nth=0")
            await page.fill("#owner", "testa.specimen")
            await page.click("button >> text=Set owner")
            await is_fine("Set owner")
            await page.click("main button")
            await is_fine("Error: Set owner")
            await page.fill("#why", "on call")
            await page.click("main button")
            await page.wait_for_url("**/alarms?done=*")
            await is_fine("Alarms")
            assert "testa.specimen owns 1 alarm." in await page.inner_text("main")


async def test_a_page_above_ones_role_too(browser: Browser, state: Path, tmp_path: Path) -> None:
    """Signed in at a provider, as people of a team are; then signed out there."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with Provider().running() as provider:
        settings = {
            "TIS_ESR_STATE": str(state),
            "TIS_ESR_CONSOLE_URL": f"http://127.0.0.1:{port}",
            "TIS_ESR_CONSOLE_OIDC_ISSUER": provider.issuer,
            "TIS_ESR_CONSOLE_OIDC_CLIENT_ID": CLIENT,
            "TIS_ESR_CONSOLE_OIDC_CLIENT_SECRET": SECRET,
        }
        with console_process(["--port", port], tmp_path, settings) as console:
            async with Visits(browser, console.address, None).window(signed_in=False) as page:
                await page.goto("/settings")
                assert await page.title() == "Not allowed – TIS-ESR"
                assert await violations(page) == []
                await page.set_viewport_size({"width": 1280, "height": 900})
                await page.click("text=Sign out")
                await page.wait_for_url("**/signed-out*")
                assert await violations(page) == []
                await page.goto("/files")
                assert "testa.specimen" in await page.inner_text("header")
        assert len(provider.ended) == 1
