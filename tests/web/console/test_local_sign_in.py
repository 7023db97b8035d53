"""The one-time address of a console on one's own machine, and the session that it begins."""

from pathlib import Path

import pytest
from tests.web.console.browsing import desk, form_token, text


async def test_nothing_is_shown_to_whoever_has_not_opened_the_address(state: Path) -> None:
    async with desk(state).browser() as browser:
        for path in ("/", "/files", "/settings", "/doctor", "/files.csv", "/why?word=1900002"):
            answer = await browser.get(path)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/sign-in?next=%2F")
        asked = await browser.get("/sign-in?next=%2Ffiles")
        assert asked.status_code == 401
        assert "Open the sign-in address that tis-esr console printed in its terminal." in text(asked)


async def test_the_address_is_exchanged_for_a_cookie_that_scripts_and_other_sites_do_not_get(
    state: Path,
) -> None:
    console = desk(state)
    async with console.browser() as browser:
        answer = await browser.get(console.sign_in.path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("tis-esr-8090=")
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert (await browser.get("/files")).status_code == 200


async def test_over_tls_the_cookie_is_secure_and_bound_to_its_host(state: Path) -> None:
    console = desk(state, origins=("https://tis-esr.example",))
    async with console.browser() as browser:
        answer = await browser.get(console.sign_in.path)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-tis-esr=")
    assert "Secure" in cookie
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_an_address_works_once(state: Path) -> None:
    console = desk(state)
    path = console.sign_in.path
    async with console.browser() as first, console.browser() as second:
        assert (await first.get(path)).status_code == 303
        answer = await second.get(path)
        assert answer.status_code == 403
        assert "Each one works once." in text(answer)
        assert (await second.get("/files")).status_code == 303


async def test_looking_at_the_address_without_opening_it_does_not_use_it_up(state: Path) -> None:
    console = desk(state)
    async with console.browser() as browser:
        assert (await browser.head(console.sign_in.path)).status_code == 405
        assert (await browser.get(console.sign_in.path)).status_code == 303


async def test_a_new_address_is_printed_where_only_the_owner_reads_it(state: Path) -> None:
    console = desk(state)
    async with console.signed_in(), console.browser() as other:
        answer = await other.post("/sign-in/new")
        assert answer.status_code == 200
        [path] = console.printed
        assert path not in answer.text
        assert path.removeprefix("/sign-in?token=") not in answer.text
        assert (await other.get(path)).status_code == 303
        assert (await other.get("/files")).status_code == 200


async def test_guesses_are_limited(state: Path) -> None:
    console = desk(state)
    async with console.browser() as browser:
        answers = [await browser.get(f"/sign-in?token=guess-{number}") for number in range(11)]
    assert [answer.status_code for answer in answers] == [*[403] * 10, 429]
    assert "Wait a minute" in text(answers[-1])


async def test_a_session_that_somebody_planted_in_the_browser_is_not_signed_in_with(state: Path) -> None:
    console = desk(state)
    async with console.browser() as browser, console.browser() as attacker:
        browser.cookies.set("tis-esr-8090", "planted", domain="127.0.0.1")
        attacker.cookies.set("tis-esr-8090", "planted", domain="127.0.0.1")
        await browser.get(console.sign_in.path)
        assert (await attacker.get("/files")).status_code == 303


async def test_signing_out_ends_the_session_on_the_server(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        cookies = dict(browser.cookies)
        token = form_token(await browser.get("/files"))
        answer = await browser.post("/sign-out", data={"form_token": token})
        assert "You are signed out." in text(answer)
        browser.cookies.update(cookies)
        assert (await browser.get("/files")).status_code == 303


async def test_no_link_signs_out(state: Path) -> None:
    async with desk(state).signed_in() as browser:
        assert (await browser.get("/sign-out")).status_code == 405
        assert (await browser.get("/files")).status_code == 200


@pytest.mark.parametrize("pauses", [[16], [14, 14, 16], [14] * 35])
async def test_a_session_ends_after_15_minutes_without_use_and_after_8_hours(
    pauses: list[int], state: Path
) -> None:
    console = desk(state)
    async with console.signed_in() as browser:
        for pause in pauses[:-1]:
            console.clock.passes(minutes=pause)
            assert (await browser.get("/files")).status_code == 200
        console.clock.passes(minutes=pauses[-1])
        assert (await browser.get("/files")).status_code == 303


async def test_a_session_that_ends_in_the_middle_of_a_form_says_that_nothing_was_done(state: Path) -> None:
    console = desk(state)
    async with console.signed_in() as browser:
        token = form_token(await browser.get("/why"))
        console.clock.passes(minutes=16)
        answer = await browser.post("/search", data={"word": "1900002", "form_token": token})
    assert answer.status_code == 401
    assert "Your session has ended. Nothing was done." in text(answer)


async def test_another_site_neither_signs_in_nor_uses_up_attempts(state: Path) -> None:
    console = desk(state)
    image = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    link = {**image, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    async with console.browser() as browser:
        for number in range(20):
            for headers in (image, link):
                answer = await browser.get(f"/sign-in?token={number}", headers=headers)
                assert answer.status_code == 403
        assert (await browser.get(console.sign_in.path)).status_code == 303
