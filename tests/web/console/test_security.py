"""What an attacker, a stale tab or a broken store sends: forged and replayed forms, sessions, addresses, spreadsheets."""

import csv
import io
import re
import zlib
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import msgspec
import pytest
from cryptography.fernet import Fernet
from tests.web.console.browsing import OWNER, Desk, desk, form_token, text, title
from tests.web.console.test_alarms_and_acts import (
    HELD,
    LATE,
    alarm,
    confirmation,
    confirmed,
    kept,
    stored,
    trail,
)

from tis_esr.operations.access.accounts import Account, Role
from tis_esr.operations.access.sessions import key_from
from tis_esr.web.console.pages import PAGES

OWN = "/alarms/own"
ADDRESSES = [page.path for page in PAGES if "GET" in page.methods and "{" not in page.path]
NONSENSE = {
    "office": "XYZ", "type": "'; DROP TABLE", "state": "<script>", "days": "-1", "sort": "-no-such", "after": "!!",
    "from": "yesterday", "to": "\r\nSet-Cookie: a=b", "word": "\x00", "dnf": "XYZ", "row": "1e9", "by": "x", "show": "x",
    "done": "x" * 100, "sealed": "AAAA", "day": "2026-13-45", "weeks": "9999",
}  # fmt: skip


@pytest.fixture
async def place(tmp_path: Path) -> Path:
    return await stored(tmp_path / "alarms.sqlite", [alarm(LATE), alarm(HELD)])


def cookie_of(console: Desk, browser: httpx2.AsyncClient) -> str:
    return str(browser.cookies[console.console.cookie])


async def test_a_plan_that_the_sessions_owner_sealed_themselves_is_refused(place: Path) -> None:
    """A person knows the secret in their own browser; the choice that was checked must not be theirs to write."""
    console = desk(place)
    async with console.signed_in() as browser:
        page = await browser.get("/alarms")
        forged = {
            "act": OWN, "token": "t", "plan": {"items": [{"id": LATE}], "back": "/alarms", "values": {"owner": "x"}},
            "who": OWNER.name, "offices": None,
        }  # fmt: skip
        secret = cookie_of(console, browser)
        for key in (
            key_from(secret, "act"),
            key_from("", f"act {secret}"),
            key_from(secret, "interrupted act"),
        ):
            sealed = Fernet(key).encrypt(zlib.compress(msgspec.json.encode(forged))).decode()
            fields = {"form_token": form_token(page), "plan": sealed, "why": "because"}
            assert (await browser.post(OWN, data=fields)).status_code == 409
            resumed = await browser.post(OWN, data={"resume": sealed})
            assert resumed.status_code == 409
    assert trail(place) == []


async def test_a_session_that_ends_before_the_confirmation_is_sent_loses_nothing_and_does_nothing(
    place: Path,
) -> None:
    console = desk(place)
    async with console.signed_in() as browser:
        page = await confirmation(browser, OWN, item=LATE, owner="ann")
        console.clock.passes(minutes=16)
        ended = await confirmed(browser, OWN, page, "on call today")
        assert (ended.status_code, title(ended)) == (401, "Your session has ended – TIS-ESR")
        assert "Nothing was done." in text(ended)
        assert trail(place) == []
        kept_form = re.findall(r'name="resume" value="([^"]+)"', ended.text)[0]
        early = await browser.post(OWN, data={"resume": kept_form})
        assert early.status_code == 401
        await browser.get(console.sign_in.path)
        shown = await browser.post(OWN, data={"resume": kept_form})
        assert "Make ann the owner of 1 alarm?" in text(shown)
        assert ">on call today</textarea>" in shown.text
        assert trail(place) == []
        for _ in range(2):
            assert (await confirmed(browser, OWN, shown, "on call today")).status_code == 303
        again = await browser.post(OWN, data={"resume": kept_form})
        assert (await confirmed(browser, OWN, again, "once more")).status_code == 303
    assert kept(place)[LATE].owner == "ann"
    assert len(trail(place)) == 1


