"""What the pages show of the demo's days, and what they answer to searches, filters and nonsense."""

import asyncio
import csv
import io
import re
import shutil
import sqlite3
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from tests.operations.applicant_records import record
from tests.web.console.browsing import desk, form_token, logged, text, title

from tis_esr.engine.embedded.engine import EmbeddedEngine
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.work import Work
from tis_esr.operations.access.accounts import Account, Role
from tis_esr.operations.all_collections import ALL_COLLECTIONS
from tis_esr.records.file_names import DEANERIES
from tis_esr.services.data_exporter.outbound import APPLICANTS
from tis_esr.wall_clock import today

RMF = "DE_EMD_RMF_20261124_00004001.DAT"


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("1900002", "/why?word=1900002"),
        (" 1900002 ", "/why?word=1900002"),
        ("EMD/RX64/200/STR/100001", "/why?word=EMD%2FRX64%2F200%2FSTR%2F100001"),
        (RMF, f"/files/{RMF}"),
        (RMF.lower(), f"/files/{RMF}"),
        (f"{RMF}:12", f"/files/{RMF}?row=12"),
        (f"{RMF} row 12", f"/files/{RMF}?row=12"),
        (f"{RMF} 12", f"/files/{RMF}?row=12"),
    ],
)
async def test_one_box_leads_to_what_was_typed(typed: str, address: str, state: Path) -> None:
    async with desk(state).signed_in() as browser:
        token = form_token(await browser.get("/"))
        answer = await browser.post("/search", data={"word": typed, "form_token": token})
        assert (answer.status_code, answer.headers["location"]) == (303, address)
        assert (await browser.get(address)).status_code == 200


@pytest.mark.parametrize(
    "typed", ["no number of anything", "Testa Specimen", "01/02/1990", "01021990", "//attacker.example/"]
)
async def test_what_is_not_found_is_in_no_address_title_or_log(typed: str, state: Path) -> None:
    async with desk(state).signed_in() as browser:
        with logged() as lines:
            token = form_token(await browser.get("/"))
            answer = await browser.post("/search", data={"word": typed, "form_token": token})
            address = answer.headers["location"]
            page = await browser.get(address)
            by_hand = await browser.get("/search", params={"word": typed})
    assert (answer.status_code, page.status_code, by_hand.status_code) == (303, 200, 303)
    assert address.startswith("/search?sealed=")
    assert by_hand.headers["location"].startswith("/search?sealed=")
    assert title(page) == "Search – TIS-ESR"
    assert "Nothing here has exactly what was searched for." in text(page)
    assert not [word for word in typed.split() if len(word) > 3 and word in unquote_plus(address)]
    assert not [
        link for link in re.findall(r'(?:href|action)="([^"]*)"', page.text) if typed in unquote_plus(link)
    ]
    assert not [word for word in typed.split() if word in str(lines)]


@pytest.mark.parametrize("typed", ["", "  ", "1234567890123456", "x" * 61, "a\x00b", "1\r\nSet-Cookie: a=b"])
async def test_what_nothing_can_be_found_by_is_said_beside_the_field(typed: str, state: Path) -> None:
    async with desk(state).signed_in() as browser:
        token = form_token(await browser.get("/"))
        answer = await browser.post("/search", data={"word": typed, "form_token": token})
    assert answer.status_code == 400
    assert title(answer) == "Error: Why was it, or wasn't it, sent? – TIS-ESR"
    assert "There is a problem" in text(answer)


async def test_a_gmc_number_is_in_no_address_title_or_log(state: Path) -> None:
    with sqlite3.connect(state) as store:
        [[number]] = store.execute(
            'SELECT gmc_number FROM "dataexporter.applicants" WHERE gmc_number NOT NULL LIMIT 1'
        )
    console = desk(state)
    async with console.signed_in() as browser, console.signed_in() as other:
        with logged() as lines:
            token = form_token(await browser.get("/"))
            answer = await browser.post("/search", data={"word": number, "form_token": token})
            address = answer.headers["location"]
            page = await browser.get(address)
            typed_by_hand = await browser.get(f"/why?word={number}")
        assert address.startswith("/why?sealed=")
        assert number not in address
        assert number not in title(page)
        assert number not in str(lines)
        assert "Placement" in text(page)
        assert typed_by_hand.headers["location"].startswith("/why?sealed=")
        foreign = await other.get(address)
        assert (foreign.status_code, title(foreign)) == (404, "Search again – TIS-ESR")


