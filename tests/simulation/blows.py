"""What befalls processes: kills, requests to stop, freezes, and clocks that jump."""

import asyncio
from datetime import timedelta

from tests.simulation.chance import Chance
from tests.simulation.loop import SimLoop
from tests.simulation.node import Node
from tests.simulation.weather import Blow

_GRACE_SECONDS = 30


class Blows:
    """Deals blows to processes, each at its moment."""

    def __init__(self, loop: SimLoop, chance: Chance) -> None:
        self.loop, self.chance = loop, chance

    async def kill(self, blow: Blow, node: Node) -> None:
        """Kill a process, and start it again."""
        await asyncio.sleep(blow.at)
        if node.process is None:
            return
        self._note(
            blow.name, f"{node.process.name} is killed at {blow.at:.3f} s, down for {blow.amount:.1f} s"
        )
        node.kill()
        await asyncio.sleep(blow.amount)
        node.start()

    async def stop(self, blow: Blow, node: Node) -> None:
        """Ask a process to stop, kill it where it takes too long, and start it again."""
        await asyncio.sleep(blow.at)
        process = node.process
        if process is None:
            return
        self._note(blow.name, f"{process.name} is asked to stop at {blow.at:.3f} s")
        node.stop()
        for _ in range(_GRACE_SECONDS):
            await asyncio.sleep(1.0)
            if node.is_over or node.process is not process:
                break
        if node.process is process:
            self.loop.note(f"{process.name} {'has ended' if node.is_over else 'is killed'}")
            node.kill()
            await asyncio.sleep(blow.amount)
            node.start()

    async def freeze(self, blow: Blow, node: Node) -> None:
        """Have a process stand still."""
        await asyncio.sleep(blow.at)
        if node.process is not None:
            self._note(blow.name, f"{node.process.name} freezes at {blow.at:.3f} s for {blow.amount:.1f} s")
            node.freeze(blow.amount)

    async def skew(self, blow: Blow, node: Node) -> None:
        """Have a process's clock jump."""
        await asyncio.sleep(blow.at)
        self._note(
            blow.name,
            f"the clock of process {node.number} jumps by {blow.amount:.2f} hours at {blow.at:.3f} s",
        )
        node.skew = timedelta(hours=blow.amount)

    def _note(self, name: str, what: str) -> None:
        self.chance.note(name, what)
        self.loop.note(f"{name}: {what}")
