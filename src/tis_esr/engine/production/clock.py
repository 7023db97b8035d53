"""The time by which leases are measured: MongoDB's, so that no machine's wall clock matters."""

import time
from datetime import UTC
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase


class ServerClock:
    """MongoDB's time in seconds since 1970, carried on by this machine's monotonic clock."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    async def read(self, database: AsyncDatabase[Any]) -> None:
        """Take the server's time as the truth."""
        answer = await database.command("hello")
        told = answer["localTime"].replace(tzinfo=UTC).timestamp()
        self._offset = float(told) - time.monotonic()

    def now(self) -> float:
        """Return the server's present time."""
        return time.monotonic() + self._offset
