"""Every link and form of every page leads to a page that is there, and that its reader may open."""

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from starlette.routing import Match, Route
from tests.web.console.browsing import OWNER, desk

from tis_esr.operations.access.accounts import EVERYTHING, Account, Role
from tis_esr.web.console.console import Page
from tis_esr.web.console.pages import PAGES

ACCOUNTS = (
    OWNER,
    Account(name="testa.viewer", roles=frozenset({Role.VIEWER})),
    Account(name="testa.office", roles=EVERYTHING, offices=frozenset({"EMD"})),
    Account(name="testa.two", roles=frozenset({Role.VIEWER}), offices=frozenset({"EMD", "EOE"})),
    Account(name="testa.trust", roles=EVERYTHING, trusts=frozenset({"RTF00"})),
)
VISITS = 2
"""Addresses of one page that are opened: its links differ by what they name alone."""
NEED_TIS = ("/posts", "/reports/posts.csv")
OTHERS = ("/static/", "/sign-in", "/sign-out")


def answering(address: str, method: str) -> Page | None:
    """Return the page that answers an address, as the router chooses it."""
    scope = {"type": "http", "path": urlsplit(address).path, "method": method, "root_path": ""}
    for page in PAGES:
        route = Route(page.path, page.answer, methods=list(page.methods))
        if route.matches(scope)[0] is Match.FULL:
            return page
    return None


def links(here: str, html: str) -> Iterator[str]:
    for one in re.findall(r'<a [^>]*href="([^"]*)"', html):
        yield urldefrag(urljoin(here, unescape(one)))[0]


def forms(here: str, html: str) -> Iterator[tuple[str, str]]:
    """Yield the method and path of every form."""
    for form in re.findall(r"<form [^>]*>", html):
        action = re.search(r'action="([^"]*)"', form)
        method = "POST" if 'method="post"' in form else "GET"
        yield method, urlsplit(urljoin(here, unescape(action[1]) if action else here)).path


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda one: one.name)
async def test_every_link_and_form_leads_to_a_page_that_its_reader_may_open(
    state: Path, account: Account
) -> None:
    visited: dict[str, set[str]] = {}
    to_visit, wrong = ["/"], set()
    async with desk(state, account=account, searches=10_000).signed_in() as browser:
        while to_visit:
            here = to_visit.pop(0)
            answer = await browser.get(here)
            if answer.status_code == 303:
                to_visit.append(answer.headers["location"])
                continue
            if answer.status_code != 200 and not here.startswith(NEED_TIS):
                wrong.add(f"{here}: {answer.status_code}")
            if not answer.headers["content-type"].startswith("text/html"):
                continue
            for there in links(here, answer.text):
                page = answering(there, "GET")
                if page is None:
                    continue
                known = visited.setdefault(page.path, set())
                if len(known) < VISITS and there not in known:
                    known.add(there)
                    to_visit.append(there)
            led = [
                *forms(here, answer.text),
                *(("GET", urlsplit(one).path) for one in links(here, answer.text)),
            ]
            for method, path in led:
                page = answering(path, method)
                if not path.startswith(OTHERS) and (page is None or not page.is_for(account)):
                    wrong.add(f"{urlsplit(here).path}: {method} {path}")
    assert not wrong
    assert len(visited) > 3
