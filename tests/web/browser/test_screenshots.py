"""The screenshots of the docs, which ``make screenshots`` makes again."""

import os
from pathlib import Path

import pytest
from tests.web.browser.visitor import Visits

pytestmark = pytest.mark.asyncio(loop_scope="module")

IMAGES = Path(__file__).parents[3] / "docs" / "images"
PAGES = {
    "console-today": "/?day=2026-11-24",
    "console-files": "/files?days=90&office=EMD",
    "console-why": "/why?word=1900002",
}


@pytest.mark.parametrize("name", PAGES)
async def test_the_docs_have_a_picture_of_the_page(name: str, visits: Visits, tmp_path: Path) -> None:
    place = (IMAGES if os.environ.get("SCREENSHOTS") else tmp_path) / f"{name}.png"
    async with visits.window() as page:
        await page.goto(PAGES[name])
        await page.screenshot(path=place)
    assert place.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert (IMAGES / f"{name}.png").exists()
