"""The start page: the board with states in words, what needs somebody, the promise, and what waits for whom."""

import re
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import httpx2
import pytest
from tests.operations.applicant_records import record
from tests.web.console.browsing import desk, text, title
from tests.web.console.test_promise_pages import stored

from tis_esr import wall_clock
from tis_esr.operations.access.accounts import Account, Role
from tis_esr.wall_clock import today

DEMO_ENDS = datetime(2026, 11, 26, 15, tzinfo=UTC)
EMD = Account(name="testa.office", roles=frozenset({Role.VIEWER}), offices=frozenset({"EMD"}))


def part(answer: httpx2.Response, heading: str) -> str:
    """Return what a page says under a heading."""
    section = answer.text.partition(f">{heading}</h2>")[2].partition("<h2")[0]
    return unescape(" ".join(re.sub(r"<[^>]*>", " ", section).split()))


async def test_the_board_says_each_files_state_in_words_with_its_time_and_a_link(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        page = await browser.get("/?day=2026-11-24")
    board = part(page, "Board")
    assert title(page) == "Today – TIS-ESR"
    assert "Tuesday 24 Nov 2026" in text(page)
    assert "Office RMC APP DNC RTC APC DCC" in board or "Office RMC APP DNC" in board
    assert "EMD Complete, with faults" in board
    assert "Confirmed" in board
    assert 'href="/files/DE_EMD_RMF_20261124_00004001.DAT"' in page.text
    assert 'href="/board/EMD?day=2026-11-24"' in page.text


async def test_what_waits_says_for_whom_and_leads_to_it(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        page = await browser.get("/")
    waits = part(page, "What waits for whom")
    assert "Files from ESR: incomplete 2 24 Nov 2026 Support Its rows are applied; ask ESR" in waits
    assert re.search(r"Parked: \w[^.]+ \d+ ", waits)
    assert '<a href="/findings">Files from ESR: incomplete</a>' in page.text


async def test_open_work_is_a_line_each_with_its_number_and_a_list_of_its_single_things(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall_clock, "now", lambda: DEMO_ENDS)
    async with desk(state).signed_in() as browser:
        page = await browser.get("/")
        waits = part(page, "What waits for whom")
        addresses = dict(re.findall(r'<td><a href="([^"]+)">([^<]+)</a></td>', unescape(page.text)))
        lists = {what: text(await browser.get(where)) for where, what in addresses.items()}
    assert "Applicants held: data missing or not valid 10 The local office, in TIS, or the trust" in waits
    assert "Applicants rejected by ESR 6 The trust, in ESR" in waits
    assert "Notifications rejected by ESR 14 The trust, in ESR" in waits
    assert "Person updates refused in the last 7 days 16 The trust, in ESR" in waits
    assert "DE_EMD_APP_20261125" in lists["Applicants held: data missing or not valid"]
    assert "DE_EMD_APP_20261124_00000001.DAT" in lists["Applicants rejected by ESR"]
    assert "_DNC_" in lists["Notifications rejected by ESR"]
    assert "16 updates: 16 refused" in lists["Person updates refused in the last 7 days"]


async def test_one_office_sees_its_own_open_work_and_links_to_its_lists(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall_clock, "now", lambda: DEMO_ENDS)
    async with desk(state, account=EMD).signed_in() as browser:
        page = await browser.get("/?office=EMD")
        numbers = re.findall(r"Applicants rejected by ESR (\d+)", part(page, "What waits for whom"))
        rejected = text(await browser.get("/exports/files?days=90&type=APP&confirmation=with_rejected_rows"))
    assert numbers
    assert int(numbers[0]) < 6
    assert "&amp;office=EMD" in page.text
    assert "_KSS_" not in rejected


async def test_who_left_the_window_leads_to_the_deadlines_which_the_menu_has(tmp_path: Path) -> None:
    known = today() - timedelta(days=40)
    one = record(7001, today() + timedelta(days=1), deanery="EOE", known_since=known, sound_since=known)
    place = await stored(tmp_path / "left.sqlite", [one])
    async with desk(place).signed_in() as browser:
        page = await browser.get("/")
    [to_do] = [line for line in re.findall(r"<li>(.*?)</li>", page.text) if "left the window unsent" in line]
    assert '<a href="/deadlines">Deadlines</a>' in to_do
    assert 'nhsuk-header__navigation-link" href="/deadlines"' in page.text


async def test_the_promise_is_a_figure_with_what_is_due(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        said = part(await browser.get("/"), "The promise")
    assert "with a start within 20 weeks" in said
    assert "The promise in full" in said


async def test_one_office_is_chosen_in_the_address_and_the_day_too(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        page = await browser.get("/?office=EMD&day=2026-11-24")
    assert 'href="/board/EMD?day=2026-11-24"' in page.text
    assert 'href="/board/EOE' not in page.text
    assert 'href="/?office=EMD"' in page.text
    assert 'href="/?office=EMD&amp;day=2026-11-23"' in page.text
    assert 'href="/promise?office=EMD"' in page.text


@pytest.mark.parametrize("day", ["2026-13-01", "soon", "20261124", "%00", "2026-11-24T00:00"])
async def test_what_is_no_day_says_what_a_day_is(day: str, state: Path) -> None:
    async with desk(state).signed_in() as browser:
        answer = await browser.get(f"/?day={day}")
    assert (answer.status_code, "It can be: a day such as 2026-11-24" in text(answer)) == (400, True)


async def test_a_day_that_cannot_be_shown_says_why(state: Path) -> None:
    future = today() + timedelta(days=400)
    async with desk(state).signed_in() as browser:
        answers = [
            await browser.get(f"/?day={day}") for day in ("2019-11-24", "0001-01-01", future, "9999-12-31")
        ]
    assert [answer.status_code for answer in answers] == [400] * 4
    assert "the oldest day in the ledger" in text(answers[0])
    assert "is in the future" in text(answers[2])


async def test_an_account_of_one_office_sees_that_office_and_no_alarms(state: Path) -> None:
    async with desk(state, account=EMD).signed_in() as browser:
        page = await browser.get("/")
        other = await browser.get("/?office=EOE")
    assert 'href="/board/EMD' in page.text
    assert "EOE" not in text(page)
    assert "Alarms" not in text(page)
    assert "Your account includes these offices: EMD" in text(page)
    assert other.status_code == 400


async def test_an_account_of_two_offices_sees_both(state: Path) -> None:
    two = Account(name="testa.two", roles=frozenset({Role.VIEWER}), offices=frozenset({"EMD", "WES"}))
    async with desk(state, account=two).signed_in() as browser:
        page = await browser.get("/")
    assert set(re.findall(r"/board/([A-Z]{3})\?", page.text)) == {"EMD", "WES"}


async def test_without_any_file_the_page_says_so(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wall_clock, "now", lambda: datetime(2026, 11, 26, 9, tzinfo=UTC))
    empty = tmp_path / "empty.sqlite"
    shutil.copyfile(state, empty)
    with sqlite3.connect(empty) as store:
        for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            if not name.startswith("sqlite_"):
                store.execute(f'DELETE FROM "{name}"')
    async with desk(empty).signed_in() as browser:
        page = await browser.get("/")
    assert page.status_code == 200
    assert "No file is late, missing, held, rejected or unanswered" in text(page)
    assert "Nothing waits for anybody." in text(page)
    assert "Alarms have not been judged within a day" in text(page)


async def test_it_refreshes_by_a_script_of_its_own_or_by_a_link(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        page = await browser.get("/")
        script = re.findall(r'src="([^"]+refresh\.js)"', page.text)[0]
        answer = await browser.get(script)
    assert answer.headers["content-type"].startswith("text/javascript")
    assert 'data-live="60"' in page.text
    assert '<a href="/">Refresh</a>' in page.text
    assert "http-equiv" not in page.text


async def test_an_open_window_that_refreshes_keeps_nobody_signed_in(state: Path) -> None:
    console = desk(state)
    async with console.signed_in() as browser:
        for _ in range(4):
            console.clock.passes(minutes=4)
            answer = await browser.get("/accessibility", headers={"X-Refresh": "1"})
        assert answer.status_code == 303
    async with console.browser() as browser:
        assert (await browser.get("/")).headers["location"].startswith("/sign-in")
