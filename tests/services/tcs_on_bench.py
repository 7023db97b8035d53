"""TCS in the process, by the client's own wire: a call can be told to fail, before or after its effect, or late."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
from tests.journeys.small_world import TODAY
from yarl import URL

from tis_esr.simulation.days.generated_world import World
from tis_esr.simulation.tcs.app import Simulator
from tis_esr.tcs.breaker import Breaker
from tis_esr.tcs.client import Tcs, TcsSettings
from tis_esr.tcs.wire import NoAnswerError, NotSentError, Reply

UNCERTAIN_SECONDS = 0.05
_ROOT = "http://tcs.example"

__all__ = ["TODAY", "UNCERTAIN_SECONDS", "BenchTcs", "Trouble"]


class Trouble(StrEnum):
    """How a call ends: what the caller sees, and whether TCS acts on it: never, before it, or later."""

    NOT_CONNECTED = "not connected"
    CUT_BEFORE = "cut before"
    CUT_AFTER = "cut after"
    CUT_LATE = "cut late"
    STATUS_500_BEFORE = "500 before"
    STATUS_500_AFTER = "500 after"
    STATUS_502_AFTER = "502 after"
    STATUS_502_LATE = "502 late"
    STATUS_503_BEFORE = "503 before"
    STATUS_503_AFTER = "503 after"
    REFUSED = "400 before"
    DENIED = "403 before"


PASSING = [trouble for trouble in Trouble if trouble is not Trouble.REFUSED]
"""After these the same call works."""


@dataclass(frozen=True)
class _Late:
    """A call that TCS acts on at ``due`` (seconds since 1970)."""

    due: float
    method: str
    url: URL
    body: bytes | None


class _Request:
    """As much of a request as the simulator's endpoints look at."""

    def __init__(self, method: str, url: URL, body: bytes | None) -> None:
        self.method, self.path, self.query, self.rel_url = method, url.path, url.query, url.relative()
        self.match_info: Mapping[str, str] = {}
        self._body = body or b""

    async def read(self) -> bytes:
        return self._body

    async def json(self) -> Any:
        return msgspec.json.decode(self._body)


class BenchTcs:
    """The wire and the simulator behind it. ``failing`` has the trouble of the n-th call, counted from 0.

    ``begun_too_early`` names the writes that were sent while an equal one could still take effect.
    """

    def __init__(
        self,
        folder: Path,
        world: World,
        failing: Mapping[int, Trouble] | None = None,
        uncertain_seconds: float = UNCERTAIN_SECONDS,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("posts", "placements", "people", "absences"):
            lines = [msgspec.json.encode(entity) + b"\n" for entity in getattr(world, name)]
            (folder / f"{name}.jsonl").write_bytes(b"".join(lines))
        self.simulator = Simulator(folder)
        self.store = self.simulator.store
        self.failing = dict(failing or {})
        self.calls: list[str] = []
        self.begun_too_early: list[str] = []
        self._late: list[_Late] = []
        settings = TcsSettings(
            f"{_ROOT}/tcs", attempts=1, first_wait_seconds=0.001, uncertain_seconds=uncertain_seconds
        )
        self._late_by = 0.8 * uncertain_seconds
        self.client = Tcs(settings, breaker=Breaker(threshold=1000), wire=self)

    async def open(self) -> None:
        pass

    async def close(self) -> None:
        pass

    async def send(self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Reply:
        await self.arrive(time.time())
        address = URL(url, encoded=True)
        if any((late.method, late.url, late.body) == (method, address, body) for late in self._late):
            self.begun_too_early.append(f"{method} {address.path}")
        trouble = self.failing.pop(len(self.calls), None)
        self.calls.append(f"{method} {address.path.removeprefix('/tcs/api')}")
        if trouble is None:
            return await self._handled(method, address, body)
        return await self._failed(trouble, method, address, body)

    async def arrive(self, now: float = float("inf")) -> None:
        """Have TCS act on the calls that are due."""
        due = [late for late in self._late if late.due <= now]
        self._late = [late for late in self._late if late.due > now]
        for late in due:
            await self._handled(late.method, late.url, late.body)

    @property
    def writes(self) -> list[str]:
        """The calls that changed something, in order, without those that TCS refused."""
        return [
            f"{call['method']} {call['path'].removeprefix('/tcs/api')}"
            for call in self.simulator.calls
            if call["status"] < 400
        ]

    def listed(self, post_id: int) -> list[tuple[int, int]]:
        """Return position id and number of what TCS lists as RECONCILED on a post."""
        events = self.store.reconciled_events(post_id)
        return sorted((event["positionId"], event["positionNumber"]) for event in events)

    async def _failed(self, trouble: Trouble, method: str, url: URL, body: bytes | None) -> Reply:
        how, _, when = trouble.value.partition(" ")
        if trouble is Trouble.NOT_CONNECTED:
            raise NotSentError("ClientConnectorError")
        if when == "after":
            await self._handled(method, url, body)
        elif when == "late" and method != "GET":
            self._late.append(_Late(time.time() + self._late_by, method, url, body))
        if how == "cut":
            raise NoAnswerError("ServerDisconnectedError")
        said = msgspec.json.encode({"message": "error.accessDenied" if how == "403" else "error.validation"})
        return Reply(int(how), {}, said)

    async def _handled(self, method: str, url: URL, body: bytes | None) -> Reply:
        request: Any = _Request(method, url, body)
        app = self.simulator.app
        request.match_info = match = await app.router.resolve(request)
        response: Any = await app.middlewares[0](request, match.handler)
        return Reply(response.status, response.headers, bytes(response.body or b""))
