"""Windows of a browser at the console, each checked for what the browser complained of."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
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
HEIGHT = 900
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
    _kept: dict[bool, "Window"] = field(default_factory=dict)

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
        window = await self._opened(signed_in, width, options)
        try:
            yield window.page
        finally:
            await window.page.context.close()
        assert window.complaints == []

    @asynccontextmanager
    async def kept_window(self, *, signed_in: bool = True) -> AsyncIterator[Page]:
        """The same, but the window stays open for the next page: a new one costs more than axe does."""
        if signed_in not in self._kept:
            self._kept[signed_in] = await self._opened(signed_in, WIDTHS[0], {})
        window = self._kept[signed_in]
        await window.page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})
        yield window.page
        complaints, window.complaints = window.complaints, []
        assert complaints == []

    async def _opened(self, signed_in: bool, width: int, options: dict[str, Any]) -> "Window":
        context = await self.browser.new_context(
            base_url=self.origin,
            viewport={"width": width, "height": HEIGHT},
            storage_state=self.session if signed_in else None,
            **options,
        )
        return Window(await context.new_page())


class Window:
    """A page, and what the browser complained of since it was opened."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", lambda message: self._complained(message.text))
        page.on("pageerror", lambda error: self._complained(str(error)))
        page.on("requestfailed", lambda request: self._complained(f"{request.url} {request.failure}"))

    def _complained(self, of: str) -> None:
        if not any(usual in of for usual in _USUAL):
            self.complaints.append(of)


async def violations(page: Page, widths: Sequence[int] = WIDTHS) -> list[str]:
    """Return what axe finds wrong with a page at each width: the rule, and where."""
    await page.evaluate(AXE)
    found = []
    for width in widths:
        await page.set_viewport_size({"width": width, "height": HEIGHT})
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
    await page.set_viewport_size({"width": 1280, "height": HEIGHT})
    return said
