"""The wire to a real TCS: HTTP over one pool of connections."""

from collections.abc import Mapping
from typing import Final

import aiohttp
from yarl import URL

from tis_esr.tcs.bounded import TooLargeError, read_up_to
from tis_esr.tcs.tcs_settings import TcsSettings
from tis_esr.tcs.wire import NoAnswerError, NotSentError, Reply

CONNECT_SECONDS: Final = 5.0
MOST_BYTES: Final = 32 * 1024 * 1024
"""The size limit of one reply. A bulk lookup of 200 records has about 4 MB."""


class HttpWire:
    """See Wire. Redirects are not followed, because a login page is not a response of TCS."""

    def __init__(self, settings: TcsSettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """See Wire.open."""
        seconds = self._settings.timeout_seconds
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._settings.concurrency),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=seconds, sock_connect=min(CONNECT_SECONDS, seconds)),
            headers={"Accept": "application/json", "User-Agent": "tis-esr"},
        )

    async def close(self) -> None:
        """See Wire.close."""
        if self._session:
            await self._session.close()
            self._session = None

    async def send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        """See Wire.send."""
        if self._session is None:
            raise RuntimeError("use the TCS client inside 'async with'")
        try:
            async with self._session.request(
                method, URL(url, encoded=True), data=body, headers=headers, allow_redirects=False
            ) as response:
                return Reply(response.status, response.headers, await read_up_to(response, MOST_BYTES))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise NotSentError(f"could not connect to TCS ({type(error).__name__})") from error
        except TimeoutError as error:
            raise NoAnswerError(f"timed out after {self._settings.timeout_seconds:g} s") from error
        except TooLargeError as error:
            raise NoAnswerError(f"answered with more than {MOST_BYTES // 2**20} MB") from error
        except (aiohttp.ClientError, OSError) as error:
            raise NoAnswerError(f"was disconnected ({type(error).__name__})") from error
