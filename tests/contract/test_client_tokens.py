"""Logging in to TCS, and where TCS is."""

import pytest
from tests.contract.scripted_tcs import Reply, asking, served

from tis_esr.tcs.client import BadTcsUrlError, TcsSettings
from tis_esr.tcs.tcs_errors import TcsUnavailableError
from tis_esr.tcs.tokens import OidcClientCredentials, StaticToken

STORED = Reply({"id": 1})
OLD_HEADER = "OIDC_access_token"


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def granted(token: str, expires_in: int = 300) -> Reply:
    return Reply({"access_token": token, "expires_in": expires_in, "token_type": "Bearer"})


async def test_a_token_travels_in_both_headers() -> None:
    async with asking(STORED, token=StaticToken("abc")) as (tcs, script):
        await tcs.post(1)

    assert script.requests[0].headers["Authorization"] == "Bearer abc"
    assert script.requests[0].headers[OLD_HEADER] == "abc"


async def test_without_a_token_neither_header_is_sent() -> None:
    async with asking(STORED) as (tcs, script):
        await tcs.post(1)

    assert "Authorization" not in script.requests[0].headers
    assert "OIDC_access_token" not in script.requests[0].headers


async def test_a_401_with_a_fixed_token_is_unavailability_and_not_a_refusal() -> None:
    async with asking(Reply(status=401), token=StaticToken("abc")) as (tcs, script):
        with pytest.raises(TcsUnavailableError) as caught:
            await tcs.post(1)

    assert (caught.value.status, len(script.requests)) == (401, 1)


async def test_a_token_is_fetched_once_by_client_credentials() -> None:
    async with served(granted("t1")) as (provider, url):
        token = OidcClientCredentials(f"{url}/token", "tis-esr", "s3cret")
        async with asking(STORED, token=token) as (tcs, script):
            await tcs.post(1)
            await tcs.post(2)

    assert [r.body for r in provider.requests] == [
        "grant_type=client_credentials&client_id=tis-esr&client_secret=s3cret"
    ]
    assert [r.headers["Authorization"] for r in script.requests] == ["Bearer t1", "Bearer t1"]


async def test_a_token_is_fetched_anew_shortly_before_it_expires() -> None:
    clock = Clock()
    async with served(granted("t1", 100), granted("t2", 100)) as (_, url):
        token = OidcClientCredentials(f"{url}/token", "tis-esr", "s3cret", clock)
        first = await token.headers()
        clock.now = 89
        assert await token.headers() == first
        clock.now = 91
        assert (await token.headers())[OLD_HEADER] == "t2"


async def test_a_401_fetches_a_new_token_and_the_call_goes_on() -> None:
    async with served(granted("t1"), granted("t2")) as (_, url):
        token = OidcClientCredentials(f"{url}/token", "tis-esr", "s3cret")
        async with asking(Reply(status=401), STORED, token=token) as (tcs, script):
            assert await tcs.post(1)

    assert [r.headers["OIDC_access_token"] for r in script.requests] == ["t1", "t2"]


async def test_a_401_with_a_new_token_too_is_given_up() -> None:
    async with served(granted("t1"), granted("t2")) as (_, url):
        token = OidcClientCredentials(f"{url}/token", "tis-esr", "s3cret")
        async with asking(Reply(status=401), token=token) as (tcs, script):
            with pytest.raises(TcsUnavailableError):
                await tcs.post(1)

    assert len(script.requests) == 2


async def test_a_token_that_was_renewed_meanwhile_is_not_thrown_away() -> None:
    async with served(granted("t1"), granted("t2"), granted("t3")) as (provider, url):
        token = OidcClientCredentials(f"{url}/token", "tis-esr", "s3cret")
        refused = await token.headers()
        assert await token.renewed(refused)
        await token.headers()
        assert await token.renewed(refused)
        assert (await token.headers())[OLD_HEADER] == "t2"

    assert len(provider.requests) == 2


@pytest.mark.parametrize(
    "reply", [Reply(status=401), Reply(status=500), Reply(b"<html>"), Reply({"error": "x"})]
)
async def test_a_provider_that_gives_no_token_is_unavailability_and_tells_no_secret(reply: Reply) -> None:
    async with served(reply) as (_, url):
        token = OidcClientCredentials(f"{url}/token", "tis-esr", "s3cret")
        async with asking(STORED, token=token, attempts=1) as (tcs, script):
            with pytest.raises(TcsUnavailableError, match="check client id and secret") as caught:
                await tcs.post(1)

    assert "s3cret" not in str(caught.value)
    assert script.requests == []


def test_tokens_and_secrets_do_not_show() -> None:
    assert "abc" not in repr(StaticToken("abc"))
    assert "s3cret" not in repr(OidcClientCredentials("http://idp/token", "tis-esr", "s3cret"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "host:8093/tcs",
        "ftp://host/tcs",
        "http:///tcs",
        "http://host:port/tcs",
        "http://host:99999/tcs",
        "http://host/tcs?x=1",
        "http://ho st/tcs",
        "http://[::1/tcs",
    ],
)
def test_a_bad_address_says_what_to_write(url: str) -> None:
    with pytest.raises(BadTcsUrlError, match="http://host:8093/tcs"):
        TcsSettings(url)


def test_a_password_in_the_address_is_refused_and_not_shown() -> None:
    with pytest.raises(BadTcsUrlError) as caught:
        TcsSettings("http://esr:s3cret@host/tcs")

    assert "s3cret" not in str(caught.value)


def test_a_slash_at_the_end_of_the_address_makes_no_difference() -> None:
    assert TcsSettings("http://host:8093/tcs/").root == "http://host:8093/tcs"


def test_numbers_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="concurrency of the TCS client is 0"):
        TcsSettings("http://host/tcs", concurrency=0)
