"""The simulator on a few rows that a test gives, with the client and with plain HTTP."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from tis_esr.simulation.tcs.server import Running, running_simulator
from tis_esr.simulation.tcs.switches import Switches
from tis_esr.tcs.client import Tcs, TcsSettings

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Answered:
    """What came back over plain HTTP; ``body`` is None where nothing was sent."""

    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Simulated:
    """``tcs`` asks by the client, ``http`` without it; ``running`` is the simulator itself."""

    tcs: Tcs
    running: Running
    session: aiohttp.ClientSession

    async def http(self, method: str, path: str, body: Any = None) -> Answered:
        """Send one request; ``path`` begins after the context path and is encoded already."""
        content = body if isinstance(body, bytes) else None if body is None else msgspec.json.encode(body)
        url = URL(self.running.url + path, encoded=True)
        async with self.session.request(method, url, data=content) as response:
            said = await response.read()
            return Answered(response.status, msgspec.json.decode(said) if said else None, response.headers)


@asynccontextmanager
async def simulated(
    folder: Path,
    switches: Switches | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    **files: Rows,
) -> AsyncIterator[Simulated]:
    """Run the simulator on ``posts``, ``placements``, ``people`` and ``absences``. Waits are a millisecond."""
    for name, rows in files.items():
        (folder / f"{name}.jsonl").write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
    with running_simulator(folder, switches) as running:
        chosen = TcsSettings(running.url, **{"first_wait_seconds": 0.001, "attempts": 2, **(settings or {})})
        async with Tcs(chosen) as tcs, aiohttp.ClientSession() as session:
            yield Simulated(tcs, running, session)
