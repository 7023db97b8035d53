"""TCS in the process: the simulator's own endpoints, behind a wire that delays, loses, refuses and garbles.

What was sent lives on by itself: whether the caller waits, was cancelled, froze or died, a write takes effect
when the draw says, no later than ``UNCERTAIN_SECONDS`` after it was sent.
"""

import asyncio
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from random import Random
from typing import Any

import msgspec
from multidict import CIMultiDict
from tests.simulation.chance import Chance, Draw
from tests.simulation.loop import START, SimLoop
from tests.simulation.trouble import PARTS, Trouble
from yarl import URL

from tis_esr.simulation.tcs.app import Simulator
from tis_esr.simulation.tcs.responses import error
from tis_esr.tcs.wire import NoAnswerError, NotSentError, Reply

UNCERTAIN_SECONDS = 60.0
TIMEOUT_SECONDS = 30.0
_GATEWAY = (502, 504, 408)


class _Request:
    """As much of a request as the simulator's endpoints look at."""

    def __init__(self, method: str, url: URL, body: bytes | None) -> None:
        self.method = method
        self.rel_url = url.relative() if url.absolute else url
        self.path = url.path
        self.query = url.query
        self.match_info: Mapping[str, str] = {}
        self._body = body

    async def read(self) -> bytes:
        return self._body or b""

    async def json(self) -> Any:
        return msgspec.json.decode(self._body or b"")


class SimTcs:
    """See the module. Without ``random`` it is calm."""

    def __init__(
        self,
        data: Path,
        loop: SimLoop,
        chance: Chance,
        random: Random | None = None,
        trouble: Trouble | None = None,
    ) -> None:
        self.simulator = Simulator(data)
        self.under_way = 0
        self.usual_seconds = 0.03
        self._loop = loop
        self._chance = chance
        self._random = random
        self._trouble = trouble or Trouble()

    async def open(self) -> None:
        """See Wire.open."""

    async def close(self) -> None:
        """See Wire.close."""

    async def send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        """See Wire.send."""
        address = URL(url, encoded=True)
        if self._random is None:
            return await self._handled(method, address, body)
        kind = _kind(method, address)
        fault, draw = self._fault(kind, method, _record(address, body))
        if fault == "refused":
            await asyncio.sleep(0.001)
            raise NotSentError("ClientConnectorError")
        reply: asyncio.Future[Reply | Exception] = self._loop.create_future()
        self.under_way += 1
        self._loop.outside(self._serve(method, address, body, reply, fault, draw))
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                found = await reply
        except TimeoutError:
            raise NoAnswerError(f"no answer within {TIMEOUT_SECONDS:g} s") from None
        if isinstance(found, Exception):
            raise found
        return found

    def _fault(self, kind: str, method: str, record: str) -> tuple[str, Draw]:
        """Return what goes wrong with a call: "" for nothing."""
        now = self._loop.time()
        for outage in self._trouble.outages:
            if outage.start <= now < outage.end and self._chance.allows(outage.name):
                start, end = outage.start - START, outage.end - START
                self._note(outage.name, f"all calls from {start:.0f} to {end:.0f} s: {outage.how}")
                return outage.how, self._chance.draw("outage")
        for refusal in self._trouble.refusals if method != "GET" else ():
            if refusal.start <= now < refusal.end and _part(record) == refusal.number:
                self._note(refusal.name, f"400 for {record} until {refusal.end - START:.0f} s")
                return "before 400", self._chance.draw("refused")
        draw = self._chance.draw(f"tcs.{kind}")
        if not self._trouble.is_on(self._loop) or not self._chance.allows(draw.name):
            return "", draw
        if draw.numbers[0] < self._trouble.tcs_rate:
            fault = draw.one_of(*(_READ_FAULTS if method == "GET" else _WRITE_FAULTS))
        elif draw.numbers[0] < self._trouble.tcs_rate + self._trouble.tcs_slow_rate:
            fault = "slow"
        else:
            return "", draw
        if fault == "stale" and not kind.startswith("PATCH.absence"):
            fault = "before 503"
        if fault == "list 302" and "/in" not in kind:
            fault = "before 429"
        self._note(draw.name, fault)
        return fault, draw

    def _note(self, name: str, what: str) -> None:
        self._chance.note(name, what)
        self._loop.note(f"{name}: {what}")

    async def _serve(
        self,
        method: str,
        url: URL,
        body: bytes | None,
        reply: "asyncio.Future[Reply | Exception]",
        fault: str,
        draw: Draw,
    ) -> None:
        """Be the server of one call."""

        def answer(what: Reply | Exception) -> None:
            if not reply.done():
                reply.set_result(what)

        assert self._random is not None
        try:
            usual = self.usual_seconds * (0.3 + 1.4 * self._random.random())
            how, _, detail = fault.partition(" ")
            if how in ("", "slow"):
                await asyncio.sleep(usual if not how else draw.between(1.0, 25.0))
                found = await self._handled(method, url, body)
                await asyncio.sleep(usual / 3 if not how else draw.between(0.0, 25.0, 3))
                answer(found)
                return
            await asyncio.sleep(usual)
            if how in ("after", "list"):
                found = await self._handled(method, url, body)
                await asyncio.sleep(usual / 3)
                answer(_garbled(detail, found))
                return
            if how == "stale":
                answer(_garbled("409", None))
                return
            answer(_garbled(detail or how, None))
            if how == "late":
                await asyncio.sleep(draw.between(0.0, UNCERTAIN_SECONDS - 1.0) - usual)
                await self._handled(method, url, body)
                self._loop.note(f"{draw.name}: takes effect now")
        finally:
            self.under_way -= 1

    async def _handled(self, method: str, url: URL, body: bytes | None) -> Reply:
        """Have the simulator do what it is asked."""
        app = self.simulator.app
        request: Any = _Request(method, url, body)
        request.match_info = match = await app.router.resolve(request)
        response: Any = await app.middlewares[0](request, match.handler)  # type: ignore[arg-type]
        content = response.body or b""
        if method != "GET":
            said = msgspec.json.decode(body) if body else {}
            short = {name: said[name] for name in ("positionId", "status", "filename") if name in said}
            self._loop.note(
                f"TCS: {method} {url.path.removeprefix('/tcs/api')} {short or ''} {response.status}"
            )
        return Reply(response.status, response.headers, content)


