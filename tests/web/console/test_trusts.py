"""People of a trust see positions, posts and reports of theirs, and nothing else."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.operations.positions.test_position_lists import ST, Tis, position
from tests.web.console.browsing import desk, text
from tests.web.console.test_positions import stored

from tis_esr.operations.access.accounts import EVERYTHING, Account, Role
from tis_esr.operations.access.claims import ClaimMapping, NoRoleError
from tis_esr.operations.reports.kinds import ReportKind
from tis_esr.web.console.pages import PAGES, posts_in_tis

TRUST = Account(name="testa.trust", roles=EVERYTHING, trusts=frozenset({"RX1"}))
OTHER = "EOE/RX2/021/FY1/0002"


@pytest.fixture
async def place(tmp_path: Path) -> Path:
    return await stored(
        tmp_path / "trusts.sqlite",
        position(1, status="MATCHED", post_id=7),
        position(2, OTHER, status="UNMATCHED"),
    )


async def test_positions_and_posts_are_those_of_the_trust(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @asynccontextmanager
    async def opened(*_: object) -> AsyncIterator[Any]:
        yield Tis(ST, OTHER)

    monkeypatch.setattr(posts_in_tis, "tcs_for_operation", opened)
    async with desk(place, account=TRUST).signed_in() as browser:
        pages = [
            await browser.get(path)
            for path in (
                "/positions?office=EOE", "/positions.csv?office=EOE", "/posts?office=EOE", "/posts.csv?office=EOE",
                "/reports/positions.csv?office=EOE", "/reports/positions?office=EOE",
            )
        ]  # fmt: skip
    assert [page.status_code for page in pages] == [200] * 6
    for page in pages:
        assert ST in page.text
        assert "RX2" not in page.text
        assert "/why?" not in page.text, "a page that they may not open"
        assert "/search" not in page.text


async def test_no_number_is_of_other_trusts(place: Path) -> None:
    async with desk(place, account=TRUST).signed_in() as browser:
        without_office = text(await browser.get("/positions"))
        home = text(await browser.get("/"))
    assert "0 positions" in without_office, "the first office, not the counts of all"
    assert "Your account is limited to these trusts: RX1." in home


@pytest.mark.parametrize(
    ("query", "status"),
    [("positions.csv?office=EOE&trust=RX2", 400), ("positions?trust=RX2", 400), ("updates", 403)],
)
async def test_reports_of_other_trusts_are_refused(place: Path, query: str, status: int) -> None:
    async with desk(place, account=TRUST).signed_in() as browser:
        assert (await browser.get(f"/reports/{query}")).status_code == status


async def test_a_report_is_in_the_form_for_a_trust_whatever_is_asked(place: Path) -> None:
    async with desk(place, account=TRUST).signed_in() as browser:
        file = await browser.get(f"/reports/{ReportKind.INVALID.value}.csv?office=EOE")
    assert file.text.splitlines()[1] == "For trust RX1"


async def test_every_other_page_is_refused(place: Path) -> None:
    others = [one for one in PAGES if not one.of_trusts and "GET" in one.methods]
    async with desk(place, account=TRUST).signed_in() as browser:
        for one in others:
            assert (await browser.get(re.sub(r"\{.*?\}", "1", one.path))).status_code == 403, one.path
    assert len(others) > 10


def test_a_person_of_a_trust_only_looks() -> None:
    assert [role for role in Role if TRUST.may(role)] == [Role.VIEWER]


def test_trusts_come_from_a_claim() -> None:
    mapping, roles = (
        ClaimMapping(trusts="trusts"),
        {"realm_access": {"roles": ["tis-esr-viewer"]}, "sub": "ann"},
    )
    assert mapping.account({**roles, "trusts": ["rx1", "RGT00 "]}).trusts == frozenset({"RX1", "RGT00"})
    assert mapping.account({**roles, "trusts": "*"}).trusts is None
    assert ClaimMapping().account(roles).trusts is None
    with pytest.raises(NoRoleError, match="no trust here"):
        mapping.account(roles)
