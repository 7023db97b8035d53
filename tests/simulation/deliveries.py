"""What comes into the inbound store, and what is told of it: ESR's files and its answers."""

import asyncio

from tests.simulation.chance import Chance
from tests.simulation.esr import Esr
from tests.simulation.files import SimFiles
from tests.simulation.loop import SimLoop
from tests.simulation.store import SimStore
from tests.simulation.weather import Arrival

from tis_esr.engine.runner import Runner
from tis_esr.services.inbound_data_reader.arrivals import announce


class Deliveries:
    """See the module. ``hook`` is what records the events."""

    def __init__(
        self,
        seed: int,
        loop: SimLoop,
        chance: Chance,
        store: SimStore,
        inbound: SimFiles,
        out: SimFiles,
        hook: Runner,
    ) -> None:
        self.esr = Esr(seed, store)
        self.loop, self.chance, self.store = loop, chance, store
        self.inbound, self.out = inbound, out
        self._hook = hook

    async def arrive(self, arrival: Arrival, content: bytes) -> None:
        """Have a file come, and events of it, as the arrival says."""
        if arrival.early is not None:
            await asyncio.sleep(arrival.early)
            self._note(
                arrival.name.replace("twice", "missing"), f"{arrival.file} is announced before it comes"
            )
            await self._announce(arrival.file, "early")
        await asyncio.sleep(arrival.at - (arrival.early or 0.0))
        self.inbound.files[arrival.file] = content
        self.loop.note(f"file {arrival.file} arrives{'' if arrival.told else ' untold'}")
        if arrival.told:
            await self._announce(arrival.file, "first")
        else:
            self.chance.note(arrival.name.replace("twice", "untold"), f"{arrival.file} arrives untold")
        if arrival.away:
            if not arrival.told:
                await self._found(arrival.file)
            self._note(
                arrival.name.replace("twice", "away"), f"{arrival.file} is missing for {arrival.away:.0f} s"
            )
            del self.inbound.files[arrival.file]
            await asyncio.sleep(arrival.away)
            self.inbound.files[arrival.file] = content
            if arrival.told:
                await self._announce(arrival.file, "back")
        if arrival.again is not None:
            await asyncio.sleep(arrival.again - arrival.at)
            self._note(arrival.name, f"file {arrival.file} is handed in again")
            self.inbound.files[arrival.file] = content
            await self._announce(arrival.file, "again")

    async def _found(self, file: str) -> None:
        """Wait until a sweep has found a file that no event told of."""
        told = self.store.entries.setdefault("esr.queue.file.arrived", {})
        while all(entry.message.source_file != file for entry in told.values()):  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.5)

    async def confirm(self) -> None:
        """Have ESR answer the files that it has got."""
        if not self.chance.allows("confirmations"):
            return
        self.chance.note("confirmations", "ESR answers each file")
        await asyncio.gather(
            *(self.loop.outside(self._answer(*answer)) for answer in self.esr.answers(self.out.files))
        )

    async def _answer(self, after: float, name: str, content: bytes, twice: bool) -> None:
        await asyncio.sleep(after)
        self.inbound.files[name] = content
        await self._announce(name, "first")
        if twice:
            await asyncio.sleep(after)
            await self._announce(name, "again")

    async def _announce(self, file: str, arrival: str) -> None:
        work = self._hook.work()
        announce(work, [(file, arrival)])
        await work.commit()

    def _note(self, name: str, what: str) -> None:
        self.chance.note(name, what)
        self.loop.note(f"{name}: {what}")
