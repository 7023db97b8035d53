"""A real console of the demo's days, and a real Chromium that visits it."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright
from servers.programs import chromium
from tests.web.browser.visitor import Visits
from tests.web.console.conftest import state
from tests.web.console.console_process import ConsoleProcess, console_process

__all__ = ["state"]


@pytest.fixture(scope="session")
def console(state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleProcess]:
    """The console as a process."""
    folder, person = tmp_path_factory.mktemp("console"), {"TIS_ESR_PERSON": "testa.specimen"}
    with console_process(["--state", state, "--port", "0"], folder, person) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Chromium, without its sandbox where the tests run as root."""
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path=chromium(), args=options)
        yield launched
        await launched.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def visits(browser: Browser, console: ConsoleProcess) -> AsyncIterator[Visits]:
    """Windows of the browser, signed in or not."""
    yield await Visits.begun(browser, console)
