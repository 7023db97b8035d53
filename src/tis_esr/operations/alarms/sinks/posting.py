"""Sends one HTTP request to a receiver: redirects are not followed, and the address appears in no error."""

from collections.abc import Mapping

import aiohttp
from pydantic import SecretStr

from tis_esr.operations.alarms.sinks.sink import SinkError

_SECONDS = 10.0


async def post(url: SecretStr, body: bytes, headers: Mapping[str, str]) -> None:
    """Post a body; any answer but 2xx is an error. Raises SinkError."""
    await _request("POST", url, body, headers)


async def ping(url: SecretStr) -> None:
    """Request an address; any answer but 2xx is an error. Raises SinkError."""
    await _request("GET", url, None, {})


async def _request(method: str, url: SecretStr, body: bytes | None, headers: Mapping[str, str]) -> None:
    timeout = aiohttp.ClientTimeout(total=_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.request(
                method, url.get_secret_value(), data=body, headers=headers, allow_redirects=False
            ) as answer,
        ):
            status = answer.status
    except TimeoutError as error:
        raise SinkError(f"did not answer within {_SECONDS:.0f} s") from error
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise SinkError(f"could not be reached ({type(error).__name__})") from None
    if status // 100 == 3:
        raise SinkError(f"answered {status}, a redirect, which is not followed: set the final address")
    if status // 100 != 2:
        raise SinkError(f"answered {status}")
