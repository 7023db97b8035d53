"""Every picture of the docs is one that a test or the soak makes, is shown, and is described in words."""

import re

from tests.documentation.pages import PAGES, ROOT
from tests.soak.__main__ import IMAGES as SOAKS
from tests.web.browser.test_screenshots import PAGES as TAKEN

IMAGES = ROOT / "docs" / "images"
SHOWN = [
    (page, words, target)
    for page in PAGES
    for words, target in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", page.read_text())
]


def test_every_picture_is_made_by_us_and_shown_on_a_page() -> None:
    taken = {IMAGES / f"{name}.png" for name in TAKEN} | {*SOAKS.values()}
    assert set(IMAGES.iterdir()) == taken
    assert {(page.parent / target).resolve() for page, _, target in SHOWN} == taken


def test_every_picture_is_described() -> None:
    assert [target for _, words, target in SHOWN if len(words.split()) < 4] == []
