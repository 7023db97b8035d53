"""What each role may open, of every page that there is: what is above it is refused, and is in no menu."""

import re
from html import unescape
from pathlib import Path

import pytest
from tests.web.console.browsing import desk, form_token

from tis_esr.operations.access.accounts import Account, Role
from tis_esr.web.console.console import Page
from tis_esr.web.console.pages import PAGES

INCLUDED = {
    "viewer": {"viewer"},
    "operator": {"viewer", "operator"},
    "privacy": {"viewer", "privacy"},
    "administrator": {"viewer", "operator", "administrator"},
}
READ = [page for page in PAGES if "GET" in page.methods and "{" not in page.path]
ACTS = [page for page in PAGES if "POST" in page.methods]


def of(role: str, offices: frozenset[str] | None = None) -> Account:
    return Account(name="testa.specimen", roles=frozenset({Role(role)}), offices=offices)


def above(role: str, pages: list[Page]) -> list[Page]:
    return [page for page in pages if page.role.value not in INCLUDED[role]]


@pytest.mark.parametrize("role", INCLUDED)
async def test_pages_above_a_role_are_refused_and_in_no_menu_and_the_others_open(
    role: str, state: Path
) -> None:
    refused = {page.path for page in above(role, READ)}
    async with desk(state, account=of(role), searches=1000).signed_in() as browser:
        menu = (await browser.get("/accessibility")).text.partition('id="maincontent"')[0]
        opened = {page.path: (await browser.get(page.path)).status_code for page in READ}
    linked = {unescape(one) for one in re.findall(r'href="(/[^"]*)"', menu)}
    assert {path for path, status in opened.items() if status == 403} == refused
    assert linked & refused == set()
    assert {page.path for page in READ if page.purpose} - refused <= linked | {"/"}


@pytest.mark.parametrize("role", INCLUDED)
async def test_acts_above_a_role_are_refused(role: str, state: Path) -> None:
    async with desk(state, account=of(role)).signed_in() as browser:
        token = form_token(await browser.get("/"))
        for page in above(role, ACTS):
            path = re.sub(r"\{[^}]*\}", "x", page.path)
            answer = await browser.post(path, data={"form_token": token, "item": "x", "why": "x"})
            assert answer.status_code == 403, page.path


async def test_pages_of_all_offices_are_refused_to_accounts_with_some(state: Path) -> None:
    limited = of("administrator", frozenset({"EMD"}))
    async with desk(state, account=limited, searches=1000).signed_in() as browser:
        opened = {page.path: (await browser.get(page.path)).status_code for page in READ}
        token = form_token(await browser.get("/"))
        acts = [
            (page.path, await browser.post(page.path, data={"form_token": token, "item": "x"}))
            for page in ACTS
            if page.all_offices and "{" not in page.path
        ]
    assert {path for path, status in opened.items() if status == 403} == {
        page.path for page in READ if page.all_offices
    }
    assert {path for path, answer in acts if answer.status_code != 403} == set()
