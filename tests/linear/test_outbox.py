"""The outbox's poll costs so many commands, and values in them, as there are packets: never packets times packets."""

from pathlib import Path
from random import Random
from typing import Any

from pymongo import monitoring
from tests.linear.counting import MOST_FOR_FOUR_TIMES
from tests.servers import place
from tests.services.bench import Benches
from tests.services.records import applicant, applicants
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.production.engine import ProductionEngine
from tis_esr.engine.production.mongodb.schema import INBOX, OUTBOX
from tis_esr.simulation.days.generated_world import World

FEW, MANY = 30, 120


class _Counting(monitoring.CommandListener):
    """Counts commands about the outbox and the inbox, and the values in them."""

    def __init__(self) -> None:
        self.number = 0

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        command = event.command
        if command.get(event.command_name) in (OUTBOX, INBOX) or command.get("collection") in (OUTBOX, INBOX):
            self.number += _values(command)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Do nothing."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """Do nothing."""


def _values(command: Any) -> int:
    if isinstance(command, dict):
        return 1 + sum(map(_values, command.values()))
    return sum(map(_values, command)) if isinstance(command, list) else 1


COUNTING = _Counting()
monitoring.register(COUNTING)


async def _cost(folder: Path, packets: int) -> int:
    async with Benches(folder, place()).open("DataExporter", World(TODAY, Random(1))) as bench:
        engine = bench.engine
        assert isinstance(engine, ProductionEngine)
        messages = [applicants(1, applicant(n), of=n) for n in range(1, packets + 1)]
        for message in messages:
            await bench.send(message)
        await bench.handle(*messages)
        await engine.stop_renewing()
        await engine.database[OUTBOX].update_many({}, {"$set": {"look_at": 0.0}})
        before = COUNTING.number
        for _ in range(1 + packets // 100):
            await engine.relay.look_at_what_is_due()
        cost = COUNTING.number - before
        assert await engine.database[OUTBOX].count_documents({"state": "sent"}) == 0
        return cost


async def test_four_times_the_packets_are_four_times_the_values_asked_for(tmp_path: Path) -> None:
    few, many = await _cost(tmp_path / "few", FEW), await _cost(tmp_path / "many", MANY)
    assert FEW < few < many < MOST_FOR_FOUR_TIMES * few
