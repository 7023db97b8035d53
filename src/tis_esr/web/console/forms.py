"""Reads what a form sent, and refuses what was not sent by one of our own pages."""

import asyncio
import hmac
from typing import Final
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from tis_esr.web.console.console import required_session
from tis_esr.web.console.problems import ProblemError

MOST_BYTES: Final = 64 * 1024
SECONDS: Final = 10.0
_FIELDS: Final = 1000
TOKEN: Final = "form_token"  # noqa: S105 - its name


async def read_form(request: Request) -> dict[str, str]:
    """Return the fields of a form of ours; of a field that was sent twice, the last. Raises HTTPException.

    The form has to carry the session's token, beside what the browser says of where it comes from.
    """
    session = required_session(request)
    fields = await _fields(request)
    if not hmac.compare_digest(fields.get(TOKEN, "").encode(), session.form_token.encode()):
        raise ProblemError(
            403,
            "This form belongs to an earlier session. Nothing was done.",
            "Open the page again, and send the form from there.",
        )
    return fields


async def _fields(request: Request) -> dict[str, str]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(400)
    try:
        async with asyncio.timeout(SECONDS):
            body = await _body(request)
    except TimeoutError:
        raise HTTPException(408) from None
    except ClientDisconnect:
        raise HTTPException(400) from None
    try:
        return dict(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS))
    except ValueError:
        raise HTTPException(400) from None


async def _body(request: Request) -> bytes:
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > MOST_BYTES:
        raise HTTPException(413)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413)
    return bytes(body)
