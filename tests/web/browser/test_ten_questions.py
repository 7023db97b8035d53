"""The questions that people ask support, each answered in a browser from the start page on, by search or menu."""

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page
from tests.operations.applicant_records import record
from tests.web.browser.visitor import Visits
from tests.web.console.console_process import console_process

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.work import Work
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.services.data_exporter.outbound import APPLICANTS, RecordState
from tis_esr.simulation.tcs.server import running_simulator
from tis_esr.wall_clock import today

pytestmark = pytest.mark.asyncio(loop_scope="module")

RMF = "DE_EMD_RMF_20261124_00004001.DAT"
AT_RISK = 1900999
"""A placement whose last day is in four days, and that lacks a mandatory value."""


async def _with_one_at_risk(place: Path) -> None:
    late = record(
        AT_RISK, today() + timedelta(days=6), "EMD", position_id=6999, state=RecordState.INVALID_DATA, missing=["dob"],
        reason="missing: dob",
    )  # fmt: skip
    with closing(EmbeddedEngine(place, ALL_COLLECTIONS)) as engine:
        work = Work(engine, {}, today=today(), now=datetime.now(UTC))
        await work.get(APPLICANTS, [late.key])
        work.put(APPLICANTS, late)
        await work.commit()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(
    browser: Browser, state: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Visits]:
    """The demo's days with their TIS, and one who misses the deadline if nobody acts."""
    folder = tmp_path_factory.mktemp("questions")
    copy = folder / "state.sqlite"
    shutil.copyfile(state, copy)
    shutil.copytree(state.parent / "tcs", folder / "tcs")
    await _with_one_at_risk(copy)
    with running_simulator(folder / "tcs") as tcs:
        settings = {"TIS_ESR_TCS_URL": tcs.url}
        with console_process(["--state", copy, "--port", "0"], folder, settings) as console:
            yield await Visits.begun(browser, console)


async def searched(page: Page, typed: str) -> str:
    """Search from the start page by keyboard; return what the page found says."""
    await page.goto("/")
    await page.keyboard.press("/")
    await page.keyboard.type(typed)
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile("/(why|files|search)"))
    return " ".join((await page.inner_text("main")).split())


async def test_why_was_this_doctor_not_sent(desk: Visits) -> None:
    async with desk.window() as page:
        said = await searched(page, "1900009")
    assert "can't be sent: missing: positionNumber" in said
    assert "Who must act: the trust, in ESR: add it to the position in ESR" in said


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("26000006", "Position 6000006 (number 26000006, EMD/RX68/600/STR/100005) was deleted by ESR"),
        ("6000007", "is unmatched: no post in TIS has the number KSS/UNKNOWN/000/STR/1"),
        ("EMD/RX79/800/STR/100016", "Position 6000016"),
    ],
)
async def test_is_this_position_known_matched_deleted(typed: str, answer: str, desk: Visits) -> None:
    async with desk.window() as page:
        assert answer in await searched(page, typed)


async def test_which_of_our_posts_have_no_position(desk: Visits) -> None:
    """Of an office, then of one of its trusts: by the menu, links and filters, without typing an address."""
    async with desk.window() as page:
        await page.goto("/")
        await page.get_by_role("button", name="More").click()
        await page.locator("header").get_by_role("link", name="Positions and posts").click()
        await page.get_by_role("main").get_by_role("link", name="EMD").click()
        await page.get_by_role("link", name="Posts of EMD").click()
        await page.get_by_text("59 posts: 55 with position, 2 without position").wait_for()
        await page.select_option("#filter-state", label="Without position")
        await page.get_by_role("button", name="Apply filters").click()
        await page.get_by_text("2 posts: 2 without position.").wait_for()
        assert await page.locator("main tbody tr > :first-child").all_inner_texts() == [
            "EMD/RX81/100/STR/100018",
            "EMD/RX87/700/STR/100024",
        ]
        await page.select_option("#filter-trust", "RX87")
        await page.get_by_role("button", name="Apply filters").click()
        await page.get_by_text("1 post: 1 without position.").wait_for()
        await page.get_by_role("link", name="EMD/RX87/700/STR/100024").click()
        said = " ".join((await page.inner_text("main")).split())
    assert "can't be sent: ESR has sent no position" in said
    assert "Who must act: the trust, in ESR: create the position in ESR with this post number" in said


async def test_when_was_it_first_sent_and_in_which_file(desk: Visits) -> None:
    async with desk.window() as page:
        said = await searched(page, "1900002")
        assert "was sent to ESR on 24 Nov 2026 in DE_EMD_APP_20261124_00000001.DAT, row 23" in said
        assert said.index("Row (position and its post, POR): Applied") < said.index(
            "Exported in DE_EMD_APP_20261124_"
        )


async def test_did_esr_accept_it_and_with_which_error(desk: Visits) -> None:
    async with desk.window() as page:
        said = await searched(page, "placement:1900041")
    assert 'ESR rejected it with an error: "DIT-10: The applicant could not be created' in said
    assert "Who must act: the trust, in ESR" in said


async def test_what_changed_since_we_sent_it(desk: Visits) -> None:
    async with desk.window() as page:
        await searched(page, "1900078")
        row = await page.inner_text("table >> text=withdrawn >> xpath=ancestor::tr")
    assert "25 Nov 2026" in row
    assert "DE_EMD_RMC_20261125_00004002.DAT" in row
    assert "sent in DE_EMD_DNC_20261125_00000014.DAT, row 3" in row


async def test_which_files_came_and_went_and_which_are_missing(desk: Visits) -> None:
    async with desk.window() as page:
        await page.goto("/files?days=90&office=EMD")
        said = await page.inner_text("main")
        assert "DE_EMD_RMC_20261126_" in said
        assert "Split, incomplete" in said
        await page.goto("/findings")
        assert RMF in await page.inner_text("main")


async def test_what_was_lost_in_yesterdays_outage(desk: Visits) -> None:
    async with desk.window() as page:
        await page.goto("/outage")
        await page.fill("#from", "2026-11-24T09:00")
        await page.fill("#to", "2026-11-24T17:30")
        await page.click("main button")
        await page.wait_for_url("**/outage?from=*")
        said = await page.inner_text("main")
    assert "Delayed" in said
    assert "Dropped: not sent any more" in said


async def test_is_it_safe_to_process_this_file_again(desk: Visits) -> None:
    async with desk.window() as page:
        await page.goto(f"/why?word=file:{RMF}")
        said = " ".join((await page.inner_text("main")).split())
    assert f"Processing {RMF} again is safe" in said


async def test_who_misses_the_deadline_if_nobody_acts(desk: Visits) -> None:
    async with desk.window() as page:
        await page.goto("/deadlines?office=EMD")
        row = await page.inner_text(f"table >> text={AT_RISK} >> xpath=ancestor::tr")
    assert "missing: dob" in row
    assert "the local office, in TIS" in row
