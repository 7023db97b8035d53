"""Who looks after parked messages: redrives them once the cause is gone, and gives up on files that aren't there."""

import asyncio
from collections import Counter
from random import Random

from tests.simulation.chance import Chance
from tests.simulation.engine import SimEngine
from tests.simulation.files import SimFiles
from tests.simulation.loop import SimLoop
from tests.simulation.store import Entry

from tis_esr.engine.envelope import Identity
from tis_esr.services.contracts.bodies import FileArrived
from tis_esr.services.inbound_data_reader.file_splitting import UNREADABLE

_ARRIVED = "esr.queue.file.arrived"
_TIMES = 3
"""How often one message is redriven in the end: what is parked once more then stays parked."""


class Operator:
    """See the module."""

    def __init__(
        self, seed: int, loop: SimLoop, chance: Chance, engine: SimEngine, inbound: SimFiles
    ) -> None:
        self._random = Random(f"{seed} operator")
        self._loop, self._chance, self._engine, self._inbound = loop, chance, engine, inbound
        self._redriven: Counter[Identity] = Counter()

    async def look_now_and_then(self, until: float) -> None:
        """Deal with some of what is parked while there is trouble: it may be parked again."""
        while self._chance.allows("operator"):
            await asyncio.sleep(self._random.uniform(3.0, 20.0))
            if self._loop.time() >= until:
                return
            for entry in self._parked():
                if self._random.random() < 0.5:
                    await self._deal_with(entry)

    async def settle(self) -> int:
        """Deal with all that is parked, now that there is no trouble; return how many messages it was."""
        due = [entry for entry in self._parked() if self._redriven[entry.message.identity] < _TIMES]
        for entry in due:
            self._redriven[entry.message.identity] += 1
            await self._deal_with(entry)
        return len(due)

    def _parked(self) -> list[Entry]:
        """Return what is parked but for rows that can't be read: redriving doesn't make those readable."""
        return [entry for entry in self._engine.store.parked() if entry.message.queue != UNREADABLE]

    async def _deal_with(self, entry: Entry) -> None:
        message, key = entry.message, [entry.message.identity]
        missing = message.queue == _ARRIVED and message.decode(FileArrived).name not in self._inbound.files
        what = "discarded" if missing else "redriven"
        self._chance.note("operator", "what is parked is redriven, or discarded where the file is missing")
        self._loop.note(
            f"{message.correlation_id}/{message.id[:4]} on {message.queue} is {what}: {entry.reason}"
        )
        if missing:
            await self._engine.discard(key, "no such file")
        else:
            await self._engine.replay(key)
