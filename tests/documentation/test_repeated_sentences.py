"""No page says a sentence twice: that is what a merge of two versions leaves behind."""

import re
from collections import Counter
from pathlib import Path

import pytest
from tests.documentation.pages import PAGES, ROOT, name_of

_SHORTEST = 8
PROSE = [
    page
    for page in PAGES
    if page.name != "CHANGELOG.md" and not page.is_relative_to(ROOT / "docs" / "reference")
]
"""Each entry of the changelog and of the reference is read by itself."""


def sentences(page: str) -> list[str]:
    """Return the sentences of a page outside of blocks of code, without list marks."""
    text = re.sub(r"^[ ]*(`{3,}).*?^[ ]*\1", "", page, flags=re.DOTALL | re.MULTILINE)
    paragraphs = re.split(r"\n\s*\n|\n(?=\s*(?:[-|>#]|\d+\.) ?)", text)
    joined = (" ".join(one.lstrip("->#|0123456789. ").split()) for one in paragraphs)
    return [sentence for one in joined for sentence in re.split(r"(?<=[.:;!?|])\s+", one)]


def repeated(page: str) -> list[str]:
    """Return the sentences of eight words or more that stand twice on a page."""
    found = Counter(
        one for one in sentences(page) if not one.endswith("|") and len(re.findall(r"\w+", one)) >= _SHORTEST
    )
    return [sentence for sentence, times in found.items() if times > 1]


@pytest.mark.parametrize("page", PROSE, ids=name_of)
def test_no_sentence_stands_twice_within_a_page(page: Path) -> None:
    assert repeated(page.read_text()) == []


def test_a_sentence_that_stands_twice_is_found_however_its_lines_are_broken() -> None:
    page = "An act that needs several units\nof work stores its intention.\n\n- An act that needs several units of work stores its intention. So."
    assert repeated(page) == ["An act that needs several units of work stores its intention."]
