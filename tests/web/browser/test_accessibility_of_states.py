"""States of pages that need a clock, an account, TIS or a slow answer of their own: axe finds nothing in them."""

import shutil
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.async_api import Browser
from tests.web.browser.served_desk import served_desk
from tests.web.browser.visitor import check
from tests.web.console.browsing import Desk, desk
from tests.web.console.test_alarms_and_acts import HELD, alarm, kept, stored
from tests.web.console.test_processes import place as processes
from tests.web.console.test_trusts import TRUST

from tis_esr.simulation.tcs.server import running_simulator
from tis_esr.web.console.remembered import Remembered

__all__ = ["processes"]
pytestmark = pytest.mark.asyncio(loop_scope="module")


def made(state: Path, **changes: Any) -> Callable[[str], Desk]:
    return lambda origin: desk(state, origins=(origin,), **changes)


async def test_an_act_that_an_expired_session_interrupted_goes_on_after_signing_in_again(
    browser: Browser, tmp_path: Path
) -> None:
    state = await stored(tmp_path / "alarms.sqlite", [alarm(HELD)])
    async with served_desk(browser, made(state)) as (visits, here), visits.window() as page:
        await page.goto(f"/alarms/{HELD}")
        await page.fill("#owner", "testa.specimen")
        await page.click("button >> text=Set owner")
        await page.fill("#why", "on call")
        here.clock.passes(minutes=16)
        await page.click("main button")
        assert await page.title() == "Your session has ended – TIS-ESR"
        assert "Nothing was done." in await check(page)
        other = await page.context.new_page()
        await other.goto(here.sign_in.path)
        await other.close()
        await page.get_by_role("button", name="Show the confirmation again").click()
        assert "Set owner" in await check(page)
        assert await page.input_value("#why") == "on call"
        await page.click("main button")
        await page.wait_for_url("**done=*")
        assert "testa.specimen owns 1 alarm." in await page.inner_text("main")
    assert kept(state)[HELD].owner == "testa.specimen"


class Counting(Remembered[Any]):
    """Answers that take longer than a page waits for them."""

    async def soon(
        self, key: Any, find: Callable[[], Awaitable[Any]], *, times: int = 1, seconds: float = 1.0
    ) -> tuple[Any, datetime] | None:
        return None


async def test_today_while_the_promise_is_being_counted(browser: Browser, state: Path) -> None:
    def slow(origin: str) -> Desk:
        usual = made(state)(origin)
        return replace(usual, console=replace(usual.console, remembered=Counting(0.0)))

    async with served_desk(browser, slow) as (visits, _), visits.window() as page:
        await page.goto("/")
        assert "It is being counted, and shown when the page is refreshed." in await check(page)


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "59 posts: 55 with position, 2 without position, 2 only deleted positions."),
        ("&state=without", "2 posts: 2 without position."),
        ("&state=without&trust=RX13", "No post matches these filters."),
    ],
)
async def test_posts_in_tis(query: str, says: str, browser: Browser, state: Path, tmp_path: Path) -> None:
    shutil.copytree(state.parent / "tcs", tmp_path / "tcs")
    with running_simulator(tmp_path / "tcs") as tcs:
        async with (
            served_desk(browser, made(state, tcs_url=tcs.url)) as (visits, _),
            visits.window() as page,
        ):
            await page.goto(f"/posts?office=EMD{query}")
            assert says in await check(page)


async def test_processes_of_which_one_is_gone(browser: Browser, processes: Path) -> None:
    async with served_desk(browser, made(processes)) as (visits, _), visits.window() as page:
        await page.goto("/processes")
        assert "1 running, 1 gone" in await check(page)
        await page.goto("/processes/one")
        assert "TIS_ESR_APPLICANTS_CRON" in await check(page)


async def test_pages_beside_services_that_hold_the_state_file(browser: Browser, state: Path) -> None:
    def beside(origin: str) -> Desk:
        usual = made(state)(origin)
        return replace(usual, console=replace(usual.console, is_beside_services=True))

    async with served_desk(browser, beside) as (visits, _), visits.window() as page:
        await page.goto("/procedures/full-file/EMD")
        assert "tis-esr export notifications --full --deanery EMD" in await check(page)
        await page.goto("/exports")
        assert "Create the ticked files now" in await check(page)


async def test_what_people_of_a_trust_see(browser: Browser, state: Path) -> None:
    account = msgspec.structs.replace(TRUST, trusts=frozenset({"RX68"}))
    async with served_desk(browser, made(state, account=account)) as (visits, _), visits.window() as page:
        await page.goto("/")
        assert await page.title() == "Start – TIS-ESR"
        assert "RX68" in await check(page)
        await page.goto("/positions?office=EMD")
        assert "Positions of EMD" in await check(page)
        await page.goto("/alarms")
        assert await page.title() == "Not allowed – TIS-ESR"
        assert await check(page)
