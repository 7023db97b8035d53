"""A desk with parked messages: a queue whose handler fails as it is told, on either engine."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import date
from random import Random
from typing import Any

from tests.services.bench import FILE, Bench, Benches, message
from tests.services.old_things import EXPORTER
from tests.services.tcs_on_bench import TODAY

from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import PermanentError
from tis_esr.engine.row_accounting import Row, RowState
from tis_esr.engine.work import Work
from tis_esr.operations.audit.trail import AuditEntry, Person, entries
from tis_esr.operations.batches.advancing import advance_all
from tis_esr.operations.batches.control import batch_details
from tis_esr.operations.batches.documents import Batch, Verdict
from tis_esr.operations.batches.starting import start
from tis_esr.operations.parked.listing import Choice, ParkedMessage, parked_messages
from tis_esr.parking_causes import ParkingCause
from tis_esr.simulation.days.generated_world import World

QUEUE = "esr.queue.person.changed"
ANN, BEN = Person("ann"), Person("ben")
LATER = 10.0**11
Fault = tuple[str, ParkingCause]
REJECTED: Fault = ("TCS rejected it", ParkingCause.TCS_REJECTED)
FAILED: Fault = ("TCS answered 500", ParkingCause.TCS_FAILED)


@dataclass
class Desk:
    """A bench whose one queue parks the messages that ``faults`` name, by number; ``handled`` are those done.

    ``sent`` are the numbers by message id: messages are listed in their order.
    """

    bench: Bench
    faults: dict[int, Fault] = field(default_factory=dict)
    handled: list[int] = field(default_factory=list)
    sent: dict[str, int] = field(default_factory=dict)

    async def run(self, work: Work, messages: Sequence[Message]) -> None:
        for one in messages:
            number = one.decode(dict[str, Any])["n"]
            if number in self.faults:
                work.fail(one, PermanentError(*self.faults[number]))
            else:
                self.handled.append(number)
                if one.row:
                    work.account(one.source_file, one.row, "PER", RowState.APPLIED)

    async def park(
        self, *numbers: int, fault: Fault = REJECTED, rows: bool = False, file: str = FILE
    ) -> list[ParkedMessage]:
        """Park messages by handling them; return all that is parked."""
        self.faults |= dict.fromkeys(numbers, fault)
        if rows:
            pending = [Row(file=file, row=n, type="PER", state=RowState.PENDING) for n in numbers]
            await self.bench.account(*pending)
        messages = {n: message(QUEUE, n, {"n": n}, file, row=n if rows else 0) for n in numbers}
        self.sent |= {one.id: n for n, one in messages.items()}
        await self.bench.send(*messages.values())
        await self.bench.runner.drain([QUEUE])
        return self.parked()

    def parked(self, **choice: object) -> list[ParkedMessage]:
        with closing(self.bench.reader()) as reader:
            found = parked_messages(reader, Choice(**choice), LATER)  # type: ignore[arg-type]
        return sorted(found, key=lambda one: self.sent.get(one.id, 0))

    def audit(self) -> list[AuditEntry]:
        """Return the entries of the audit, oldest first."""
        with closing(self.bench.reader()) as reader:
            return list(reversed(entries(reader)))

    async def begin(self, messages: Sequence[ParkedMessage], *, cap: int = 100, who: Person = ANN) -> Batch:
        return await start(self.bench.runner, who, messages, choice="all", why="TCS was fixed", cap=cap)

    async def step(self) -> bool:
        """Move the batches one step on, without handling anything."""
        return await advance_all(self.bench.runner.work)

    async def steps(self) -> list[int]:
        """Move on and handle in turns until nothing changes; return how many were handled in each turn."""
        turns, before = [], -1
        while await self.step() or len(self.handled) != before:
            before = len(self.handled)
            await self.bench.runner.drain([QUEUE])
            turns.append(len(self.handled) - before)
        return turns

    def batch(self, id_: str) -> tuple[Batch, dict[int, Verdict]]:
        """Return a batch, and the verdict of each of its messages in their turn."""
        with closing(self.bench.reader()) as reader:
            found = batch_details(reader, id_)
        return found.batch, {item.number: item.verdict for item in found.items}


@asynccontextmanager
async def desk(benches: Benches, today: date = TODAY) -> AsyncIterator[Desk]:
    """Open an empty desk."""
    async with benches.open(EXPORTER, World(today, Random(1))) as bench:
        opened = Desk(bench)
        bench.runner.handlers[:] = [
            replace(handler, run=opened.run) if handler.queue == QUEUE else handler
            for handler in bench.runner.handlers
        ]
        yield opened
