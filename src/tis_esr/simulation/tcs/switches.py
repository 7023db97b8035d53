"""Making the simulator slow, failing, stale or unreadable, reproducibly by seed."""

import asyncio
import random

import msgspec
from aiohttp import web

from tis_esr.simulation.tcs.responses import error


class Switches(msgspec.Struct, kw_only=True):
    """How TCS fails. ``fail_rate`` is the share of calls answered with ``fail_status``, without effect.

    ``fail_after_rate`` is the share of writes that take effect and are answered with ``fail_status`` then. ``delay_ms``
    delays every call, ``slow_ms`` the share ``slow_rate`` of them. ``fail_next`` fails that many calls, ``stale_next``
    answers that many absence changes with 409, ``hang_rate`` never answers, ``rubbish_next`` answers with a page of
    HTML.
    """

    delay_ms: int = 0
    slow_rate: float = 0.0
    slow_ms: int = 2000
    fail_rate: float = 0.0
    fail_after_rate: float = 0.0
    fail_next: int = 0
    fail_status: int = 503
    retry_after: int | None = None
    stale_next: int = 0
    hang_rate: float = 0.0
    rubbish_next: int = 0
    seed: int = 1


class Misbehaviour:
    """Applies the switches to each call."""

    def __init__(self, switches: Switches) -> None:
        self.switches = switches

    @property
    def switches(self) -> Switches:
        """The present switches; setting them restarts their seed."""
        return self._switches

    @switches.setter
    def switches(self, switches: Switches) -> None:
        self._switches = switches
        self._random = random.Random(switches.seed)  # noqa: S311 - reproducible on purpose

    async def instead(self) -> web.Response | None:
        """Return what is answered instead of the truth, or None where TCS behaves."""
        on = self.switches
        if on.delay_ms:
            await asyncio.sleep(on.delay_ms / 1000)
        if on.slow_rate and self._random.random() < on.slow_rate:
            await asyncio.sleep(on.slow_ms / 1000)
        if on.hang_rate and self._random.random() < on.hang_rate:
            await asyncio.sleep(3600)
        if on.rubbish_next:
            on.rubbish_next -= 1
            return web.Response(text="<html>please log in</html>", content_type="text/html")
        if on.fail_next or (on.fail_rate and self._random.random() < on.fail_rate):
            on.fail_next = max(0, on.fail_next - 1)
            return self._failure()
        return None

    def afterwards(self) -> web.Response | None:
        """Return what is answered to a write that took effect instead of that, or None where TCS behaves."""
        on = self.switches
        return self._failure() if on.fail_after_rate and self._random.random() < on.fail_after_rate else None

    def _failure(self) -> web.Response:
        on = self.switches
        answer = error(on.fail_status, "error.internalServerError", "made to fail")
        if on.retry_after is not None:
            answer.headers["Retry-After"] = str(on.retry_after)
        return answer

    def makes_stale(self) -> bool:
        """Return whether this change is to be answered as stale."""
        if self.switches.stale_next:
            self.switches.stale_next -= 1
            return True
        return False
