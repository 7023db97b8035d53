"""The login to TCS. Tokens are sent in two headers, because TIS reads both the old and the new one."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import aiohttp
import msgspec

from tis_esr.tcs.bounded import read_up_to
from tis_esr.tcs.tcs_errors import TcsUnavailableError

TOKEN_ENDPOINT: Final = "(token endpoint)"  # noqa: S105 - a name for error texts
_MOST_BYTES: Final = 64 * 1024
_EARLY: Final = 0.1
"""A token counts as expired when this part of its lifetime is left."""


class TokenSource(Protocol):
    """A source of login headers."""

    async def headers(self) -> Mapping[str, str]:
        """Return the headers for a call. Raises ``TcsUnavailableError`` if no token is available."""
        ...

    async def renewed(self, refused: Mapping[str, str]) -> bool:
        """TCS responded with 401 to ``refused``: return whether to retry with new headers."""
        ...


class NoToken:
    """For a TCS that requires no login, such as the simulator."""

    async def headers(self) -> Mapping[str, str]:
        """Return nothing."""
        return {}

    async def renewed(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002 - the protocol's
        """Return False: there is nothing to renew."""
        return False


class StaticToken:
    """A token that is renewed elsewhere. It is never shown in ``repr``."""

    def __init__(self, token: str) -> None:
        self._headers = _both(token)

    async def headers(self) -> Mapping[str, str]:
        """Return both headers."""
        return self._headers

    async def renewed(self, refused: Mapping[str, str]) -> bool:  # noqa: ARG002 - the protocol's
        """Return False: there is no other token."""
        return False


class OidcClientCredentials:
    """Tokens by OpenID Connect's client-credentials grant, kept until shortly before they expire.

    ``clock`` returns monotonic seconds.
    """

    def __init__(
        self, token_url: str, client_id: str, client_secret: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._url = token_url
        self._form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": client_secret,
        }
        self._clock = clock
        self._headers: dict[str, str] = {}
        self._expires = 0.0
        self._fetching = asyncio.Lock()

    async def headers(self) -> Mapping[str, str]:
        """Return both headers. Raises ``TcsUnavailableError`` if the token endpoint returns no token."""
        if self._clock() >= self._expires:
            async with self._fetching:
                if self._clock() >= self._expires:
                    await self._fetch()
        return self._headers

    async def renewed(self, refused: Mapping[str, str]) -> bool:
        """Make sure that the next ``headers`` differ from ``refused``; always returns True."""
        if refused == self._headers:
            self._expires = 0.0
        return True

    async def _fetch(self) -> None:
        timeout = aiohttp.ClientTimeout(total=10)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(self._url, data=self._form, allow_redirects=False) as response,
            ):
                if response.status != 200:
                    raise _no_token(f"answered {response.status}", response.status)
                granted = _granted.decode(await read_up_to(response, _MOST_BYTES))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _no_token(f"failed with {type(error).__name__}") from error
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise _no_token("answered without an access_token") from error
        if not (granted.access_token.isascii() and granted.access_token.isprintable()):
            raise _no_token("answered with an access_token that no header can hold")
        self._headers = _both(granted.access_token)
        self._expires = self._clock() + granted.expires_in * (1 - _EARLY)


class _Granted(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float = 60.0


_granted = msgspec.json.Decoder(_Granted)


def _both(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}", "OIDC_access_token": token}


def _no_token(happened: str, status: int | None = None) -> TcsUnavailableError:
    told = f"{happened}; for 400 and 401 check client id and secret"
    return TcsUnavailableError("POST", TOKEN_ENDPOINT, told, status=status)
