"""At 1280 pixels tables are readable: names of files are whole, reasons have room, and what scrolls sideways says so."""

import pytest
from playwright.async_api import Page
from tests.web.browser.visitor import Visits

pytestmark = pytest.mark.asyncio(loop_scope="module")

WIDE = ("/exports", "/people?days=30", "/parked/messages", "/board/EMD?day=2026-11-24")
HINT = "This is wider than the page: scroll it sideways to see all of it."
LINES = """places => places.map(one => {
  const height = one.getBoundingClientRect().height;
  return Math.round(height / parseFloat(getComputedStyle(one).lineHeight) || 1);
})"""


async def cut(page: Page) -> list[bool]:
    """Return for each region that scrolls whether it is wider than its place, and whether a hint is above it."""
    return await page.eval_on_selector_all(
        ".app-scroll",
        """places => places.filter(one => one.offsetParent !== null).map(one =>
          (one.scrollWidth > one.clientWidth + 1) === !!one.previousElementSibling?.classList.contains("app-scrolls"))""",
    )


@pytest.mark.parametrize("address", WIDE)
async def test_names_of_files_are_whole_and_what_is_cut_has_a_hint(address: str, visits: Visits) -> None:
    async with visits.window() as page:
        await page.set_viewport_size({"width": 1280, "height": 900})
        await page.goto(address)
        lines = await page.eval_on_selector_all(".app-table tbody .app-ident", LINES)
        narrow = await page.eval_on_selector_all(
            ".app-table tbody .app-text", "places => Math.min(...places.map(one => one.clientWidth))"
        )
        said = await cut(page)
    assert set(lines) <= {1}
    assert all(said)
    if address.startswith(("/people", "/parked")):
        assert narrow >= 250


async def test_the_hint_goes_where_there_is_room(visits: Visits) -> None:
    async with visits.window() as page:
        await page.set_viewport_size({"width": 700, "height": 900})
        await page.goto("/parked/messages")
        assert await page.get_by_text(HINT).count() == 1
        await page.set_viewport_size({"width": 2600, "height": 900})
        await page.goto("/positions")
        wide = await cut(page)
    assert all(wide)