_READ_FAULTS = (
    "refused", "cut", "before 500", "before 502", "before 503", "before 504", "before 429", "before 401",
    "before 408", "before html", "list 302",
)  # fmt: skip
_WRITE_FAULTS = (
    "refused", "cut", "before 500", "before 502", "before 503", "before 504", "before 429", "before 401",
    "before 408", "stale", "after cut", "after 500", "after 502", "after 503", "after 504", "after 408",
    "after html", "late cut", "late 502", "late 504", "late 408", "late hang", "late cut", "late hang",
)  # fmt: skip


def _garbled(how: str, found: Reply | None) -> Reply | Exception:
    """Return the answer that is given instead of the one that was found, if any."""
    if how in ("cut", "hang"):
        return NoAnswerError(
            "ServerDisconnectedError" if how == "cut" else f"no answer within {TIMEOUT_SECONDS:g} s"
        )
    if how == "html":
        return Reply(200, CIMultiDict({"Content-Type": "text/html"}), b"<html>please log in</html>")
    if how == "302":
        return Reply(302, CIMultiDict(), found.content if found else b"[]")
    status = int(how)
    code = {400: "error.validation", 403: "error.accessDenied"}.get(status, "error.internalServerError")
    said = b"" if status in (*_GATEWAY, 401) else error(status, code).body
    headers: CIMultiDict[str] = CIMultiDict({"Retry-After": "2"} if status == 429 else {})
    return Reply(status, headers, bytes(said or b""))  # type: ignore[arg-type]  # the simulator's bodies are bytes


def _record(url: URL, body: bytes | None) -> str:
    """Name what a write is about: the endpoint with its id, and the position where it tells of one."""
    said = msgspec.json.decode(body) if body else {}
    return f"{url.path.removeprefix('/tcs/api/')} {said.get('positionId', '')}".strip()


def _part(record: str) -> int:
    return blake2b(record.encode(), digest_size=1).digest()[0] % PARTS


def _kind(method: str, url: URL) -> str:
    """Name an endpoint by what it is about: ``PATCH.contact-details``, ``POST.esr-changed``, ``GET.posts/in``."""
    parts = [part for part in url.path.removeprefix("/tcs/api/").split("/") if not part[:1].isdecimal()]
    if "in" in parts[1:2]:
        return f"{method}.{parts[0]}/in"
    return f"{method}.{parts[-1] if parts[0] in ('posts', 'placements', 'trainee') else parts[0]}"