async def test_what_was_done_before_the_session_ended_is_not_done_again_after_it(place: Path) -> None:
    console = desk(place)
    async with console.signed_in() as browser:
        page = await confirmation(browser, "/alarms/note", item=LATE)
        assert (await confirmed(browser, "/alarms/note", page, "ticket 4711")).status_code == 303
        console.clock.passes(minutes=16)
        ended = await confirmed(browser, "/alarms/note", page, "ticket 4711")
        await browser.get(console.sign_in.path)
        kept_form = re.findall(r'name="resume" value="([^"]+)"', ended.text)[0]
        shown = await browser.post("/alarms/note", data={"resume": kept_form})
        assert (await confirmed(browser, "/alarms/note", shown, "ticket 4711")).status_code == 303
    assert len(kept(place)[LATE].events) == 1


async def test_a_kept_confirmation_is_for_the_account_and_the_act_that_it_was(place: Path) -> None:
    console = desk(place)
    async with console.signed_in() as browser:
        page = await confirmation(browser, OWN, item=LATE, owner="ann")
        console.clock.passes(minutes=16)
        ended = await confirmed(browser, OWN, page, "on call")
        kept_form = re.findall(r'name="resume" value="([^"]+)"', ended.text)[0]
        await browser.get(console.sign_in.path)
        assert (await browser.post("/alarms/note", data={"resume": kept_form})).status_code == 409
    other = Account(name="other", roles=OWNER.roles)
    limited = Account(name=OWNER.name, roles=OWNER.roles, offices=frozenset({"EMD"}))
    for account in (other, limited):
        object.__setattr__(console.console, "sign_in", desk(place, account=account).sign_in)
        async with console.browser() as browser:
            await browser.get(console.console.sign_in.path)  # type: ignore[attr-defined]
            assert (await browser.post(OWN, data={"resume": kept_form})).status_code in {403, 409}
    assert trail(place) == []


@pytest.mark.parametrize("fields", [{"plan": ""}, {"plan": "forged", "why": "x"}, {"item": LATE}])
async def test_a_form_without_a_session_says_so_and_does_nothing(fields: dict[str, str], place: Path) -> None:
    async with desk(place).browser() as browser:
        answer = await browser.post(OWN, data=fields)
    assert answer.status_code == 401
    assert "Your session has ended. Nothing was done." in text(answer)
    assert trail(place) == []


async def test_a_replayed_form_of_a_signed_out_session_does_nothing(place: Path) -> None:
    console = desk(place)
    async with console.signed_in() as browser:
        page = await confirmation(browser, OWN, item=LATE, owner="ann")
        cookies = dict(browser.cookies)
        await browser.post("/sign-out", data={"form_token": form_token(page)})
        browser.cookies.update(cookies)
        answer = await confirmed(browser, OWN, page, "on call")
    assert answer.status_code == 401
    assert trail(place) == []


@pytest.mark.parametrize(
    "address",
    ["//attacker.example", "https://attacker.example", "/\\attacker.example", "/%0d%0aSet-Cookie:a=b", "javascript:alert(1)"],
)  # fmt: skip
async def test_no_parameter_leads_to_another_host_or_into_a_header(address: str, place: Path) -> None:
    async with desk(place).signed_in() as browser:
        token = form_token(await browser.get("/alarms"))
        answers = [
            await browser.get("/sign-in", params={"next": address}),
            await browser.post("/search", data={"form_token": token, "word": address}),
            await browser.get("/why", params={"word": address}),
            await browser.get("/alarms", params={"done": address}),
        ]
        page = await confirmation(browser, OWN, item=LATE, owner="ann", back=address)
        done = await confirmed(browser, OWN, page, "on call")
    for answer in [*answers, done]:
        location = answer.headers.get("location", "/")
        assert location.startswith("/")
        assert not location.startswith(("//", "/\\"))
        assert "a=b" not in answer.headers.get("set-cookie", "")


