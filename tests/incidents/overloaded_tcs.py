"""A TCS that is alive but can't keep up: the more calls at once, the slower, and beyond a number it refuses them."""

import asyncio

from aiohttp import web

from tis_esr.simulation.tcs.responses import error
from tis_esr.simulation.tcs.switches import Misbehaviour, Switches


class Overloaded(Misbehaviour):
    """Answers 502 when more than ``most`` calls are in progress; ``refused`` counts them, ``highest`` is the most at once."""

    def __init__(self, most: int, seconds_a_call: float = 0.004) -> None:
        super().__init__(Switches())
        self._most, self._seconds = most, seconds_a_call
        self._now = 0
        self.refused = 0
        self.highest = 0

    async def instead(self) -> web.Response | None:
        """Keep the caller waiting by how many there are, or refuse it."""
        self._now += 1
        self.highest = max(self.highest, self._now)
        try:
            if self._now > self._most:
                self.refused += 1
                return error(502, "Bad Gateway")
            await asyncio.sleep(self._seconds * self._now)
            return None
        finally:
            self._now -= 1
