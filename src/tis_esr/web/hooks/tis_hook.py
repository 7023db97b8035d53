"""The endpoint that change records of TIS come to. It records them and does nothing else."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
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

PATH: Final = "/hooks/tis"


class TisHook:
    """Takes one change record or a list of them, and answers once ``record`` has stored them.

    A sender is let in by ``bearer_token``. ``record`` gets all records of one request together, at least one, and may get the
    same ones again: senders repeat. What a record says is judged later: a faulty one is parked, and costs no other.
    """

    def __init__(self, record: Callable[[list[Any]], Awaitable[None]], bearer_token: str) -> None:
        self._record = record
        self._token = bearer_token.encode()

    def route(self) -> Route:
        """Return the route of ``POST /hooks/tis``.

        It answers 202 and how many records were stored, or says in ``error`` what was wrong: 400 no JSON or neither an
        object nor a list of objects, 401 no token, 408 a body that took longer than 10 s, 413 over 256 kB, 503 to be sent again.
        """
        return Route(PATH, self._answer, methods=["POST"])

    async def _answer(self, request: Request) -> Response:
        try:
            records = await self._records(request)
            if records:
                await self._record(records)
        except RefusedError as refused:
            return answer_of(refused.status, refused.reason, refused.headers)
        except PASSING as fault:
            return not_recorded(fault)
        return JSONResponse({"recorded": len(records)}, 202)

    async def _records(self, request: Request) -> list[Any]:
        if not has_token(request, self._token):
            raise RefusedError(401, "a valid bearer token is needed", {"WWW-Authenticate": "Bearer"})
        try:
            found = msgspec.json.decode(await body_of(request))
        except NOT_JSON as error:
            raise RefusedError(400, "the body is not JSON") from error
        records = found if isinstance(found, list) else [found]
        if not all(isinstance(record, dict) for record in records):
            raise RefusedError(400, "the body is neither a change record nor a list of them")
        return records
