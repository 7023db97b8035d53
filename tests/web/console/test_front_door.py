"""What every request passes: other sites, other hosts, too much, too slow; and the page that says so."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response
from tests.web.console.browsing import ORIGIN, desk, form_token, logged, text, title

from tis_esr.engine.embedded.reader import StateReader
from tis_esr.engine.faults import TransientError
from tis_esr.operations.access.accounts import Account, Role
from tis_esr.web.console import forms
from tis_esr.web.console.console import Page
from tis_esr.web.console.pages import PAGES

SECRET = "Testa Specimen, born 1 Jan 1990"  # noqa: S105 - of nobody
VIEWER = Account(name="v.iewer", roles=frozenset({Role.VIEWER}))


async def fails(_: Request) -> Response:
    raise RuntimeError(SECRET)


WITH_A_FAULT = (*PAGES, Page("/fails", "Fails", Role.VIEWER, fails))
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize("path", ["/", "/sign-in", "/no-such-page", "/files/nothing", "/fails", "/sign-out"])
async def test_every_answer_has_the_security_headers_and_is_kept_nowhere(path: str, state: Path) -> None:
    async with desk(state, pages=WITH_A_FAULT).signed_in() as browser:
        answer = await browser.get(path)
    assert answer.headers["content-security-policy"] == POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == "no-store"


async def test_no_page_has_an_inline_script_style_or_handler_or_asks_another_host(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        for page in PAGES:
            if page.methods == ("GET",) and "{" not in page.path and not page.path.endswith(".csv"):
                html = (await browser.get(page.path)).text
                assert "<script>" not in html
                assert "<style" not in html
                assert " style=" not in html
                assert " onclick" not in html
                links = re.findall(r'(?:src|href|action)="([^"]*)"', html)
                assert links
                assert all(re.match(r"/(?!/)|#", link) for link in links)


async def test_stylesheet_and_script_are_kept_for_ever_under_an_address_of_their_content() -> None:
    async with desk().browser() as browser:
        html = (await browser.get("/sign-in")).text
        style = next(part for part in html.split('"') if part.endswith("console-all.css"))
        answer = await browser.get(style, headers={"Accept-Encoding": "gzip"})
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-encoding"] == "gzip"
        assert ".nhsuk-header" in answer.text
        assert ".app-table" in answer.text
        assert "@font-face" not in answer.text
        assert "https://" not in answer.text
        other = await browser.get("/static/0123456789abcdef/console-all.css")
        assert other.status_code == 404


@pytest.mark.parametrize("path", ["../console.py", "%2e%2e/console.py", "images/../../console.py", "images"])
async def test_nothing_but_its_own_files_is_served(path: str) -> None:
    async with desk().browser() as browser:
        html = (await browser.get("/sign-in")).text
        folder = next(part for part in html.split('"') if part.endswith("console.js")).rpartition("/")[0]
        answer = await browser.get(f"{folder}/{path}")
        assert answer.status_code in {303, 404}
        assert "import" not in answer.text


async def test_a_request_for_another_host_is_refused() -> None:
    async with desk().browser(Host="tis-esr.attacker.example:8090") as browser:
        answer = await browser.get("/sign-in")
    assert answer.status_code == 421
    assert "Use the address that the console was started with." in text(answer)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN}, 403),
        ({"Origin": ORIGIN}, 303),
        ({"Origin": "http://127.0.0.1:9999"}, 403),
        ({"Origin": "null"}, 403),
        ({}, 403),
    ],
)
async def test_a_form_is_taken_from_our_own_pages_alone(
    headers: dict[str, str], status: int, state: Path
) -> None:
    async with desk(state).signed_in() as browser:
        token = form_token(await browser.get("/why"))
        del browser.headers["Sec-Fetch-Site"]
        fields = {"word": "1900002", "form_token": token}
        answer = await browser.post("/search", data=fields, headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize("token", ["", "forged", None])
async def test_a_form_without_the_sessions_token_does_nothing(token: str | None, state: Path) -> None:
    async with desk(state).signed_in() as browser:
        fields = {"word": "1900002"} if token is None else {"word": "1900002", "form_token": token}
        answer = await browser.post("/search", data=fields)
    assert answer.status_code == 403
    assert "Nothing was done." in text(answer)


async def test_a_form_of_an_earlier_session_does_nothing(state: Path) -> None:
    console = desk(state)
    async with console.signed_in() as browser:
        token = form_token(await browser.get("/why"))
        await browser.get(console.sign_in.path)
        answer = await browser.post("/search", data={"word": "1900002", "form_token": token})
    assert answer.status_code == 403


async def test_unknown_addresses_and_methods_get_pages_that_say_so(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        unknown = await browser.get("/no-such-page")
        assert (unknown.status_code, title(unknown)) == (404, "Page not found – TIS-ESR")
        assert "Check the address, or use the search." in text(unknown)
        method = await browser.delete("/files")
        assert (method.status_code, title(method)) == (405, "Not possible here – TIS-ESR")
        assert set(method.headers["allow"].split(", ")) == {"GET", "HEAD"}
        get = await browser.get("/sign-out")
        assert get.status_code == 405


async def test_a_page_above_ones_role_says_which_role_it_needs(state: Path) -> None:
    async with desk(state, account=VIEWER).signed_in() as browser:
        answer = await browser.get("/settings")
        assert answer.status_code == 403
        assert "This page needs the role administrator" in text(answer)
        assert "/settings" not in (await browser.get("/")).text


async def test_what_is_larger_than_any_form_is_refused(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        answer = await browser.post("/search", data={"word": "1" * 100_000})
        assert (answer.status_code, title(answer)) == (413, "Too large – TIS-ESR")
        longest = await browser.get("/files?office=" + "A" * 5000)
        assert longest.status_code == 414


async def test_a_body_without_its_length_is_cut_at_the_same_size(state: Path) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"word=" + b"1" * 1000

    async with desk(state).signed_in() as browser:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        assert (await browser.post("/search", content=endless(), headers=kind)).status_code == 413


async def test_a_body_that_takes_too_long_is_refused(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "SECONDS", 0.05)

    async def slow() -> AsyncIterator[bytes]:
        yield b"word="
        await asyncio.sleep(5)

    async with desk(state).signed_in() as browser:
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = await browser.post("/search", content=slow(), headers=kind)
    assert (answer.status_code, title(answer)) == (408, "Too slow – TIS-ESR")


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/json", ""])
async def test_what_no_form_sends_is_refused(kind: str, state: Path) -> None:
    async with desk(state).signed_in() as browser:
        answer = await browser.post("/search", content=b"--x", headers={"Content-Type": kind})
    assert answer.status_code == 400


async def test_an_internal_error_shows_and_logs_nothing_of_its_text(state: Path) -> None:
    async with desk(state, pages=WITH_A_FAULT).signed_in() as browser:
        with logged() as lines:
            answer = await browser.get("/fails")
    assert (answer.status_code, title(answer)) == (500, "Something went wrong – TIS-ESR")
    assert SECRET not in answer.text
    assert SECRET not in str(lines)
    assert [line["event"] for line in lines] == ["console_page_failed"]
    assert lines[0]["error"] == "RuntimeError"


async def test_while_the_store_is_away_the_page_says_so_and_the_next_one_tries_again(state: Path) -> None:
    away = True

    def open_reader() -> StateReader:
        if away:
            raise TransientError("MongoDB did not answer within 5 seconds")
        return StateReader(state)

    async with desk(state, open_reader=open_reader).signed_in() as browser:
        answer = await browser.get("/files")
        assert (answer.status_code, title(answer)) == (503, "Not available – TIS-ESR")
        assert "The store can't be read: MongoDB did not answer within 5 seconds." in text(answer)
        assert answer.headers["retry-after"] == "60"
        away = False
        assert (await browser.get("/files")).status_code == 200


@pytest.mark.parametrize("content", [None, b"", b"garbage, but long enough to be read as one" * 99])
async def test_a_state_file_that_can_not_be_read_is_named_with_what_helps(
    content: bytes | None, tmp_path: Path
) -> None:
    state = tmp_path / "gone.sqlite"
    if content is not None:
        state.write_bytes(content)
    async with desk(state).signed_in() as browser:
        answer = await browser.get("/files")
    assert answer.status_code == 503
    assert "gone.sqlite" in text(answer)
    assert "Waiting does not help: put the state file back, or start the console with another" in text(answer)
    assert "Try again" not in text(answer)
    assert "retry-after" not in answer.headers


async def test_a_wrong_setting_is_named_and_nobody_is_told_to_wait(state: Path) -> None:
    async with desk(state, tcs_url="http://user:word@host/tcs").signed_in() as browser:
        answer = await browser.get("/posts?office=EMD")
    assert answer.status_code == 503
    assert "the address of TCS contains a user or password" in text(answer)
    assert "Waiting does not help: correct that, then start the console again." in text(answer)
    assert "store" not in text(answer)


async def test_a_question_that_takes_too_long_is_given_up(state: Path) -> None:
    def open_reader() -> StateReader:
        time.sleep(0.5)
        raise AssertionError

    async with desk(state, open_reader=open_reader, seconds=0.05).signed_in() as browser:
        answer = await browser.get("/files")
    assert (answer.status_code, title(answer)) == (504, "Took too long – TIS-ESR")


async def test_probes_are_answered_under_any_name_and_say_nothing_else(state: Path, tmp_path: Path) -> None:
    async with desk(state).browser(Host="10.0.0.7:8090") as probe:
        assert (await probe.get("/health/live")).json() == {"live": True}
        ready = await probe.get("/health/ready")
        assert (ready.status_code, ready.json()) == (200, {"ready": True})
        assert (await probe.get("/health/other")).status_code == 421
    async with desk(tmp_path / "gone.sqlite").browser(Host="10.0.0.7:8090") as probe:
        assert (await probe.get("/health/live")).status_code == 200
        ready = await probe.get("/health/ready")
        assert (ready.status_code, ready.json()) == (503, {"ready": False})


async def test_while_sessions_can_not_be_read_the_page_says_so(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = desk(state)

    async def away(_: str, *, is_use: bool) -> None:
        raise TransientError("MongoDB did not answer within 5 seconds")

    async with console.signed_in() as browser:
        monkeypatch.setattr(console.console.sessions, "current", away)
        answer = await browser.get("/files")
        assert (answer.status_code, title(answer)) == (503, "Not available – TIS-ESR")
        assert "Sign out" not in answer.text


LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (LINK, 200),
        ({**LINK, "Sec-Fetch-Dest": "iframe"}, 403),
        ({**LINK, "Sec-Fetch-Dest": "embed"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, 403),
        ({"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 200),
        ({}, 200),
    ],
)
async def test_another_site_can_link_to_a_page_and_do_nothing_else_with_it(
    headers: dict[str, str], status: int, state: Path
) -> None:
    async with desk(state).signed_in() as browser:
        del browser.headers["Sec-Fetch-Site"]
        assert (await browser.get("/files", headers=headers)).status_code == status
