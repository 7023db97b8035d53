"""The site is complete, its links and anchors lead somewhere, and it needs nothing from another host."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from tests.documentation.pages import PAGES, ROOT
from tests.documentation.site.html_page import HtmlPage, pages_of

from tis_esr.operations.alarms.catalogue import CATALOGUE
from tis_esr.operations.parked.catalogue import RUNBOOKS
from tis_esr.parking_causes import ParkingCause

ELSEWHERE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//|^[a-z][a-z0-9+.-]*:", re.IGNORECASE)
pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def html(site: Path) -> dict[Path, HtmlPage]:
    return {path: HtmlPage(path) for path in pages_of(site)}


def test_it_builds_without_a_warning(site: Path) -> None:
    assert (site.parent / "site.txt").read_text() == "exit code 0\n"


def test_every_page_of_the_docs_is_in_it(site: Path) -> None:
    expected = {site / page.relative_to(ROOT).with_suffix(".html") for page in PAGES}
    assert {path for path in expected if not path.exists()} == set()
    assert (site / "index.html").read_text() == (site / "README.html").read_text()


def test_links_and_anchors_lead_somewhere(html: dict[Path, HtmlPage]) -> None:
    broken, followed = [], 0
    for path, page in html.items():
        for link in page.links:
            if ELSEWHERE.match(link):
                continue
            name, _, anchor = link.partition("#")
            target = (path.parent / unquote(name)).resolve() if name else path
            known = html[target].anchors if target in html else set()
            if not target.is_file() or (anchor and unquote(anchor) not in known):
                broken.append(f"{path.name}: {link}")
            followed += 1
    assert broken == []
    assert followed > 5_000


def test_no_page_loads_anything_from_another_host(site: Path, html: dict[Path, HtmlPage]) -> None:
    loaded = {f"{path.name}: {address}" for path, page in html.items() for address in page.loaded if ELSEWHERE.match(address)}  # fmt: skip
    styles = "".join(path.read_text() for path in site.rglob("*.css"))
    assert loaded == set()
    assert [address for address in re.findall(r"url\(([^)]*)\)", styles) if ELSEWHERE.match(address)] == []
    assert "@import" not in styles


def test_what_a_page_loads_is_there(html: dict[Path, HtmlPage]) -> None:
    wanted = {(path.parent / re.split("[?#]", address)[0]).resolve() for path, page in html.items() for address in page.loaded if not address.startswith("#")}  # fmt: skip
    assert [path for path in wanted if not path.exists()] == []


def test_the_menu_leads_to_every_section_in_the_order_of_the_index(html: dict[Path, HtmlPage], site: Path) -> None:  # fmt: skip
    menu = html[site / "README.html"].menu
    steps = ["docs/tutorials/first-day", "docs/tutorials/second-day", "docs/how-to/install", "docs/reference/cli", "docs/explanation/architecture", "CHANGELOG"]  # fmt: skip
    places = [menu.index(f"{step}.html") for step in steps]
    assert places == sorted(places)


def test_the_address_that_an_alarm_links_to_leads_to_its_runbook(site: Path) -> None:
    named = [site / "docs" / "runbooks" / f"{kind.id}.md" for kind in CATALOGUE]
    named += [site / RUNBOOKS / f"{cause.value}.md" for cause in ParkingCause]
    for address in named:
        assert f'url=../{address.with_suffix(".html").name}"' in (address / "index.html").read_text()
        assert address.with_suffix(".html").exists()
