"""A batch from the dry run to its verdicts in a browser, while the console and who moves it on are killed in between."""

from pathlib import Path

import pytest
from playwright.async_api import Browser
from tests.operations.parked_desk import FAILED
from tests.operations.parked_desk import desk as parked_desk
from tests.services.bench import Benches
from tests.web.browser.visitor import Visits, check
from tests.web.console.console_process import console_process

pytestmark = pytest.mark.asyncio(loop_scope="module")

PERSON = {"TIS_ESR_PERSON": "testa.specimen", "TIS_ESR_EDIT_PARKED": "two"}


async def test_a_batch_begun_in_the_console_goes_on_after_the_console_was_killed(
    browser: Browser, tmp_path: Path
) -> None:
    benches = Benches(tmp_path, None)
    state = tmp_path / "1" / "state"
    async with parked_desk(benches) as here:
        await here.park(*range(1, 16), rows=True)
        await here.park(99, fault=FAILED)

    with console_process(["--state", state, "--port", "0"], tmp_path, PERSON) as console:
        visits = await Visits.begun(browser, console)
        async with visits.window() as page:
            await page.goto("/parked")
            assert "16 parked messages in 2 groups" in await check(page)
            await page.click("main table a >> text=TCS rejected the call")
            assert "15 messages." in await check(page)
            await page.select_option("#scope", "all")
            await page.get_by_role("button", name="Retry", exact=True).click()
            assert "Dry run: " in await check(page)
            await page.fill("#why", "TCS was fixed")
            await page.get_by_role("button", name="Retry").click()
            await page.wait_for_url("**/batches?done=*")
            assert "Batch B1 of 15 messages has begun" in await check(page)
            await page.click("main table a >> text=B1")
            assert "No process moves it on at the moment." in await check(page)
        console.process.kill()

    benches.made = 0
    async with parked_desk(benches) as here:
        await here.step()

    benches.made = 0
    async with parked_desk(benches) as here:
        here.faults = {12: FAILED}
        with console_process(["--state", state, "--port", "0"], tmp_path, PERSON) as console:
            visits = await Visits.begun(browser, console)
            async with visits.window() as page:
                await page.goto("/batches/B1")
                assert "Waiting\t1" in await page.inner_text("main table >> nth=0")
                await page.get_by_role("button", name="Pause refreshing").click()
                assert "The tracer" in await check(page)
                await page.get_by_role("button", name="Resume refreshing").click()
                await here.steps()
                await page.get_by_role("link", name="Done").wait_for()
                assert "Done\t14" in await page.inner_text("main table >> nth=0")
                assert await page.get_by_role("button", name="Pause refreshing").count() == 0
                assert "does not refresh any more" in await page.inner_text("#said")
                await page.reload()
                assert "Finished" in await check(page)
            assert sorted(here.handled) == [n for n in range(1, 16) if n != 12]


async def test_one_message_its_content_unmasked_a_discard_and_the_audit(
    browser: Browser, tmp_path: Path
) -> None:
    benches = Benches(tmp_path, None)
    async with parked_desk(benches) as here:
        await here.park(1, rows=True)
    state = tmp_path / "1" / "state"
    with console_process(["--state", state, "--port", "0"], tmp_path, PERSON) as console:
        visits = await Visits.begun(browser, console)
        async with visits.window(java_script_enabled=False) as page:
            await page.goto("/parked/messages")
            await page.click("main table tbody a >> nth=0")
            assert "(masked)" in await page.inner_text("main")
            await page.fill("#why", "ticket 4711")
            await page.get_by_role("button", name="Show unmasked").click()
            assert "This look is in the audit." in await page.inner_text("main")
        async with visits.window() as page:
            await page.goto("/parked/messages")
            await page.click("main table tbody a >> nth=0")
            assert "Is a retry safe?" in await check(page)
            await page.fill("#why", "ticket 4711")
            await page.get_by_role("button", name="Show unmasked").click()
            assert "Corrected content" in await check(page)
            await page.fill("#ticket", "T-47")
            await page.fill("#review", "2099-01-01")
            await page.get_by_role("button", name="Discard", exact=True).click()
            assert "This can't be undone" in await check(page)
            await page.fill("#why", "sent again by ESR")
            await page.get_by_role("button", name="Discard").click()
            assert "1 message discarded." in await check(page)
            await page.goto("/audit")
            assert "3 entries." in await check(page)
            await page.click("main table tbody a >> nth=0")
            assert "parked.discard" in await check(page)
