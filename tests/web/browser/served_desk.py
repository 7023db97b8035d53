"""A console in the test's own process that a real browser visits: its clock, account and answers are the test's."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from playwright.async_api import Browser
from tests.web.browser.visitor import Visits
from tests.web.console.browsing import Desk

from tis_esr.web.console.application import application
from tis_esr.web.http_server import served


@asynccontextmanager
async def served_desk(browser: Browser, made: Callable[[str], Desk]) -> AsyncIterator[tuple[Visits, Desk]]:
    """Serve the desk that is made for an origin, and sign in; its windows share that session."""
    desks: dict[str, Desk] = {}

    def application_at(port: int) -> object:
        origin = f"http://127.0.0.1:{port}"
        desks[origin] = made(origin)
        return application(desks[origin].console)

    async with served(application_at, "127.0.0.1", 0, setting=""):
        [(origin, desk)] = desks.items()
        context = await browser.new_context(base_url=origin)
        page = await context.new_page()
        await page.goto(desk.sign_in.path)
        session = await context.storage_state()
        await context.close()
        yield Visits(browser, origin, session), desk
