"""Sentences of pages are whole, and name pages where operations name commands."""

import re
from pathlib import Path

import pytest
from tests.web.console.browsing import desk, text

from tis_esr.operations.access.accounts import Account, Role
from tis_esr.web.console.page_links import LINKED, NAMED, on_pages
from tis_esr.web.console.pages import PAGES

FILE = "DE_EMD_RMF_20261124_00004001.DAT"


def everything(_path: str) -> bool:
    return True


def nothing(_path: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("command", "written"),
    [
        (f"ask ESR: tis-esr files {FILE}", f'ask ESR: <a href="/files/{FILE}">the file&#39;s page</a>'),
        (
            f"tis-esr parked list --file {FILE}",
            f'<a href="/parked/messages?file={FILE}">The parked messages of the file</a>',
        ),
        ("`tis-esr files` names the file.", '<a href="/findings">Findings</a> names the file.'),
        (
            "`tis-esr files NAME --settle TEXT` closes the finding.",
            "<code>tis-esr files NAME --settle TEXT</code> closes the finding.",
        ),
        ("`tis-esr doctor` calls <TCS>", '<a href="/doctor">Doctor</a> calls &lt;TCS&gt;'),
        (
            "check that tis-esr run is up (tis-esr doctor), then: tis-esr export applicants --deanery EMD",
            'check that tis-esr run is up (<a href="/doctor">Doctor</a>), then: <a href="/exports/EMD/APP">the export of APP</a>',
        ),
    ],
)
def test_a_command_is_a_link_where_a_page_does_the_same(command: str, written: str) -> None:
    assert str(on_pages(command, everything)) == written


def test_a_page_that_the_reader_may_not_open_is_named_without_a_link() -> None:
    assert str(on_pages("see (tis-esr doctor)", nothing)) == "see (Doctor)"


def test_every_linked_page_is_in_the_table_of_pages() -> None:
    assert {one.page for one in LINKED} <= {one.path for one in PAGES}


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("/parked?age=nonsense", "The address has an unknown value for 'Age'."),
        ("/?office=XXX", "The address has an unknown value for 'Office'."),
        ("/promise?weeks=-1", "The address has an unknown value for 'Starts within'."),
        ("/deadlines?days=999", "The address has no valid number of days."),
    ],
)
async def test_what_an_address_can_not_ask_for_is_a_whole_sentence(
    address: str, said: str, state: Path
) -> None:
    async with desk(state).signed_in() as browser:
        answer = await browser.get(address)
    assert answer.status_code == 400
    assert said in text(answer)


async def test_what_deadlines_leave_out_is_a_whole_sentence(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        said = text(await browser.get("/deadlines"))
    assert "Not counted: placements without an applicant record: not approved" in said


@pytest.mark.parametrize(
    "address", ["/", "/board/EMD", f"/why?word=file:{FILE}", f"/files/{FILE}", "/findings"]
)
async def test_pages_that_people_read_name_no_setting_and_no_command_that_has_a_page(
    address: str, state: Path
) -> None:
    async with desk(state).signed_in() as browser:
        said = text(await browser.get(address))
    assert not re.search(r"TIS_ESR_[A-Z]+_CRON|tis-esr (?:doctor|parked|board)\b", said)
    assert "tis-esr report rejections" not in said
    assert "in tis" not in said


async def test_why_of_a_file_leads_to_its_page(state: Path) -> None:
    account = Account(name="testa.office", roles=frozenset({Role.VIEWER}), offices=frozenset({"EMD"}))
    async with desk(state, account=account).signed_in() as browser:
        page = await browser.get(f"/why?word=file:{FILE}")
    assert f'href="/files/{FILE}"' in page.text
    assert "give its path instead of its name" not in page.text


@pytest.mark.parametrize(
    ("address", "leads_to"),
    [
        ("/batches/none", "/batches"),
        ("/alarms/none", "/alarms"),
        ("/reports/none", "/reports"),
        ("/processes/none", "/processes"),
        ("/exports/EMD/XXX", "/exports"),
        ("/parked/causes/none", "/parked/messages"),
        ("/audit/entries/999999", "/audit"),
        ("/board/XXX", "/"),
    ],
)
async def test_a_page_that_an_error_names_is_a_link(address: str, leads_to: str, state: Path) -> None:
    async with desk(state).signed_in() as browser:
        page = await browser.get(address)
    main = page.text.partition('id="maincontent">')[2].partition("</main>")[0]
    assert page.status_code == 404
    assert f'<a href="{leads_to}">' in main.replace("Go to the start page", "")


def test_every_page_that_an_advice_can_name_is_in_the_table_of_pages() -> None:
    assert set(NAMED.values()) <= {one.path for one in PAGES}


async def test_a_spreadsheet_says_what_the_page_says(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        people = (await browser.get("/people.csv?days=30")).text
        promise = (await browser.get("/promise.csv")).text
        months = await browser.get("/promise/months.csv")
        page = await browser.get("/promise")
    assert re.search(r"DE_EMD_RMF_20261124_00004001\.DAT, row [1-9]", people)
    assert not re.search(r"\.DAT:0", people)
    shares = [line.rsplit(",", 1)[1] for line in promise.splitlines()[1:]]
    assert [one for one in shares if not re.fullmatch(r"|\d+\.\d% of [\d]+", one)] == []
    assert months.text.startswith("\ufeffMonth of start,Trainees,")
    assert re.search(r"^20\d\d-\d\d,", months.text, re.MULTILINE)
    assert "/promise/months.csv" in page.text


async def test_those_held_back_in_the_forecast_lead_to_who_they_are(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        page = await browser.get("/forecast")
        office = re.findall(r'<a href="(/exports/[A-Z]{3}/APP)">', page.text)[0]
        held = text(await browser.get(office))
    assert "Held, and why" in held
    assert "Nothing is held" not in held


async def test_parked_groups_by_cause_name_each_cause_once_and_lead_to_its_runbook(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        said = text(await browser.get("/parked"))
        by_office = text(await browser.get("/parked?by=office"))
    rows = said.partition("What to do")[2]
    assert rows.count("A row from ESR cannot be read") == 2  # the name, and that of its runbook's link
    assert "Runbook : A row from ESR cannot be read" in rows
    assert "Causes" in by_office


async def test_rows_that_were_not_used_are_called_so_on_the_board(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        board = text(await browser.get("/?day=2026-11-24"))
        office = text(await browser.get("/board/EMD?day=2026-11-24"))
    for said in (board, office):
        assert "4 rows not used" in said
        assert not re.search(r"\d refused", said)
