"""The simulated TCS as a web application: all endpoints, its switches, and a log of writes."""

from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from tis_esr.simulation.tcs import absence_endpoints, person_endpoints, placement_endpoints, post_endpoints
from tis_esr.simulation.tcs.dto_store import Store
from tis_esr.simulation.tcs.responses import error, json
from tis_esr.simulation.tcs.switches import Misbehaviour, Switches

_READING = ("GET", "HEAD")
_MOST_BYTES = 64 << 20
_ALSO_FOR_ETL = ("/posts", "/placements", "/people")


class Simulator:
    """The application with its store, its switches, and ``calls``: every write with its status, in order.

    A write that took effect has that status, also where it was made to fail afterwards: see ``answered``.
    """

    def __init__(self, data: Path, switches: Switches | None = None) -> None:
        self.store = Store(data)
        self.misbehaviour = Misbehaviour(switches or Switches())
        self.calls: list[dict[str, Any]] = []
        self.answered = 0

    @cached_property
    def app(self) -> web.Application:
        """The application with the endpoints; built when it is first needed."""
        app = web.Application(middlewares=[self._answer], client_max_size=_MOST_BYTES)
        endpoints = [
            *post_endpoints.routes(self.store),
            *placement_endpoints.routes(self.store),
            *person_endpoints.routes(self.store),
            *absence_endpoints.routes(self.store, self.misbehaviour),
        ]
        for base, some in (
            ("/tcs/api", endpoints),
            ("/tcs/etl/api", [r for r in endpoints if r.path.startswith(_ALSO_FOR_ETL)]),
        ):
            app.add_routes(web.route(r.method, base + r.path, r.handler) for r in some)
            app.add_routes(
                web.route(r.method, base + r.path + "/", r.handler) for r in some if "in/" not in r.path
            )
        app.add_routes(
            [
                web.get("/simulator/calls", self._calls),
                web.get("/simulator/stats", self._stats),
                web.post("/simulator/switches", self._set),
                web.post("/simulator/reset", self._reset),
            ]
        )
        return app

    @web.middleware
    async def _answer(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.path.startswith("/simulator"):
            return await _handled(request, handler)
        self.answered += 1
        answer: web.StreamResponse | None = await self.misbehaviour.instead()
        if answer is None:
            answer = await _handled(request, handler)
        if request.method not in _READING:
            body = await request.read()
            said = msgspec.json.decode(body) if body and answer.status < 400 else None
            call = {"method": request.method, "path": request.path, "body": said, "status": answer.status}
            self.calls.append(call)
            if answer.status < 400 and (failure := self.misbehaviour.afterwards()):
                call["answered"] = failure.status
                return failure
        return answer

    async def _calls(self, _: web.Request) -> web.Response:
        return json(self.calls)

    async def _stats(self, _: web.Request) -> web.Response:
        return json({"answered": self.answered, "written": len(self.calls)})

    async def _set(self, request: web.Request) -> web.Response:
        self.misbehaviour.switches = msgspec.convert(await request.json(), Switches)
        return json(self.misbehaviour.switches)

    async def _reset(self, _: web.Request) -> web.Response:
        self.store.load()
        self.calls.clear()
        return json({})


async def _handled(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        answer: web.StreamResponse = await handler(request)
    except web.HTTPMethodNotAllowed:
        return error(405, "error.methodNotSupported")
    except web.HTTPNotFound:
        return web.Response(status=404)
    except ValueError as fault:
        return error(400, "error.validation", type(fault).__name__)
    return answer
