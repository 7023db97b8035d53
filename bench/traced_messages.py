"""What traces cost a message that is received, handled and causes another: processor time without engine and collector.

Handles batches of 500 on an engine that does nothing, without traces and with them, in turn as often as ``--rounds``
says; prints the least microseconds a message of each way: what else the machine does only adds to them.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from tis_esr.engine.batches import Batches
from tis_esr.engine.envelope import Message, derived_id
from tis_esr.engine.handlers import Handler, unobserved
from tis_esr.engine.message_traces import received
from tis_esr.engine.work import Work
from tis_esr.tracing.collector_client import Reply
from tis_esr.tracing.exporting import exporting
from tis_esr.tracing.spans import Start

FILE = "DE_EOE_RMC_20261124_00000101.DAT"
MESSAGES, BATCH = 20_000, 500
SHARES = {"off": None, "on, no row": 0.0, "on, 1 row in 100": 0.01, "on, every row": 1.0}


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    found: dict[str, list[float]] = {way: [] for way in SHARES}
    for _ in range(rounds):
        for way, share in SHARES.items():
            found[way].append(asyncio.run(microseconds(share)))
    for way, each in found.items():
        print(f"{way:20} {min(each):6.1f} µs a message, {min(each) - min(found['off']):+6.1f}")


async def microseconds(share: float | None) -> float:
    """Return the processor time of one message, of which a share of rows is traced; sending included."""
    began = time.process_time()
    if share is None:
        await handle()
    else:
        async with exporting(share=share, system="sqlite", instance="bench", sender=Anywhere()):
            await handle()
    return 1e6 * (time.process_time() - began) / MESSAGES


async def handle() -> None:
    """Handle all messages in batches."""

    async def commit(commit: Any) -> None: ...

    async def emit(work: Work, messages: Sequence[Message]) -> None:
        for message in messages:
            work.emit("b", {}, cause=message)

    engine: Any = SimpleNamespace(commit=commit)

    def begin(messages: Sequence[Message]) -> Work:
        now = datetime(2026, 11, 24, tzinfo=UTC)
        return Work(engine, {"b": ["esr.queue.b"]}, today=now.date(), now=now, messages=messages)

    batches = Batches(engine, begin, unobserved)
    handler = Handler("esr.queue.a", "a", emit)
    for first in range(0, MESSAGES, BATCH):
        messages = [message_of(row) for row in range(first, first + BATCH)]
        with received("esr.queue.a", messages, Start.now()):
            await batches.handle(handler, messages)


def message_of(row: int) -> Message:
    """Return a message of one row."""
    return Message(
        id=derived_id(FILE, row),
        queue="esr.queue.a",
        correlation_id=f"{FILE}:{row + 1}",
        source_file=FILE,
        deanery="EOE",
        row=row + 1,
        body=b"{}",
    )


class Anywhere:
    """A connection that takes everything."""

    def send(self, *_: object) -> Reply:
        """Do nothing."""
        return Reply()


if __name__ == "__main__":
    main()
