"""People updates on pages: applied, refused and why; never a value or a number, in pages, addresses, titles and CSV."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.web.console.browsing import desk, logged, text, title

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.work import Work
from tis_esr.operations.access.accounts import Account, Role
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.services.inbound_data_writer.person_journal import JOURNAL, JournalEntry, Outcome
from tis_esr.wall_clock import today

EOE = f"DE_EOE_RMC_{today():%Y%m%d}_00000101.DAT"
LDN = f"DE_LDN_RMC_{today():%Y%m%d}_00000102.DAT"
OFFICE = Account(name="testa.office", roles=frozenset({Role.VIEWER}), offices=frozenset({"LDN"}))
PERSONAL = ("7200001", "example.invalid", "Specimen")


def entry(file: str, row: int, field: str, state: Outcome = Outcome.APPLIED, **more: Any) -> JournalEntry:
    values: dict[str, Any] = {"old": "old@example.invalid", "new": "new@example.invalid", **more}
    return JournalEntry(
        correlation_id=f"{file}:{row}", row=row + 1, person_id=1, gmc_number="7200001", section="contact",
        field=field, state=state, **values,
    )  # fmt: skip


@pytest.fixture
async def place(tmp_path: Path) -> Path:
    place = tmp_path / "people.sqlite"
    refused = {
        "new": None,
        "code": "NOT_AN_EMAIL_ADDRESS",
        "reason": "Specimen is not one",
        "column": "Email",
    }
    some = [
        entry(EOE, 2, "email"),
        entry(EOE, 2, "personalEmail", Outcome.REFUSED, **refused),
        entry(LDN, 5, "mobile"),
    ]
    with closing(EmbeddedEngine(place, ALL_COLLECTIONS)) as engine:
        work = Work(engine, {}, today=today(), now=datetime.now(UTC))
        for one in some:
            await work.get(JOURNAL, [one.key])
            work.put(JOURNAL, one)
        await work.commit()
    return place


async def test_updates_are_listed_with_the_refused_ones_by_reason(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        page = await browser.get("/people")
        refused = text(await browser.get("/people?state=refused&reason=not_an_email_address"))
        csv = (await browser.get("/people.csv?office=EOE&state=applied")).text.splitlines()
    said = text(page)
    assert "3 updates: 2 applied, 1 refused" in said
    assert "not a valid e-mail address 1 1 the trust, in ESR correct the value in ESR" in said
    assert "1 update: 1 refused" in refused
    assert csv[1] == f'{today()},"{EOE}, row 3",contact,email,,Applied,replaced,,'
    assert len(csv) == 2


async def test_one_person_is_found_by_a_row_and_by_no_number(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        with logged() as lines:
            page = await browser.get(f"/people/{EOE}?row=2")
            everything = [page, await browser.get("/people"), await browser.get("/people.csv")]
    assert title(page) == "Updates of one person – TIS-ESR"
    assert "3 updates of the person in" in text(page)
    for personal in PERSONAL:
        assert all(personal not in answer.text for answer in everything)
        assert personal not in str(lines)


async def test_an_account_of_one_office_sees_only_its_own(place: Path) -> None:
    async with desk(place, account=OFFICE).signed_in() as browser:
        said = text(await browser.get("/people"))
        person = text(await browser.get(f"/people/{LDN}?row=5"))
        elsewhere = await browser.get(f"/people/{EOE}?row=2")
        foreign = await browser.get("/people?office=EOE")
    assert "1 update: 1 applied" in said
    assert "EOE" not in said + person
    assert "mobile" in person
    assert (elsewhere.status_code, foreign.status_code) == (404, 400)


@pytest.mark.parametrize(
    "path", ["/people?days=8", "/people?state=x", "/people?reason=x", f"/people/{EOE}?row=x"]
)
async def test_nonsense_in_an_address_says_what_there_is(place: Path, path: str) -> None:
    async with desk(place).signed_in() as browser:
        assert (await browser.get(path)).status_code == 400


@pytest.mark.parametrize("path", [f"/people/{EOE}?row=77", "/people/7200001", "/people/%00?row=1"])
async def test_a_row_without_updates_is_not_found(place: Path, path: str) -> None:
    async with desk(place).signed_in() as browser:
        answer = await browser.get(path)
    assert (answer.status_code, title(answer)) == (404, "No such row – TIS-ESR")


async def test_without_updates_the_page_says_so(tmp_path: Path) -> None:
    empty = tmp_path / "empty.sqlite"
    EmbeddedEngine(empty, ALL_COLLECTIONS).close()
    async with desk(empty).signed_in() as browser:
        assert "No file of this period has updated anybody" in text(await browser.get("/people"))
        assert "No update matches these filters" in text(await browser.get("/people?state=refused"))
