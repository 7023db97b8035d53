"""The endpoint for S3's event notifications. It stores events and does nothing else."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NoReturn

import aiohttp
import msgspec
import structlog
from aiohttp import web

from tis_esr.engine.faults import TransientError
from tis_esr.errors import TisEsrError
from tis_esr.web.hooks.s3_events import BadEventError, FileArrived, read_events
from tis_esr.web.hooks.sns import NOTIFICATION, SUBSCRIPTION, BadSignatureError, SnsMessage, SnsVerifier

PATH: Final = "/events/s3"
MOST_BYTES: Final = 256 * 1024
BODY_SECONDS: Final = 10.0
_PASSING: Final = (TransientError, OSError, aiohttp.ClientError)
_NOT_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_log = structlog.get_logger(__name__)


class _RefusedError(TisEsrError):
    def __init__(self, status: int, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers or {}


class S3Hook:
    """Accepts S3's events from S3, EventBridge or SNS, and responds once ``record`` has stored them.

    A sender is authenticated by ``bearer_token`` or by SNS's signature; if both are None, none is. ``record``
    gets all files of one request together, at least one, and may get the same ones again, because senders repeat.
    ``visit`` gets a URL by GET to confirm a subscription; it must not follow redirects and raises what
    aiohttp raises when it fails. Every event must be about ``bucket``. Neither a body nor a token is logged.
    """

    def __init__(
        self,
        record: Callable[[list[FileArrived]], Awaitable[None]],
        bearer_token: str | None,
        sns: SnsVerifier | None,
        visit: Callable[[str], Awaitable[None]],
        bucket: str,
    ) -> None:
        self._record = record
        self._token = bearer_token.encode() if bearer_token else None
        self._sns = sns
        self._visit = visit
        self._bucket = bucket

    def add_to(self, app: web.Application) -> None:
        """Add ``POST /events/s3`` to ``app``.

        It responds with 202 and the number of files, or with an ``error``: 400 no event, 401 no token, 403 a bad
        signature, 408 a body that took longer than 10 s, 413 over 256 kB, 422 another bucket, 503 to be sent again.
        """
        app.router.add_post(PATH, self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            arrived = await self._arrived(request)
            self._check_bucket(arrived)
            if arrived:
                await self._record(arrived)
        except _RefusedError as refused:
            return _error(refused.status, refused.reason, refused.headers)
        except BadSignatureError as bad:
            return _error(403, bad.reason)
        except BadEventError as bad:
            return _error(400, bad.reason)
        except _PASSING as fault:
            _log.warning("event_not_stored", fault=type(fault).__name__)
            return _error(503, "not stored, send it again", {"Retry-After": "5"})
        return web.json_response({"recorded": len(arrived)}, status=202)

    async def _arrived(self, request: web.Request) -> list[FileArrived]:
        let_in = self._has_token(request)
        if not let_in and self._sns is None:
            _ask_for_token()
        body = await _body(request)
        try:
            document = msgspec.json.decode(body)
        except _NOT_JSON as error:
            if not let_in:
                _ask_for_token()
            raise _RefusedError(400, "the body is not JSON") from error
        if isinstance(document, dict) and "Type" in document and "Signature" in document:
            return await self._from_sns(document)
        if not let_in:
            _ask_for_token()
        return read_events(document)

    async def _from_sns(self, document: dict[str, object]) -> list[FileArrived]:
        """Return the content of an envelope. Its signature is verified even if the sender has the token.

        Without a verifier the sender was authenticated by token: then only notifications are accepted.
        """
        try:
            message = msgspec.convert(document, SnsMessage)
        except msgspec.ValidationError as error:
            raise BadSignatureError("not a valid SNS envelope") from error
        if self._sns is not None:
            await self._sns.verify(message)
        elif message.Type != NOTIFICATION:
            raise BadSignatureError("subscription not confirmed: TIS_ESR_SNS_TOPICS names no topic")
        if self._sns is not None and message.Type == SUBSCRIPTION:
            await self._visit(self._sns.subscribe_url(message))
            _log.info("subscription_confirmed")
        return _notified(message.Message) if message.Type == NOTIFICATION else []

    def _check_bucket(self, arrived: list[FileArrived]) -> None:
        if any(file.bucket != self._bucket for file in arrived):
            raise _RefusedError(422, f"only events about the bucket {self._bucket} are accepted")

    def _has_token(self, request: web.Request) -> bool:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        if self._token is None or scheme.lower() != "bearer":
            return False
        return hmac.compare_digest(given.strip().encode(errors="surrogateescape"), self._token)


async def _body(request: web.Request) -> bytes:
    if (request.content_length or 0) > MOST_BYTES:
        raise _RefusedError(413, f"the body is larger than {MOST_BYTES} bytes")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > MOST_BYTES:
                    break
    except TimeoutError as error:
        raise _RefusedError(
            408, f"the body took longer than {BODY_SECONDS:.0f} s", {"Connection": "close"}
        ) from error
    except web.RequestPayloadError as error:
        raise _RefusedError(400, "the body is not what its Content-Encoding says") from error
    if len(body) > MOST_BYTES:
        raise _RefusedError(413, f"the body is larger than {MOST_BYTES} bytes")
    return bytes(body)


def _notified(text: str) -> list[FileArrived]:
    try:
        event = msgspec.json.decode(text)
    except _NOT_JSON as error:
        raise BadEventError("Message is not JSON") from error
    return read_events(event)


def _ask_for_token() -> NoReturn:
    raise _RefusedError(401, "a bearer token or a signature of SNS is needed", {"WWW-Authenticate": "Bearer"})


def _error(status: int, reason: str, headers: Mapping[str, str] | None = None) -> web.Response:
    if status != 503:
        _log.warning("event_refused", status=status, reason=reason)
    return web.json_response({"error": reason}, status=status, headers=headers)
