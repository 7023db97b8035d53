"""Windows of a browser at the console, each checked for what the browser complained of."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from playwright.async_api import Browser, Page
from tests.web.console.console_process import ConsoleProcess

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()
WCAG = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
WIDTHS = (1280, 320)
_MENU_FITS = """() => {
    const list = document.querySelector(".nhsuk-header__navigation-list");
    return !list || list.scrollWidth <= list.clientWidth;
}"""
"""The menu moves what has no room behind a button, a moment after the window became narrower."""
_USUAL = ("the server responded with a status of", "net::ERR_ABORTED")
"""An error page, and what was still loading when a test went on to another page."""


@dataclass
class Visits:
    """A browser that signed in once; its windows share that session."""

    browser: Browser
    origin: str
    session: Any

    @classmethod
    async def begun(cls, browser: Browser, console: ConsoleProcess) -> "Visits":
        """Sign in by an address that the console prints: the first one, then one that was asked for."""
        origin = console.address.partition("/sign-in")[0]
        context = await browser.new_context()
        page = await context.new_page()
        await page.goto(f"{origin}/sign-in")
        await page.get_by_role("button", name="Print a new address in the terminal").click()
        await page.get_by_text("A new sign-in address was printed").wait_for()
        assert console.process.stdout is not None
        line = next(line for line in console.process.stdout if "signs in once" in line)
        await page.goto(re.findall(r"https?://\S+", line)[0])
        session = await context.storage_state()
        await context.close()
        return cls(browser, origin, session)

    @asynccontextmanager
    async def window(
        self, *, signed_in: bool = True, width: int = 1280, **options: Any
    ) -> AsyncIterator[Page]:
        """Open a window; at the end the browser must not have complained, as it does of anything its policy forbids."""
        context = await self.browser.new_context(
            base_url=self.origin,
            viewport={"width": width, "height": 900},
            storage_state=self.session if signed_in else None,
            **options,
        )
        page = await context.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda request: complaints.append(f"{request.url} {request.failure}"))
        try:
            yield page
        finally:
            await context.close()
        assert [one for one in complaints if not any(usual in one for usual in _USUAL)] == []


async def violations(page: Page, widths: Sequence[int] = WIDTHS) -> list[str]:
    """Return what axe finds wrong with a page at each width: the rule, and where."""
    await page.evaluate(AXE)
    found = []
    for width in widths:
        await page.set_viewport_size({"width": width, "height": 900})
        await page.wait_for_function(_MENU_FITS)
        for rule in await page.evaluate("options => axe.run(options).then(found => found.violations)", WCAG):
            found += [
                f"{width}: {rule['id']}: {rule['help']}: {node['html'][:200]}" for node in rule["nodes"]
            ]
    return found


async def check(page: Page) -> str:
    """Return what a page says, once axe has found nothing and it fits on a phone."""
    said = await page.inner_text("main")
    assert await violations(page) == []
    assert await page.evaluate("[innerWidth, document.documentElement.scrollWidth]") == [320, 320]
    await page.set_viewport_size({"width": 1280, "height": 900})
    return said
