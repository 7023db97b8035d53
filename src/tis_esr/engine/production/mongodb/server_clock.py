"""The clock for leases: MongoDB's, so that no machine's wall clock matters."""

import time
from datetime import UTC
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from tis_esr.engine import monotonic_clock

_TRIES = 3
_QUICK = 0.5


class ServerClock:
    """MongoDB's time in seconds since 1970, continued by the machine's monotonic clock."""

    def __init__(self) -> None:
        self._offset = time.time() - monotonic_clock.elapsed()

    async def read(self, database: AsyncDatabase[Any]) -> None:
        """Set the clock to the server's time; ask again if the answer took so long that it is out of date."""
        for _ in range(_TRIES):
            before = monotonic_clock.elapsed()
            answer = await database.command("hello")
            took = monotonic_clock.elapsed() - before
            if took < _QUICK:
                break
        told = answer["localTime"].replace(tzinfo=UTC).timestamp()
        self._offset = float(told) - before - took / 2

    def now(self) -> float:
        """Return the server's present time."""
        return monotonic_clock.elapsed() + self._offset
