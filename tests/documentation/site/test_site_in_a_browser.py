"""In a browser, from files and without a network: axe finds nothing, nothing is requested elsewhere, and searching works.

``EVERY_PAGE=1`` visits all pages; else one of each kind.
"""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page
from tests.documentation.pages import PAGES, ROOT
from tests.web.browser.conftest import browser
from tests.web.browser.visitor import violations

__all__ = ["browser"]
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

ONE_OF_EACH_KIND = [
    "index.html",
    "docs/README.html",
    "docs/tutorials/rejected-by-esr.html",
    "docs/how-to/console.html",
    "docs/reference/http-api.html",
    "docs/reference/settings.html",
    "docs/explanation/architecture.html",
    "docs/decisions/0039-console-stack.html",
    "docs/runbooks/backlog-old.html",
    "docs/runbooks/parked/tcs-failed.html",
    "search.html?q=dead+letter",
]


def addresses() -> Iterator[str]:
    """Return the pages to visit."""
    yield from ONE_OF_EACH_KIND
    if os.environ.get("EVERY_PAGE"):
        yield from (str(page.relative_to(ROOT).with_suffix(".html")) for page in PAGES)


@asynccontextmanager
async def visit(browser: Browser, site: Path, address: str) -> AsyncIterator[Page]:
    """Open a page without a network; at the end it must have requested nothing but files, and had no trouble."""
    context = await browser.new_context(offline=True)
    page = await context.new_page()
    page.set_default_timeout(15_000)
    requested: list[str] = []
    troubles: list[str] = []
    context.on("request", lambda request: requested.append(request.url))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    name, _, query = address.partition("?")
    try:
        await page.goto((site / name).as_uri() + (f"?{query}" if query else ""))
        yield page
    finally:
        await context.close()
    assert [url for url in requested if not url.startswith((site.as_uri(), "data:"))] == []
    assert troubles == []


@pytest.mark.parametrize("address", dict.fromkeys(addresses()))
async def test_a_page_has_no_barrier_that_axe_knows_and_requests_nothing_elsewhere(
    address: str, browser: Browser, site: Path
) -> None:
    async with visit(browser, site, address) as page:
        if "?q=" in address:
            await page.locator("#search-results li a").first.wait_for()
        assert await page.locator("main h1").count() == 1
        assert await violations(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize(
    ("words", "title", "page"),
    [
        ("backlog old", "backlog-old", "docs/runbooks/backlog-old.html"),
        ("access denied", "Load on TCS", "docs/how-to/load-on-tcs.html"),
        ("TIS_ESR_TCS_URL", "Settings", "docs/reference/settings.html"),
        ("ODS code", "Glossary", "docs/reference/glossary.html"),
    ],
)
async def test_words_lead_from_any_page_to_the_page_that_has_them(
    words: str, title: str, page: str, browser: Browser, site: Path
) -> None:
    async with visit(browser, site, "docs/runbooks/parked/tcs-failed.html") as window:
        await window.get_by_label("Search the documentation").fill(words)
        await window.get_by_role("button", name="Search").click()
        found = window.locator("#search-results li a", has_text=title).first
        await found.click()
        await window.locator("main h1", has_text=title).wait_for()
        assert window.url.partition("#")[0] == (site / page).as_uri()


async def test_words_that_no_page_has_are_answered_plainly(browser: Browser, site: Path) -> None:
    async with visit(browser, site, "search.html?q=zyxwvut") as window:
        await window.get_by_text("did not match any documents").wait_for()


async def test_a_phone_reaches_the_menu_by_a_link_and_the_page_comes_first(browser: Browser, site: Path) -> None:  # fmt: skip
    async with visit(browser, site, "docs/how-to/install.html") as window:
        await window.set_viewport_size({"width": 320, "height": 900})
        heading, menu = window.locator("main h1"), window.locator("#menu")
        above, below = await heading.bounding_box(), await menu.bounding_box()
        assert above
        assert below
        assert above["y"] < 400 < below["y"]
        await window.get_by_role("link", name="All pages").click()
        assert window.url.endswith("install.html#menu")
