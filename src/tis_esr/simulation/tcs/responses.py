"""TCS's responses: JSON, paging headers, and error bodies."""

from typing import Any

import msgspec
from aiohttp import web

_encoder = msgspec.json.Encoder()


def json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Return a JSON answer."""
    return web.Response(
        body=_encoder.encode(value), status=status, content_type="application/json", headers=headers
    )


def not_found() -> web.Response:
    """Return TCS's 404, which has no body."""
    return web.Response(status=404)


def error(
    status: int, message: str, description: str | None = None, fields: list[dict[str, str]] | None = None
) -> web.Response:
    """Return an error in TCS's form."""
    return json({"message": message, "description": description, "fieldErrors": fields}, status)


def server_error() -> web.Response:
    """Return the 500 that TCS gives for whatever it did not foresee."""
    return error(500, "error.internalServerError", "Internal server error")


def stale() -> web.Response:
    """Return the 409 of a row that was changed meanwhile."""
    return error(409, "error.concurrencyFailure", "You are acting on stale data, please refresh")


def page(request: web.Request, rows: list[Any]) -> web.Response:
    """Return one page of rows: ``page`` from 0, ``size`` 20 if not said and 2000 at most; with all headers."""
    number = _number(request, "page", 0, least=0)
    size = min(_number(request, "size", 20, least=1), 2000)
    last = max(0, (len(rows) - 1) // size)
    links = [("next", number + 1)] if number < last else []
    links += [("prev", number - 1)] if number > 0 else []
    links += [("last", last), ("first", 0)]
    link = ",".join(f'<{request.path}?page={n}&size={size}>; rel="{rel}"' for rel, n in links)
    return json(
        rows[number * size : (number + 1) * size], headers={"X-Total-Count": str(len(rows)), "Link": link}
    )


def _number(request: web.Request, name: str, default: int, *, least: int) -> int:
    """Return a number of the query, or the default where it makes no sense."""
    text = request.query.get(name, "")
    return int(text) if text.isdecimal() and int(text) >= least else default
