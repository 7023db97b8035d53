"""The task by which a process announces itself in the store, until it stops."""

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from tis_esr.engine.supervision import Beat, Supervisor
from tis_esr.engine.work import Work
from tis_esr.operations.processes.announced import HEARTBEAT_SECONDS, Process, beat, withdraw
from tis_esr.operations.processes.announcing import broker_of, described
from tis_esr.process.polling import every
from tis_esr.settings import Settings
from tis_esr.web.metrics import Metrics


class Announcement:
    """What one process announces under its ``name``, on either engine."""

    def __init__(
        self, settings: Settings, name: str, services: Sequence[str], begin: Callable[[], Work]
    ) -> None:
        self._settings, self._begin = settings, begin
        self._process: Process = described(settings, name, services)

    def kept(self, supervisor: Supervisor, metrics: Metrics, stop: asyncio.Event) -> "asyncio.Task[None]":
        """Start the task: a heartbeat every HEARTBEAT_SECONDS."""

        async def look(_: Beat) -> None:
            await self.heartbeat()

        return every(
            HEARTBEAT_SECONDS,
            look,
            supervisor,
            metrics,
            stop,
            task="announcement",
            trouble="process_not_announced",
        )

    async def heartbeat(self) -> None:
        """Announce the process, also while RabbitMQ can't be asked for its name. Raises TransientError."""
        await beat(self._begin, self._process)
        if not self._process.broker and (broker := await broker_of(self._settings)):
            self._process = msgspec.structs.replace(self._process, broker=broker)
            await beat(self._begin, self._process)

    async def withdrawn(self) -> None:
        """Remove it at an orderly stop."""
        await withdraw(self._begin, self._process.name)