async def test_a_spreadsheet_has_no_formula_whatever_a_file_or_person_wrote(tmp_path: Path) -> None:
    texts = ["=cmd|' /C calc'!A1", "+1", "-1+2", "@SUM(A1)", "\t=1", '"; =1']
    several = [
        alarm(f"file-late:{number}", text=one, owner=one, since=datetime(2026, 11, 24, 9, number, tzinfo=UTC))
        for number, one in enumerate(texts)
    ]
    place = await stored(tmp_path / "formulas.sqlite", several)
    async with desk(place).signed_in() as browser:
        answer = await browser.get("/alarms.csv")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    cells = [cell for row in rows[1:] for cell in row if cell]
    assert not [cell for cell in cells if cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert answer.headers["content-disposition"] == 'attachment; filename="alarms.csv"'


@pytest.mark.parametrize(
    "name", ["..%2f..%2f..%2fetc%2fpasswd", "%2e%2e%2fsettings", "....//etc/passwd", "%00.DAT", "con%0d%0a"]
)
@pytest.mark.parametrize(
    "folder", ["/files", "/alarms", "/messages", "/procedures/region", "/procedures/full-file", "/static"]
)
async def test_no_address_leaves_its_page(folder: str, name: str, place: Path) -> None:
    async with desk(place).signed_in() as browser:
        answer = await browser.get(f"{folder}/{name}")
    assert answer.status_code == 404
    assert "root:" not in answer.text
    assert "<h1" in answer.text


@pytest.mark.parametrize("path", ADDRESSES)
async def test_nonsense_in_an_address_gets_a_page_in_the_same_look_and_is_kept_nowhere(
    path: str, place: Path
) -> None:
    async with desk(place, searches=10_000).signed_in() as browser:
        answers = [await browser.get(path, params={name: value}) for name, value in NONSENSE.items()]
        answers.append(await browser.get(path, params=NONSENSE))
    for answer in answers:
        assert answer.status_code in {200, 303, 400, 404} | ({503} if path.startswith("/posts") else set())
        assert answer.headers["cache-control"] == "no-store"
        if answer.status_code >= 400:
            assert 'id="maincontent"' in answer.text
            assert "<script>" not in answer.text.partition('id="maincontent">')[2]


@pytest.mark.parametrize("path", ADDRESSES)
async def test_while_the_store_is_away_a_page_says_what_happened_and_what_to_do(
    path: str, tmp_path: Path
) -> None:
    async with desk(tmp_path / "gone.sqlite", seconds=14.0).signed_in() as browser:
        answer = await browser.get(path)
    assert answer.status_code in {200, 400, 503}
    assert answer.headers["cache-control"] == "no-store"
    if answer.status_code == 503:
        assert title(answer) == "Not available – TIS-ESR"
        assert "The store can't be read" in text(answer)
        assert "retry-after" not in answer.headers
        assert "Waiting does not help: put the state file back" in text(answer)


async def test_a_form_while_the_store_is_away_does_nothing_and_says_so(place: Path) -> None:
    console = desk(place)
    async with console.signed_in() as browser:
        page = await confirmation(browser, OWN, item=LATE, owner="ann")
        moved = place.rename(place.with_suffix(".moved"))
        place.mkdir()
        away = await confirmed(browser, OWN, page, "on call")
        place.rmdir()
        moved.rename(place)
        assert away.status_code in {409, 503}
        assert 'id="maincontent"' in away.text
        assert (await confirmed(browser, OWN, page, "on call")).status_code == 303
    assert kept(place)[LATE].owner == "ann"


async def test_a_form_while_the_state_file_is_away_puts_no_empty_one_in_its_place(place: Path) -> None:
    async with desk(place).signed_in() as browser:
        page = await confirmation(browser, OWN, item=LATE, owner="ann")
        moved = place.rename(place.with_suffix(".moved"))
        away, listed = await confirmed(browser, OWN, page, "on call"), await browser.get("/alarms")
        assert not place.exists()
        moved.rename(place)
        assert (away.status_code, listed.status_code) == (409, 503)
        assert "Nothing was done." in text(away)
        assert "does not exist any more" not in text(away)
        assert (await confirmed(browser, OWN, page, "on call")).status_code == 303
    assert kept(place)[LATE].owner == "ann"


async def test_pages_for_others_are_refused_alike_by_address_and_by_form() -> None:
    viewer = Account(name="v.iewer", roles=frozenset({Role.VIEWER}))
    async with desk(account=viewer).signed_in() as browser:
        token = form_token(await browser.get("/accessibility"))
        for page in PAGES:
            if viewer.may(page.role) or "{" in page.path:
                continue
            method = page.methods[0]
            answer = await browser.request(
                method, page.path, data={"form_token": token, "plan": "x"} if method == "POST" else None
            )
            assert answer.status_code == 403, page.path