async def test_a_search_that_finds_nothing_says_what_was_tried_and_offers_to_ask_tis(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        token = form_token(await browser.get("/"))
        answer = await browser.post("/search", data={"word": "7654321", "form_token": token})
        address = answer.headers["location"]
        page = await browser.get(address)
        by_hand = await browser.get("/search?word=7654321")
    assert address.startswith("/search?sealed=")
    assert by_hand.headers["location"].startswith("/search?sealed=")
    assert "Tried: placement id, position id, position number, post id, GMC number" in text(page)
    assert "7654321" not in page.text
    assert 'href="/why?sealed=' in page.text


async def test_people_of_some_offices_find_and_are_answered_about_theirs_alone(state: Path) -> None:
    emd, wes = (
        Account(name="o.ffice", roles=frozenset({Role.VIEWER}), offices=frozenset({code}))
        for code in ("EMD", "WES")
    )
    async with desk(state, account=emd).signed_in() as browser:
        assert "Placement 1900002" in text(await browser.get("/why?word=1900002"))
    async with desk(state, account=wes).signed_in() as browser:
        token = form_token(await browser.get("/"))
        other = await browser.get("/why?word=1900002", follow_redirects=True)
        unknown = await browser.get("/why?word=1900002999")
        found = await browser.post("/search", data={"word": RMF, "form_token": token})
        listed = await browser.get(found.headers["location"])
    assert (other.status_code, unknown.status_code) == (404, 404)
    assert text(other) == text(unknown)
    assert "Nothing here has exactly what was searched for." in text(listed)


async def test_the_answer_about_a_file_says_whether_it_is_safe_to_process_it_again(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        said = text(await browser.get(f"/why?word=file:{RMF}"))
    assert f"Processing {RMF} again is safe" in said


async def test_a_word_names_no_file_of_the_server_to_be_read(state: Path, tmp_path: Path) -> None:
    secret = tmp_path / RMF
    secret.write_text("PER,Testa Specimen\n")
    async with desk(state).signed_in() as browser:
        by_place = text(await browser.get("/why", params={"word": f"file:{secret}"}))
        by_name = text(await browser.get("/why", params={"word": f"file:{RMF}"}))
    assert by_place == by_name


async def test_the_messages_of_a_cause_are_shown_in_their_order(state: Path) -> None:
    with sqlite3.connect(state) as store:
        [[id_]] = store.execute("SELECT correlation_id FROM messages WHERE source_file = ? LIMIT 1", [RMF])
    async with desk(state).signed_in() as browser:
        shown = await browser.get(f"/messages/{id_}")
        unknown = await browser.get("/messages/none")
    assert "esr.queue." in text(shown)
    assert (unknown.status_code, title(unknown)) == (404, "No such messages – TIS-ESR")


async def test_an_outage_and_the_deadlines_are_answered(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        asked = text(await browser.get("/outage"))
        outage = text(await browser.get("/outage?from=2026-11-24T09:00&to=2026-11-24T17:30"))
        backwards = await browser.get("/outage?from=2026-11-24T17:30&to=2026-11-24T09:00")
        deadlines = text(await browser.get("/deadlines?days=7"))
    assert "The outage began (London time)" in asked
    assert "Delayed" in outage
    assert "Recover step by step" in outage
    assert backwards.status_code == 400
    assert "looking 7 days ahead" in deadlines


async def test_why_says_who_must_act_and_how_it_came_about(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        page = await browser.get("/why?word=1900002")
    said = text(page)
    assert "was sent to ESR on 24 Nov 2026 in DE_EMD_APP_20261124_" in said
    assert "Who must act: nobody" in said
    assert "TIS was not asked: the address of TCS is not set" in said
    assert said.index("Row (position and its post, POR): Applied") < said.index(
        "Exported in DE_EMD_APP_20261124_"
    )
    assert f'href="/files/{RMF}?row=' in page.text


async def test_searches_are_limited(state: Path) -> None:
    async with desk(state, searches=3).signed_in() as browser:
        answers = [await browser.get("/why?word=1900002") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]


async def test_files_are_listed_newest_first_with_their_rows(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        said = text(await browser.get("/files"))
    assert said.index("DE_EMD_RMC_20261126_") < said.index("DE_EMD_RMC_20261125_") < said.index(RMF)
    assert "DE_EMD_RMF_20261124_00004001.DAT EMD RMF 24 Nov 2026 Split, incomplete 260 216 4" in said


async def test_filters_narrow_the_list_and_each_can_be_removed(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        page = await browser.get("/files?office=EMD&type=RMF&days=30")
        assert text(page).count("DE_") == 1
        assert 'href="/files?office=EMD&amp;days=30"' in page.text
        assert 'href="/files?type=RMF&amp;days=30"' in page.text
        none = await browser.get("/files?type=APC&office=WES")
        assert "No file matches these filters." in text(none)


@pytest.mark.parametrize(
    "path",
    [
        "/files?office=ABC",
        "/files?type=%27OR+1=1",
        "/files?days=1e9",
        "/files?state=split",
        "/forecast?weeks=-1",
        "/forecast?by=year",
        f"/files/{RMF}?row=0",
        f"/files/{RMF}?row=1;2",
        f"/files/{RMF}?row=99999999999",
        f"/files/{RMF}?row=%C2%B2",
    ],
)
async def test_a_page_that_is_asked_for_nonsense_says_what_can_be_asked(path: str, state: Path) -> None:
    async with desk(state).signed_in() as browser:
        answer = await browser.get(path)
    assert (answer.status_code, title(answer)) == (400, "Bad request – TIS-ESR")
    assert "It can be:" in text(answer) or "It is a number from" in text(answer)


@pytest.mark.parametrize(
    "name", ["nothing", "DE_EMD_RMF_20200101_00000001.DAT", "..%2f..%2fetc%2fpasswd", "%00", "a" * 300]
)
async def test_an_unknown_file_is_not_found(name: str, state: Path) -> None:
    async with desk(state).signed_in() as browser:
        answer = await browser.get(f"/files/{name}")
    assert answer.status_code == 404
    assert "<h1" in answer.text


async def test_a_file_shows_each_row_and_the_row_that_was_searched_for(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        page = await browser.get(f"/files/{RMF}?row=60")
        assert "Rows 51 to 100 of 260" in text(page)
        assert "60 , the row searched for" in text(page)
        assert f'href="/files/{RMF}?row=101"' in page.text
        last = await browser.get(f"/files/{RMF}?row=251")
        assert "Rows 251 to 260 of 260" in text(last)
        beyond = await browser.get(f"/files/{RMF}?row=5000")
        assert "Nothing is known of row 5,000" in text(beyond)


async def test_our_own_file_names_its_confirmation(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        with sqlite3.connect(state) as store:
            names = [name for (name,) in store.execute('SELECT key FROM "dataexporter.files"')]
        sent = next(name for name in sorted(names) if "_APP_20261124_" in name)
        page = await browser.get(f"/files/{sent}", follow_redirects=True)
    assert page.url.path == f"/exports/files/{sent}"
    assert "ESR confirms it in DE_" in text(page)


async def test_findings_say_what_to_do(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        said = text(await browser.get("/findings"))
    assert f"{RMF} : incomplete: TRL counts 266 rows" in said
    assert "What to do: its rows are applied; ask ESR for the complete file" in said


async def test_a_store_with_nothing_in_it_has_pages_that_say_so(state: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.sqlite"
    shutil.copyfile(state, empty)
    with sqlite3.connect(empty) as store:
        tables = [name for (name,) in store.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in tables:
            if not name.startswith("sqlite_"):
                store.execute(f'DELETE FROM "{name}"')
    async with desk(empty).signed_in() as browser:
        assert "No file has arrived in this period." in text(await browser.get("/files"))
        assert "Nothing needs anybody." in text(await browser.get("/findings"))
        assert "No applicant is in the window" in text(await browser.get("/forecast"))
        assert (await browser.get("/why?word=1")).status_code == 200


async def test_how_far_deadlines_look_ahead_is_a_filter_that_others_keep(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        page = await browser.get("/deadlines?days=30&office=EMD")
    assert '<option value="30" selected>30 days</option>' in page.text
    assert "Remove the filter Looking ahead: 30 days" in text(page)


async def test_csv_has_what_is_shown(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        answer = await browser.get("/files.csv?office=EMD&type=RMF")
    assert answer.headers["content-disposition"] == 'attachment; filename="files.csv"'
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    heads, row = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert heads[:3] == ["File", "Office", "Type"]
    assert row[:6] == [RMF, "EMD", "RMF", "2026-11-24", "Split, incomplete", "260"]


async def test_the_forecast_adds_up(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        page = await browser.get("/forecast?weeks=13&by=day")
        table = await browser.get("/forecast.csv?weeks=13&by=day")
    rows = list(csv.DictReader(io.StringIO(table.text.removeprefix("\ufeff"))))
    total = sum(int(row["Applicants"]) for row in rows)
    assert f"{total} applicants in the window" in text(page)


async def test_doctor_says_what_is_wrong_and_settings_hide_secrets(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        said = text(await browser.get("/doctor"))
        assert "TIS_ESR_TCS_URL" in said
        assert "check" in said
        shown = text(await browser.get("/settings"))
        assert "TIS_ESR_ENGINE embedded set" in shown
        assert "TIS_ESR_KEEP_ROWS_DAYS 35 default" in shown


async def test_two_tabs_at_once_get_the_same_page(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        pages = await asyncio.gather(*(browser.get("/files") for _ in range(20)))
    assert {page.status_code for page in pages} == {200}
    assert len({text(page) for page in pages}) == 1


async def test_a_long_forecast_is_cut_and_says_where_the_rest_is(tmp_path: Path) -> None:
    place = tmp_path / "many.sqlite"
    engine = EmbeddedEngine(place, ALL_COLLECTIONS)
    work = Work(engine, {}, today=today(), now=datetime.now(UTC))
    days = [(day, deanery) for day in range(50) for deanery in DEANERIES]
    for number, (day, deanery) in enumerate(days):
        start = today() + timedelta(days=92 + day)
        work.put(APPLICANTS, record(number, start, deanery, position_id=number))
    await work.commit()
    engine.close()
    async with desk(place).signed_in() as browser:
        page = await browser.get("/forecast?weeks=8&by=day")
        table = await browser.get("/forecast.csv?weeks=8&by=day")
    assert "650 applicants in the window" in text(page)
    assert "and 300 more lines" in text(page)
    assert len(page.content) < 100_000
    assert len(table.text.splitlines()) == 651


@pytest.mark.parametrize("end", ["", "/", "//", "/.", "\\", "/ "])
@pytest.mark.parametrize("before", ["", "file:", "row:"])
async def test_no_address_has_a_file_of_the_server_read(
    state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str, end: str
) -> None:
    of_file, read = import_module("tis_esr.operations.why.of_file"), []
    again = of_file.again

    def watched(reader: Reader, name: str, path: str, day: date) -> Any:
        read.append(path)
        return again(reader, name, path, day)

    monkeypatch.setattr(of_file, "again", watched)
    (tmp_path / RMF).write_text("HDR|")
    async with desk(state).signed_in() as browser:
        answer = await browser.get("/why", params={"word": f"{before}{tmp_path / RMF}{end}"})
        again_ = await browser.get("/why", params={"word": f"{before}{RMF}"})
    assert answer.status_code in {200, 400}
    assert again_.status_code == 200
    assert set(read) == {""}


async def test_a_search_with_very_many_blanks_is_a_search_for_the_rest(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        token, word = form_token(await browser.get("/why")), "12345678" + " " * 1300 + "x"
        sent = await browser.post("/search", data={"word": word, "form_token": token})
        asked = await browser.get("/search", params={"word": word})
    assert (sent.status_code, asked.status_code) == (303, 303)
