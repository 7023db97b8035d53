"""Sign-in at an OIDC provider on loopback: what is asked of it, which answers are believed, how a session ends."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from oidc_provider_mock import User, run_server_in_thread
from tests.web.console.browsing import Desk, desk, form_token, logged, text
from tests.web.console.oidc_provider import CLIENT, SECRET, Provider, another_key

from tis_esr.operations.access.claims import ClaimMapping
from tis_esr.web.console.sign_in.oidc import OidcSignIn

URL = "http://127.0.0.1:8090"
COOKIE = "tis-esr-8090"


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    async with Provider().running() as running:
        yield running


def shared_desk(state: Path, issuer: str, mapping: ClaimMapping | None = None) -> Desk:
    return desk(
        state, sign_in=OidcSignIn(issuer, CLIENT, SECRET, URL, mapping or ClaimMapping()), origins=(URL,)
    )


async def at_the_provider(address: str) -> str:
    """Visit the provider as the browser does; return where it sends the browser back to."""
    async with httpx2.AsyncClient() as outside:
        answer = await outside.get(address)
    return answer.headers["location"].removeprefix(URL)


async def signed_in(browser: httpx2.AsyncClient, path: str = "/sign-in") -> httpx2.Response:
    begun = await browser.get(path)
    assert begun.status_code == 302
    return await browser.get(await at_the_provider(begun.headers["location"]))


@asynccontextmanager
async def browsers(console: Desk, number: int) -> AsyncIterator[list[httpx2.AsyncClient]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(console.browser()) for _ in range(number)]


async def test_a_page_leads_to_the_provider_and_back_to_itself(provider: Provider, state: Path) -> None:
    console = shared_desk(state, provider.issuer)
    async with console.browser() as browser:
        first = await browser.get("/files?office=EMD")
        assert first.headers["location"] == "/sign-in?next=%2Ffiles%3Foffice%3DEMD"
        answer = await signed_in(browser, first.headers["location"])
        assert (answer.status_code, answer.headers["location"]) == (303, "/files?office=EMD")
        page = await browser.get("/files")
        assert "testa.specimen" in page.text
        assert (await browser.get("/doctor")).status_code == 200
        assert (await browser.get("/settings")).status_code == 403


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of that provider's own
async def test_an_independent_provider_signs_in_too(state: Path) -> None:
    claims = {"realm_access": {"roles": ["tis-esr-viewer"]}, "preferred_username": "testa.specimen"}
    with run_server_in_thread(user_claims=[User(sub="testa", claims=claims)]) as server:
        console = shared_desk(state, f"http://localhost:{server.server_port}")
        async with console.browser() as browser, httpx2.AsyncClient() as outside:
            begun = await browser.get("/sign-in")
            answer = await outside.post(begun.headers["location"], data={"sub": "testa"})
            back = await browser.get(answer.headers["location"].removeprefix(URL))
            assert (back.status_code, back.headers["location"]) == (303, "/")
            assert "testa.specimen" in (await browser.get("/files")).text


async def test_what_goes_to_the_provider_and_back_is_not_readable_in_the_browser(
    provider: Provider, state: Path
) -> None:
    async with shared_desk(state, provider.issuer).browser() as browser:
        begun = await browser.get("/sign-in")
        query = parse_qs(urlsplit(begun.headers["location"]).query)
        cookie = begun.headers["set-cookie"]
    assert query["redirect_uri"] == [f"{URL}/sign-in/callback"]
    assert query["scope"] == ["openid profile"]
    assert cookie.startswith(f"{COOKIE}-sign-in-")
    assert "HttpOnly" in cookie
    assert "Max-Age=600" in cookie
    assert query["state"][0] not in cookie


async def test_an_answer_counts_in_the_browser_that_asked_and_once(provider: Provider, state: Path) -> None:
    console = shared_desk(state, provider.issuer)
    async with browsers(console, 2) as (browser, attacker):
        begun = await browser.get("/sign-in")
        back = await at_the_provider(begun.headers["location"])
        stolen = await attacker.get(back)
        assert stolen.status_code == 403
        assert "isn't for this browser" in text(stolen)
        assert (await browser.get(back)).status_code == 303
        replayed = await browser.get(back)
        assert replayed.status_code == 403


async def test_nobody_is_signed_in_with_an_attackers_answer(provider: Provider, state: Path) -> None:
    """Login CSRF: the attacker sends a victim the end of a sign-in that the attacker began."""
    console = shared_desk(state, provider.issuer)
    async with browsers(console, 2) as (attacker, victim):
        back = await at_the_provider((await attacker.get("/sign-in")).headers["location"])
        await victim.get("/sign-in")
        assert (await victim.get(back)).status_code == 403
        assert (await victim.get("/files")).status_code == 303


@pytest.mark.parametrize(
    "lies",
    [
        {"iss": "https://sso.attacker.example/realms/tis"},
        {"aud": "another-client", "azp": None},
        {"aud": ["another-client", "a-third"], "azp": None},
        {"aud": [CLIENT, "another-client"], "azp": "another-client"},
        {"azp": "another-client"},
        {"nonce": "of-an-earlier-sign-in"},
        {"nonce": None},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"sub": None},
        {"iat": 4_000_000_000},
    ],
)
async def test_a_token_for_another_or_of_another_time_is_refused(
    lies: dict[str, Any], provider: Provider, state: Path
) -> None:
    provider.lies = lies
    async with shared_desk(state, provider.issuer).browser() as browser:
        with logged() as lines:
            answer = await signed_in(browser)
        assert answer.status_code == 403
        assert COOKIE not in browser.cookies
        assert (await browser.get("/files")).status_code == 303
    assert [line["event"] for line in lines] == ["console_sign_in_refused"]


async def test_a_token_for_several_audiences_that_was_issued_to_us_is_accepted(
    provider: Provider, state: Path
) -> None:
    provider.lies = {"aud": [CLIENT, "account"]}
    async with shared_desk(state, provider.issuer).browser() as browser:
        assert (await signed_in(browser)).status_code == 303


async def test_a_token_that_another_key_signed_is_refused(provider: Provider, state: Path) -> None:
    provider.signs_with = another_key()
    async with shared_desk(state, provider.issuer).browser() as browser:
        assert (await signed_in(browser)).status_code == 403


@pytest.mark.filterwarnings("ignore")  # joserfc's, of the test's short secret
@pytest.mark.parametrize("kind", ["none", "HS256"])
async def test_a_token_that_nobody_or_anybody_could_have_signed_is_refused(
    kind: str, provider: Provider, state: Path
) -> None:
    provider.signatures = [kind]
    async with shared_desk(state, provider.issuer).browser() as browser:
        assert (await signed_in(browser)).status_code == 403


async def test_several_tabs_sign_in_at_once(provider: Provider, state: Path) -> None:
    async with shared_desk(state, provider.issuer).browser() as browser:
        begun = [await browser.get("/sign-in", params={"next": f"/files?days={days}"}) for days in (1, 7, 30)]
        backs = [await at_the_provider(one.headers["location"]) for one in begun]
        answers = [await browser.get(back) for back in backs]
        assert [answer.headers["location"] for answer in answers] == [
            "/files?days=1",
            "/files?days=7",
            "/files?days=30",
        ]
        assert (await browser.get("/files")).status_code == 200


async def test_the_cookies_of_a_browser_that_reopens_ten_tabs_pass_a_usual_proxy(
    provider: Provider, state: Path
) -> None:
    async with shared_desk(state, provider.issuer).browser() as browser:
        for _ in range(10):
            await browser.get("/sign-in", params={"next": "/files?office=EMD&days=30"})
        written = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    assert written.count("-sign-in-") == 10
    assert len(written) < 8000


async def test_a_long_address_does_not_prevent_the_sign_in(provider: Provider, state: Path) -> None:
    async with shared_desk(state, provider.issuer).browser() as browser:
        begun = await browser.get("/sign-in", params={"next": f"/files?after={'x' * 3000}"})
        assert len(begun.headers["set-cookie"]) < 4096
        answer = await browser.get(await at_the_provider(begun.headers["location"]))
        assert answer.headers["location"] == "/"
        assert (await browser.get("/files")).status_code == 200


async def test_keys_are_kept_and_a_new_one_is_fetched_when_it_is_used(
    provider: Provider, state: Path
) -> None:
    console = shared_desk(state, provider.issuer)
    async with browsers(console, 3) as (first, second, third):
        assert (await signed_in(first)).status_code == 303
        assert (await signed_in(second)).status_code == 303
        assert provider.asked.count("keys") == 1
        provider.rotate()
        assert (await signed_in(third)).status_code == 303
    assert provider.asked == ["metadata", "keys", "keys"]


@pytest.mark.parametrize(("skew", "status"), [(-45, 303), (45, 303), (600, 403), (-600, 403)])
async def test_clocks_may_differ_by_a_minute(
    skew: float, status: int, provider: Provider, state: Path
) -> None:
    provider.skew = skew
    async with shared_desk(state, provider.issuer).browser() as browser:
        assert (await signed_in(browser)).status_code == status


async def test_without_a_role_or_office_a_person_is_told_what_is_missing(
    provider: Provider, state: Path
) -> None:
    async with shared_desk(state, provider.issuer).browser() as browser:
        provider.claims = {"sub": "x1", "preferred_username": "n.obody"}
        answer = await signed_in(browser)
        assert answer.status_code == 403
        assert "You are signed in, but have no role here." in text(answer)
    provider.claims = {"sub": "x1", "realm_access": {"roles": ["tis-esr-viewer"]}}
    async with shared_desk(state, provider.issuer, ClaimMapping(offices="offices")).browser() as browser:
        assert "have no office here" in text(await signed_in(browser))


async def test_people_of_one_office_see_its_files_alone(provider: Provider, state: Path) -> None:
    provider.claims |= {"offices": ["EMD"]}
    async with shared_desk(state, provider.issuer, ClaimMapping(offices="offices")).browser() as browser:
        await signed_in(browser)
        files = (await browser.get("/files?days=90")).text
        assert "DE_EMD_RMF_20261124_00004001.DAT" in files
        assert "DE_KSS" not in files
        assert "DE_KSS" not in (await browser.get("/files.csv?days=90")).text
        assert (await browser.get("/files/DE_EMD_RMF_20261124_00004001.DAT")).status_code == 200
        other = await browser.get("/files/DE_KSS_RMF_20261124_00004018.DAT")
        assert other.status_code == 404
        assert (await browser.get("/files?office=KSS")).status_code == 400
        assert (await browser.get("/why?word=1900002")).status_code == 200
        assert "KSS" not in (await browser.get("/forecast")).text
        assert "KSS" not in (await browser.get("/findings")).text


async def test_signing_in_again_ends_the_earlier_session(provider: Provider, state: Path) -> None:
    console = shared_desk(state, provider.issuer)
    async with console.browser() as browser:
        await signed_in(browser)
        earlier = browser.cookies[COOKIE]
        token = form_token(await browser.get("/files"))
        await browser.post("/sign-out", data={"form_token": token})
        await signed_in(browser)
        assert browser.cookies[COOKIE] != earlier
        browser.cookies.set(COOKIE, earlier, domain="127.0.0.1")
        assert (await browser.get("/files")).status_code == 303


async def test_a_planted_session_is_not_signed_in_with(provider: Provider, state: Path) -> None:
    console = shared_desk(state, provider.issuer)
    async with browsers(console, 2) as (browser, attacker):
        for one in (browser, attacker):
            one.cookies.set(COOKIE, "planted", domain="127.0.0.1")
        assert (await signed_in(browser)).status_code == 303
        assert (await attacker.get("/files")).status_code == 303


async def test_signing_out_ends_the_session_here_and_at_the_provider(provider: Provider, state: Path) -> None:
    async with shared_desk(state, provider.issuer).browser() as browser:
        await signed_in(browser)
        page = await browser.get("/files")
        origin = provider.issuer.removesuffix("/realms/tis")
        assert f"form-action 'self' {origin};" in page.headers["content-security-policy"]
        answer = await browser.post("/sign-out", data={"form_token": form_token(page)})
        assert answer.status_code == 303
        assert await at_the_provider(answer.headers["location"]) == "/signed-out"
        assert (await browser.get("/files")).status_code == 303
        assert "You are signed out." in text(await browser.get("/signed-out"))
    [ended] = provider.ended
    assert ended["client_id"] == CLIENT
    assert ended["id_token_hint"].count(".") == 2


async def test_signing_out_after_the_session_has_ended_by_itself_ends_it_at_the_provider_too(
    provider: Provider, state: Path
) -> None:
    console = shared_desk(state, provider.issuer)
    async with console.browser() as browser:
        await signed_in(browser)
        token = form_token(await browser.get("/files"))
        console.clock.passes(minutes=16)
        answer = await browser.post("/sign-out", data={"form_token": token})
        assert answer.status_code == 303
        assert await at_the_provider(answer.headers["location"]) == "/signed-out"
    [ended] = provider.ended
    assert (ended["client_id"], "id_token_hint" in ended) == (CLIENT, False)


async def test_while_the_provider_is_unavailable_the_page_says_so_and_recovers(
    provider: Provider, state: Path
) -> None:
    async with shared_desk(state, provider.issuer).browser() as browser:
        provider.is_down = True
        answer = await browser.get("/sign-in")
        assert answer.status_code == 503
        assert "The sign-in service can't be reached." in text(answer)
        provider.is_down = False
        assert (await signed_in(browser)).status_code == 303


async def test_an_error_of_the_provider_shows_nothing_of_its_text(provider: Provider, state: Path) -> None:
    async with shared_desk(state, provider.issuer).browser() as browser:
        await browser.get("/sign-in")
        answer = await browser.get("/sign-in/callback?error=access_denied&error_description=<b>call+me</b>")
    assert answer.status_code == 403
    assert "call me" not in answer.text


async def test_attempts_to_sign_in_are_limited(provider: Provider, state: Path) -> None:
    async with shared_desk(state, provider.issuer).browser() as browser:
        answers = [await browser.get("/sign-in/callback?code=guess&state=guess") for _ in range(21)]
    assert [answer.status_code for answer in answers] == [*[403] * 20, 429]


@pytest.mark.parametrize(
    "target",
    [
        "https://attacker.example/",
        "//attacker.example/",
        "/\\attacker.example/",
        "\\\\attacker.example",
        "/%09/attacker.example".replace("%09", "\t"),
        "javascript:alert(1)",
        "attacker.example",
        "/sign-out",
        "",
    ],
)
async def test_after_sign_in_nobody_is_sent_to_another_host(
    target: str, provider: Provider, state: Path
) -> None:
    console = shared_desk(state, provider.issuer)
    async with console.browser() as browser:
        begun = await browser.get("/sign-in", params={"next": target})
        answer = await browser.get(await at_the_provider(begun.headers["location"]))
        assert answer.headers["location"] == "/"
        again = await browser.get("/sign-in", params={"next": target})
        assert again.headers["location"] == "/"
