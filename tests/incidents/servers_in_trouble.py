"""A day whose servers are stopped while messages of one queue are handled, and started again later."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.faults.conftest import OwnServers
from tests.faults.supervised import supervised
from tests.incidents.offices import Offices, offices
from tests.incidents.services_running import settings_of
from tests.journeys.conversation import Conversation
from tests.journeys.program import Program
from tests.journeys.program import settings_of as variables_of
from tests.journeys.small_world import TODAY

from tis_esr.commands.day import day
from tis_esr.engine.production.engine import ProductionEngine
from tis_esr.simulation.days.generated_world import World

OUTAGE_SECONDS = 1.5


@contextmanager
def on(
    servers: OwnServers, folder: Path, made: Offices, also: Callable[[World], None] = lambda _: None
) -> Iterator[Conversation]:
    """Open a conversation on servers that may be stopped."""
    folder.mkdir(exist_ok=True)
    variables = dict(variables_of("production", folder, servers.place))
    with offices(folder, made, also=also, called=Program("production", folder, variables)) as talk:
        yield talk


class Reached:
    """Tells when messages of a queue are about to take effect; the day goes on meanwhile."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, queue: str) -> None:
        self._event = threading.Event()
        original = ProductionEngine.commit

        async def commit(engine: ProductionEngine, what: Any) -> None:
            if any(message.queue == queue for message in what.done):
                self._event.set()
            await original(engine, what)

        monkeypatch.setattr(ProductionEngine, "commit", commit)

    def wait(self) -> None:
        """Wait until it is so."""
        assert self._event.wait(60)


def without_database(servers: OwnServers, since: Reached) -> None:
    """Kill MongoDB once a queue is reached, and start it again after OUTAGE_SECONDS, the length of the disturbance."""
    since.wait()
    servers.mongo.kill()
    time.sleep(OUTAGE_SECONDS)
    servers.mongo.start()


def run_while(talk: Conversation, number: int, disturb: Callable[[], None]) -> None:
    """Run a day in a thread while it is disturbed, and again as a supervisor would while a server is away."""
    folder, url = talk.small.folder, talk.small.tcs.url
    settings = settings_of(talk.program, patience_seconds=60)
    today = TODAY + timedelta(days=number)
    run_day = partial(day, settings, folder / "in", folder / "out", url, today, None)
    supervised(run_day, disturb, seconds=120)


@contextmanager
def broker_out_of_memory(servers: OwnServers, since: Reached | None = None) -> Iterator[None]:
    """Have RabbitMQ at its memory limit, once a queue is reached: it accepts nothing from anybody."""
    if since is not None:
        since.wait()
    servers.rabbit.control("set_vm_memory_high_watermark", "absolute", "1MB")
    try:
        yield
    finally:
        servers.rabbit.control("set_vm_memory_high_watermark", "absolute", "1GB")
