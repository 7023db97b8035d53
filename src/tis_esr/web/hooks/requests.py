"""What the endpoints for events have in common: who is let in, how much is read, and how trouble is answered."""

import asyncio
import hmac
from collections.abc import Mapping
from typing import Final

import aiohttp
import msgspec
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from tis_esr.engine.faults import TransientError
from tis_esr.errors import TisEsrError

MOST_BYTES: Final = 256 * 1024
BODY_SECONDS: Final = 10.0
PASSING: Final = (TransientError, OSError, aiohttp.ClientError)
"""Why an event was not recorded, where it may be sent again."""
NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_log = structlog.get_logger(__name__)


class RefusedError(TisEsrError):
    """A request that is answered with ``status``; ``reason`` never quotes what was sent."""

    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers or {}


def has_token(request: Request, token: bytes | None) -> bool:
    """Return whether a request has the bearer token; nobody has where there is none."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if token is None or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(given.strip().encode("latin-1"), token)  # as Starlette decodes headers


async def body_of(request: Request) -> bytes:
    """Return the body of a request. Raises RefusedError where it is too large, too slow, or garbled."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > MOST_BYTES:
        raise RefusedError(413, f"the body is larger than {MOST_BYTES} bytes")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise RefusedError(400, "the body has a Content-Encoding; send it as it is")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MOST_BYTES:
                    break
    except TimeoutError as error:
        raise RefusedError(
            408, f"the body took longer than {BODY_SECONDS:.0f} s", {"Connection": "close"}
        ) from error
    except ClientDisconnect as error:
        raise RefusedError(400, "the connection ended before the body did") from error
    if len(body) > MOST_BYTES:
        raise RefusedError(413, f"the body is larger than {MOST_BYTES} bytes")
    return bytes(body)


def answer_of(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer to a request that was not taken, and log it; the log never has the body."""
    if status != 503:
        _log.warning("event_refused", status=status, reason=reason)
    return JSONResponse({"error": reason}, status, headers)


def not_recorded(fault: BaseException) -> Response:
    """Return the answer to a request that could not be stored at the moment."""
    _log.warning("event_not_stored", fault=type(fault).__name__)
    return answer_of(503, "not stored, send it again", {"Retry-After": "5"})
