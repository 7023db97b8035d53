"""Positions and posts on pages: by office, state, trust, specialty and grade; as CSV that no spreadsheet calculates."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from tests.operations.positions.test_position_lists import ST, Tis, position
from tests.web.console.browsing import desk, text, title

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.work import Work
from tis_esr.operations.access.accounts import Account, Role
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.services.reconciliation.position_reconciliation import POSITIONS, Position
from tis_esr.wall_clock import today
from tis_esr.web.console.pages import posts_in_tis

FORMULA = "=cmd|' /C calc'!A0"
OFFICE = Account(name="testa.office", roles=frozenset({Role.VIEWER}), offices=frozenset({"LDN"}))


async def stored(place: Path, *some: Position) -> Path:
    with closing(EmbeddedEngine(place, ALL_COLLECTIONS)) as engine:
        work = Work(engine, {}, today=today(), now=datetime.now(UTC))
        for one in some:
            await work.get(POSITIONS, [str(one.position_id)])
            work.put(POSITIONS, one)
        await work.commit()
    return place


@pytest.fixture
async def place(tmp_path: Path) -> Path:
    many = [position(n, f"EOE/RX5/900/STR/{n:04}", status="MATCHED", post_id=n) for n in range(100, 160)]
    return await stored(
        tmp_path / "positions.sqlite",
        position(1, status="MATCHED", post_id=7),
        position(2, status="MATCHED", post_id=7),
        position(3, FORMULA, status="UNMATCHED"),
        position(4, "EOE/RX2/021/FY1/0002", status="MATCHED", deleted=True),
        position(8, "LDN/RX9/800/STR/0001", "LDN", status="UNMATCHED"),
        *many,
    )


def with_tis(monkeypatch: pytest.MonkeyPatch, tis: Any) -> None:
    @asynccontextmanager
    async def opened(*_: object) -> AsyncIterator[Any]:
        yield tis

    monkeypatch.setattr(posts_in_tis, "tcs_for_operation", opened)


async def test_offices_are_counted_and_each_leads_to_its_positions(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        page = await browser.get("/positions")
        csv = (await browser.get("/positions.csv")).text.splitlines()
    assert "65 positions" in text(page)
    assert "EOE 64 62 1 0 1" in text(page)
    assert 'href="/positions?office=EOE"' in page.text
    assert csv[1] == "EOE,64,62,1,0,1"


async def test_positions_of_an_office_are_filtered_and_each_filter_can_be_removed(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        shared = await browser.get("/positions?office=EOE&state=shared")
        trust = await browser.get("/positions?office=EOE&trust=RX2")
        none = await browser.get("/positions?office=EOE&trust=RX2&state=matched")
    assert title(shared) == "Positions of EOE – TIS-ESR"
    assert "2 positions: 2 matched; 2 shared" in text(shared)
    assert "1 position: 1 deleted" in text(trust)
    assert 'href="/positions?office=EOE"' in trust.text
    assert "No position matches these filters" in text(none)


async def test_a_long_list_has_pages_and_the_csv_has_all_without_formulas(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        page = await browser.get("/positions?office=EOE&sort=id")
        csv = (await browser.get("/positions.csv?office=EOE&sort=id")).text.splitlines()
    assert page.text.count("<tr>") == 51
    assert "after=" in page.text
    assert len(csv) == 65
    assert csv[3].startswith(f"'{FORMULA},1003,3,Unmatched")
    assert len(page.content) < 100_000


async def test_an_account_of_one_office_sees_only_its_positions_and_posts(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tis = Tis(ST, "LDN/RX9/800/STR/0001")
    with_tis(monkeypatch, tis)
    async with desk(place, account=OFFICE).signed_in() as browser:
        own = await browser.get("/positions")
        foreign = [
            await browser.get(path)
            for path in (
                "/positions?office=EOE",
                "/positions.csv?office=EOE",
                "/posts?office=EOE",
                "/posts.csv?office=EOE",
            )
        ]
        in_tis = text(await browser.get("/posts"))
    assert title(own) == "Positions of LDN – TIS-ESR"
    assert "1 position: 1 unmatched" in text(own)
    assert [answer.status_code for answer in foreign] == [400] * 4
    assert tis.asked == ["LDN/"]
    assert "LDN/RX9/800/STR/0001 With position" in in_tis
    assert ST not in in_tis


async def test_posts_with_and_without_positions_are_listed_and_exported(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_tis(monkeypatch, Tis(ST, "EOE/RX2/021/FY1/0002", "EOE/RX7/100/STR/0009"))
    async with desk(place).signed_in() as browser:
        page = await browser.get("/posts?office=EOE")
        without = text(await browser.get("/posts?office=EOE&state=without"))
        csv = (await browser.get("/posts.csv?office=EOE&trust=RX1")).text.splitlines()
    assert "3 posts: 1 with position, 1 without position, 1 only deleted positions" in text(page)
    assert "EOE/RX7/100/STR/0009 Without position RX7" in without
    assert csv[1] == f"{ST},with position,RX1,,800,STR,1001; 1002,"


async def test_posts_with_one_number_are_all_listed_also_at_the_end_of_a_page(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_tis(monkeypatch, Tis(*(f"EOE/RX7/100/STR/{n:04}" for n in range(49)), *["EOE/RX7/100/STR/0050"] * 3))
    async with desk(place).signed_in() as browser:
        first = await browser.get("/posts?office=EOE")
        [behind] = [unescape(href) for href in re.findall(r'href="([^"]*after=[^"]*)"', first.text)]
        rest = await browser.get(behind)
    assert [page.text.count('"/why?word=EOE%2FRX7%2F100%2FSTR%2F0050"') for page in (first, rest)] == [1, 2]


async def test_without_tis_the_page_says_why_and_asks_again_next_time(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(place).signed_in() as browser:
        unset = await browser.get("/posts?office=EOE")
    async with desk(place, tcs_url="http://127.0.0.1:9/tcs").signed_in() as browser:
        with_tis(monkeypatch, Tis(away=True))
        away = await browser.get("/posts?office=EOE")
        with_tis(monkeypatch, Tis(ST))
        again = await browser.get("/posts?office=EOE")
    assert (unset.status_code, title(unset)) == (503, "Posts not available – TIS-ESR")
    assert "the address of TCS is not set" in text(unset)
    assert "Waiting does not help: set TIS_ESR_TCS_URL, then start the console again." in text(unset)
    assert "no connection" in text(away)
    assert "1 post: 1 with position" in text(again)


@pytest.mark.parametrize(
    "query",
    [
        "office=ABC",
        "office=EOE&state=x",
        "office=EOE&trust=RX999",
        "office=EOE&grade=%00",
        "office=EOE&sort=x",
    ],
)
async def test_nonsense_in_an_address_says_what_there_is(place: Path, query: str) -> None:
    async with desk(place).signed_in() as browser:
        assert (await browser.get(f"/positions?{query}")).status_code == 400


async def test_before_the_first_file_there_is_nothing(tmp_path: Path) -> None:
    empty = tmp_path / "empty.sqlite"
    EmbeddedEngine(empty, ALL_COLLECTIONS).close()
    async with desk(empty).signed_in() as browser:
        assert "ESR has sent no position yet" in text(await browser.get("/positions"))
        assert "ESR has sent no position for this office yet" in text(
            await browser.get("/positions?office=KSS")
        )
