"""The endpoint for S3's event notifications. It stores events and does nothing else."""

from collections.abc import Awaitable, Callable
from typing import Final, NoReturn

import msgspec
import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tis_esr.web.hooks.requests import (
    NOT_JSON,
    PASSING,
    RefusedError,
    answer_of,
    body_of,
    has_token,
    not_recorded,
)
from tis_esr.web.hooks.s3_events import BadEventError, FileArrived, read_events
from tis_esr.web.hooks.sns import NOTIFICATION, SUBSCRIPTION, BadSignatureError, SnsMessage, SnsVerifier

PATH: Final = "/events/s3"

_log = structlog.get_logger(__name__)


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

    def route(self) -> Route:
        """Return the route of ``POST /events/s3``.

        It responds with 202 and the number of files, or with an ``error``: 400 no event, 401 no token, 403 a bad
        signature, 408 a body that took longer than 10 s, 413 over 256 kB, 422 another bucket, 503 to be sent again.
        """
        return Route(PATH, self._answer, methods=["POST"])

    async def _answer(self, request: Request) -> Response:
        try:
            arrived = await self._arrived(request)
            self._check_bucket(arrived)
            if arrived:
                await self._record(arrived)
        except RefusedError as refused:
            return answer_of(refused.status, refused.reason, refused.headers)
        except BadSignatureError as bad:
            return answer_of(403, bad.reason)
        except BadEventError as bad:
            return answer_of(400, bad.reason)
        except PASSING as fault:
            return not_recorded(fault)
        return JSONResponse({"recorded": len(arrived)}, 202)

    async def _arrived(self, request: Request) -> list[FileArrived]:
        let_in = has_token(request, self._token)
        if not let_in and self._sns is None:
            _ask_for_token()
        body = await body_of(request)
        try:
            document = msgspec.json.decode(body)
        except NOT_JSON as error:
            if not let_in:
                _ask_for_token()
            raise RefusedError(400, "the body is not JSON") from error
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
            raise RefusedError(422, f"only events about the bucket {self._bucket} are accepted")


def _notified(text: str) -> list[FileArrived]:
    try:
        event = msgspec.json.decode(text)
    except NOT_JSON as error:
        raise BadEventError("Message is not JSON") from error
    return read_events(event)


def _ask_for_token() -> NoReturn:
    raise RefusedError(401, "a bearer token or a signature of SNS is needed", {"WWW-Authenticate": "Bearer"})
