"""Reads what a form sent, and refuses what was not sent by one of our own pages."""

import asyncio
import hmac
from collections.abc import Iterator, Mapping, Sequence
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


class Form(Mapping[str, str]):
    """The fields of a form; of a field that was sent several times, the last."""

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        self._pairs, self._last = pairs, dict(pairs)

    def __getitem__(self, name: str) -> str:
        """Return a field's value."""
        return self._last[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._last)

    def __len__(self) -> int:
        """Return how many names there are."""
        return len(self._last)

    def all(self, name: str) -> list[str]:
        """Return every value of a field, each once, in their order: what was ticked in a list."""
        return list(dict.fromkeys(value for field, value in self._pairs if field == name))


async def read_form(request: Request) -> Form:
    """Return the fields of a form of ours. Raises HTTPException.

    The form has to carry the session's token, beside what the browser says of where it comes from.
    """
    fields = await read_fields(request)
    check_token(request, fields)
    return fields


async def read_fields(request: Request) -> Form:
    """Return the fields of a form that need not be of this session, so that nothing may be done by it. Raises HTTPException."""
    return Form(await _fields(request))


def check_token(request: Request, fields: Form) -> None:
    """Raise ProblemError unless a form is of this session."""
    session = required_session(request)
    if not hmac.compare_digest(fields.get(TOKEN, "").encode(), session.form_token.encode()):
        raise ProblemError(
            403,
            "This form belongs to an earlier session. Nothing was done.",
            "Open the page again, and send the form from there.",
        )


async def _fields(request: Request) -> list[tuple[str, str]]:
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
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_FIELDS)
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
