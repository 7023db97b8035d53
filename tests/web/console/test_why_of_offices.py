"""Explanations for accounts that are limited to offices: theirs are shown, anything else is one and the same page."""

from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from tests.web.console.browsing import Desk, desk, form_token, text, title

from tis_esr.operations.access.accounts import Account, Role
from tis_esr.operations.composition import reader_of
from tis_esr.services.data_exporter.outbound import APPLICANTS
from tis_esr.settings import Settings

THEIRS, UNKNOWN = "1900002", "9999999"
RMF = "DE_EMD_RMF_20261124_00004001.DAT"


def of(state: Path, *offices: str) -> Desk:
    """A desk for a viewer of some offices."""
    account = Account(name="testa.office", roles=frozenset({Role.VIEWER}), offices=frozenset(offices))
    return desk(state, account=account)


async def searched(browser: httpx2.AsyncClient, typed: str) -> httpx2.Response:
    token = form_token(await browser.get("/"))
    return await browser.post("/search", data={"word": typed, "form_token": token})


async def test_a_placement_of_their_office_is_explained_and_has_an_address_to_share(state: Path) -> None:
    async with of(state, "EMD", "WES").signed_in() as browser:
        answer = await searched(browser, THEIRS)
        page = await browser.get(answer.headers["location"])
    assert answer.headers["location"] == f"/why?word={THEIRS}"
    assert "was sent to ESR on 24 Nov 2026" in text(page)


@pytest.mark.parametrize("typed", [f"{RMF}:3", "EMD/RX64/200/STR/100001", f"placement:{THEIRS}"])
async def test_a_row_and_a_post_of_their_office_too(typed: str, state: Path) -> None:
    async with of(state, "EMD").signed_in() as browser:
        assert (await browser.get("/why", params={"word": typed})).status_code == 200


async def test_a_person_of_their_office_is_not_found_by_number_and_looks_like_an_unknown_one(
    state: Path,
) -> None:
    with closing(reader_of(Settings(), state)) as reader:
        known = reader.find(APPLICANTS, {"deanery": "EMD"}, limit=1)[0].gmc_number
    found = []
    async with of(state, "EMD").signed_in() as browser:
        for typed in (known, UNKNOWN):
            answer = await searched(browser, typed)
            page = await browser.get(answer.headers["location"])
            found.append((page.status_code, title(page), text(page)))
    assert found[0] == found[1]


async def test_another_offices_placement_and_an_unknown_one_look_the_same(state: Path) -> None:
    answers = []
    async with of(state, "WES").signed_in() as browser:
        for typed in (THEIRS, UNKNOWN):
            searched_for = await searched(browser, typed)
            assert searched_for.headers["location"].startswith("/search?sealed=")
            by_search = await browser.get(searched_for.headers["location"])
            by_hand = await browser.get(f"/why?word={typed}", follow_redirects=True)
            by_kind = await browser.get(f"/why?word=placement:{typed}")
            answers.append(
                [(one.status_code, title(one), text(one)) for one in (by_search, by_hand, by_kind)]
            )
    assert answers[0] == answers[1]
    assert {(status, heading) for status, heading, _ in answers[0]} == {
        (200, "Search – TIS-ESR"),
        (404, "Nothing found – TIS-ESR"),
    }
    assert THEIRS not in str(answers)


@pytest.mark.parametrize(
    "typed", [f"{RMF}:3", "EMD/RX64/200/STR/100001", "gmc:1234567", "alarm:file-late", "x"]
)
async def test_nor_is_anything_else_that_is_not_theirs(typed: str, state: Path) -> None:
    async with of(state, "WES").signed_in() as browser:
        page = await browser.get("/why", params={"word": typed}, follow_redirects=True)
    assert (page.status_code, title(page)) == (404, "Nothing found – TIS-ESR")
