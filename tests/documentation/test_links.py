"""Every link between pages leads to a page that is there, and to a heading that it has."""

from pathlib import Path

import pytest
from docgen.markdown import anchors, links
from tests.documentation.pages import PAGES, ROOT, name_of


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in links(page.read_text()):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target.read_text())):
            broken.append(link)
    assert broken == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, to_visit = set(), [ROOT / "README.md"]
    while to_visit:
        page = to_visit.pop()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        to_visit += [
            (page.parent / link.partition("#")[0]).resolve()
            for link in links(page.read_text())
            if not link.startswith(("http", "#"))
        ]
    assert set(PAGES) - reached == set()
