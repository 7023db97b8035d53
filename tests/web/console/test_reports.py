"""Reports on pages: by office and codes, as CSV without formulas and without personal data, also for a trust."""

import csv
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.operations.positions.test_position_lists import ST, Tis, position
from tests.web.console.browsing import desk, text, title
from tests.web.console.test_positions import FORMULA, stored

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.operations.access.accounts import Account, Role
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.operations.reports import at_once
from tis_esr.operations.reports.kinds import ReportKind

OFFICE = Account(name="testa.office", roles=frozenset({Role.VIEWER}), offices=frozenset({"LDN"}))


@pytest.fixture
async def place(tmp_path: Path) -> Path:
    return await stored(
        tmp_path / "reports.sqlite",
        position(1, status="MATCHED", post_id=7),
        position(2, "EOE/RX2/021/FY1/0002", status="UNMATCHED"),
        position(3, FORMULA, status="UNMATCHED"),
        position(8, "LDN/RX9/800/STR/0001", "LDN", status="UNMATCHED"),
    )


def rows(answer: httpx2.Response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))


async def test_a_report_has_sums_and_first_rows_and_all_rows_as_csv(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        listed = await browser.get("/reports")
        page = await browser.get("/reports/positions?office=EOE")
        file = await browser.get("/reports/positions.csv?office=EOE&trust=rx2")
    assert all(f'href="/reports/{kind.value}"' in listed.text for kind in ReportKind)
    assert "3 rows: 2 unmatched, 1 matched" in text(page) or "3 rows: 1 matched, 2 unmatched" in text(page)
    assert "Trust RX1 1 1 matched" in text(page)
    assert file.headers["content-disposition"] == 'attachment; filename="positions-EOE-rx2.csv"'
    heads, row = rows(file)
    assert (heads[1], row[1], row[3]) == ("position_id", "2", "EOE/RX2/021/FY1/0002")


async def test_no_cell_is_taken_for_a_formula(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        file = await browser.get("/reports/positions.csv?office=EOE")
    assert f"'{FORMULA}" in [row[3] for row in rows(file)]


async def test_a_report_for_a_trust_begins_with_what_it_is_and_needs_a_trust(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        file = await browser.get("/reports/positions.csv?office=EOE&trust=RX1&for_trust=yes")
        refused = await browser.get("/reports/positions?office=EOE&for_trust=yes")
    found = rows(file)
    assert found[0] == ["Positions in ESR, and their posts in TIS"]
    assert found[1] == ["For trust RX1"]
    assert (refused.status_code, title(refused)) == (400, "Report not possible – TIS-ESR")


async def test_an_account_of_one_office_gets_only_its_own(place: Path) -> None:
    async with desk(place, account=OFFICE).signed_in() as browser:
        own = await browser.get("/reports/positions.csv")
        foreign = [
            await browser.get(f"/reports/{kind.value}{end}?office=EOE")
            for kind in ReportKind
            for end in ("", ".csv")
        ]
    assert [row[0] for row in rows(own)[1:]] == ["LDN"]
    assert {answer.status_code for answer in foreign} == {400}


async def test_the_posts_of_tis_are_asked_for_only_by_the_download(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tis = Tis(ST, "EOE/RX7/100/STR/0009")

    @asynccontextmanager
    async def opened(*_: object) -> AsyncIterator[Any]:
        yield tis

    monkeypatch.setattr(at_once, "tcs_for_operation", opened)
    async with desk(place).signed_in() as browser:
        page = await browser.get("/reports/posts?office=EOE")
        assert tis.asked == []
        file = await browser.get("/reports/posts.csv?office=EOE&without=yes")
        tis.away = True
        away = await browser.get("/reports/posts.csv?office=EOE")
    assert "TIS is asked for these posts" in text(page)
    assert [row[0] for row in rows(file)[1:]] == ["EOE/RX7/100/STR/0009"]
    assert (away.status_code, title(away)) == (503, "Report not available – TIS-ESR")


async def test_without_the_address_of_tcs_the_posts_are_refused_with_what_to_set(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        answer = await browser.get("/reports/posts.csv?office=EOE")
    assert (answer.status_code, "TIS_ESR_TCS_URL" in text(answer)) == (400, True)
    assert "Waiting does not help: set TIS_ESR_TCS_URL, then start the console again." in text(answer)
    assert "Change the filters" not in text(answer)


@pytest.mark.parametrize("kind", [kind for kind in ReportKind if kind is not ReportKind.POSTS])
async def test_an_empty_report_says_so(tmp_path: Path, kind: ReportKind) -> None:
    empty = tmp_path / "empty.sqlite"
    EmbeddedEngine(empty, ALL_COLLECTIONS).close()
    async with desk(empty).signed_in() as browser:
        page = await browser.get(f"/reports/{kind.value}")
        file = await browser.get(f"/reports/{kind.value}.csv")
    assert "No row matches these filters" in text(page)
    assert file.status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/reports/nothing", 404),
        ("/reports/positions?office=ABC", 400),
        ("/reports/positions?trust=%00", 400),
        ("/reports/forecast?weeks=99", 400),
        ("/reports/updates?trust=RX1", 400),
    ],
)
async def test_nonsense_in_an_address_says_what_there_is(place: Path, path: str, status: int) -> None:
    async with desk(place).signed_in() as browser:
        assert (await browser.get(path)).status_code == status
