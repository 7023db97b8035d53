"""The console by keyboard, without JavaScript, back and reload, and on paper."""

import re

import pytest
from playwright.async_api import Page
from tests.web.browser.visitor import Visits

pytestmark = pytest.mark.asyncio(loop_scope="module")

FOCUSED = "document.activeElement.textContent.trim() || document.activeElement.id"


async def focused(page: Page) -> str:
    return " ".join(str(await page.evaluate(FOCUSED)).split())


async def test_from_anywhere_a_slash_reaches_the_search_and_enter_the_answer(visits: Visits) -> None:
    async with visits.window() as page:
        await page.goto("/forecast")
        await page.keyboard.press("/")
        assert await focused(page) == "search-field"
        await page.keyboard.type("1900002")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/why?word=1900002")
        assert "was sent to ESR on 24 Nov 2026" in await page.inner_text("main")
        await page.go_back()
        assert page.url.endswith("/forecast")


async def test_a_slash_that_is_typed_into_a_field_stays_there(visits: Visits) -> None:
    async with visits.window() as page:
        await page.goto("/why")
        await page.focus("#word")
        await page.keyboard.type("EOE/RGT00")
        assert await page.input_value("#word") == "EOE/RGT00"


async def test_the_first_tab_skips_to_the_content(visits: Visits) -> None:
    async with visits.window() as page:
        await page.goto("/files")
        await page.keyboard.press("Tab")
        assert await focused(page) == "Skip to main content"
        await page.keyboard.press("Enter")
        await page.keyboard.press("Tab")
        assert await focused(page) == "What can I do here?"


async def test_filters_are_chosen_and_removed_without_a_mouse(visits: Visits) -> None:
    async with visits.window() as page:
        await page.goto("/files?days=90")
        await page.focus("#filter-office")
        await page.keyboard.type("EMD")
        await page.keyboard.press("Tab")
        await page.focus("text=Apply filters")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**office=EMD**")
        tag = page.get_by_role("link", name=re.compile("Remove the filter Office: EMD"))
        await tag.focus()
        await page.keyboard.press("Enter")
        await page.wait_for_function("!location.search.includes('EMD')")
        assert "days=90" in page.url


@pytest.mark.parametrize("typed", ["1900002", " de_emd_rmf_20261124_00004001.dat:60 "])
async def test_it_works_without_javascript(typed: str, visits: Visits) -> None:
    async with visits.window(java_script_enabled=False) as page:
        await page.goto("/")
        await page.fill("#search-field", typed)
        await page.click("search button")
        heading = await page.inner_text("h1")
        assert heading in {"Why: 1900002", "File DE_EMD_RMF_20261124_00004001.DAT"}
        await page.click("nav >> text=Files")
        await page.select_option("#filter-days", "90")
        await page.click("text=Apply filters")
        assert "days=90" in page.url


async def test_a_search_by_gmc_number_leaves_it_in_no_address_and_survives_reload(visits: Visits) -> None:
    async with visits.window() as page:
        await page.goto("/")
        await page.fill("#search-field", "1234567")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/search?sealed=*")
        said = await page.inner_text("main")
        await page.reload()
        assert await page.inner_text("main") == said
        await page.go_back()
        assert "1234567" not in page.url
        assert "1234567" not in await page.title()


async def test_an_id_is_copied_with_one_press(visits: Visits) -> None:
    async with visits.window(permissions=["clipboard-read", "clipboard-write"]) as page:
        await page.goto("/files/DE_EMD_RMF_20261124_00004001.DAT")
        await page.get_by_role("button", name=re.compile("Copy [0-9a-f]{64}")).press("Enter")
        await page.wait_for_function("document.getElementById('said').textContent.endsWith('was copied')")
        assert len(str(await page.evaluate("navigator.clipboard.readText()"))) == 64


async def test_times_are_londons_with_utc_on_hover(visits: Visits) -> None:
    async with visits.window() as page:
        await page.goto("/doctor")
        title = await page.locator("main time").first.get_attribute("title")
    assert re.fullmatch(r"\d+ \w{3} \d{4} \d\d:\d\d:\d\d UTC", title or "")


async def test_on_paper_there_is_the_page_without_what_is_pressed(visits: Visits) -> None:
    async with visits.window() as page:
        await page.goto("/files?days=90")
        await page.emulate_media(media="print")
        for hidden in (".nhsuk-header__search", ".nhsuk-header__navigation", ".app-filters", ".app-help"):
            assert await page.locator(hidden).first.is_hidden()
        assert await page.locator("table").first.is_visible()


async def test_a_page_needs_one_stylesheet_and_nothing_of_another_host(visits: Visits) -> None:
    async with visits.window() as page:
        asked: list[tuple[str, str]] = []
        page.on("request", lambda request: asked.append((request.resource_type, request.url)))
        answer = await page.goto("/files?days=90")
        await page.wait_for_load_state("networkidle")
        assert answer is not None
        assert len(await answer.body()) < 100_000
    assert [kind for kind, _ in asked].count("stylesheet") == 1
    assert all(url.startswith(visits.origin) for _, url in asked)


async def test_the_board_refreshes_by_itself_until_it_is_paused(visits: Visits) -> None:
    async with visits.window() as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.headers.get("x-refresh", "")))
        await page.clock.install()
        await page.goto("/")
        await page.evaluate("document.querySelector('.app-board td').textContent = 'of before'")
        await page.get_by_role("button", name="Pause refreshing").press("Enter")
        await page.clock.run_for(200_000)
        assert "1" not in asked
        assert "of before" in await page.inner_text(".app-board")
        await page.get_by_role("button", name="Resume refreshing").press("Enter")
        async with page.expect_response(lambda answer: "x-refresh" in answer.request.headers):
            await page.clock.run_for(61_000)
        await page.get_by_role("cell", name="of before").wait_for(state="detached")
        assert await page.get_by_role("button", name="Pause refreshing").is_visible()


async def test_a_board_that_is_left_with_a_link_selected_says_that_it_does_not_refresh(
    visits: Visits,
) -> None:
    async with visits.window() as page:
        await page.clock.install()
        await page.goto("/")
        await page.locator(".app-board a").first.focus()
        await page.clock.run_for(121_000)
        assert await page.locator(".app-stale").count() == 0
        await page.clock.run_for(60_000)
        assert await page.locator(".app-stale").count() == 1
        assert "does not refresh while" in await page.inner_text("#said")
        await page.locator(".app-board a").first.evaluate("link => link.blur()")
        async with page.expect_response(lambda answer: "x-refresh" in answer.request.headers):
            await page.clock.run_for(61_000)
        await page.locator(".app-stale").wait_for(state="detached")


async def test_without_javascript_there_is_a_link_that_refreshes(visits: Visits) -> None:
    async with visits.window(java_script_enabled=False) as page:
        await page.goto("/?office=EMD")
        assert await page.get_by_role("button", name="Pause refreshing").count() == 0
        await page.get_by_role("link", name="Refresh").click()
        assert page.url.endswith("/?office=EMD")
