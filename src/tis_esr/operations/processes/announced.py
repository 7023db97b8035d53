"""What a process announces of itself, while it runs: one document a process."""

import contextlib
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from tis_esr.engine.collection import Between, Collection
from tis_esr.engine.faults import TransientError
from tis_esr.engine.reader_protocol import Reader
from tis_esr.engine.work import Work

HEARTBEAT_SECONDS: Final = 15.0
GONE_SECONDS: Final = 60.0
"""A process without a heartbeat for this long is gone, or can't reach the store."""
FORGOTTEN_SECONDS: Final = 86_400.0
"""A process that is gone is listed for this long."""
_END_OF_TIME: Final = 1e12


class Process(msgspec.Struct, frozen=True, kw_only=True):
    """A running process: its ``name`` is unique on its store, and it runs ``services``.

    ``state`` is the state file, "" on the production engine, whose addresses are ``mongodb`` (with the database) and
    ``amqp`` (with the virtual host), without credentials; ``broker`` is the cluster name that RabbitMQ reports.
    ``run`` differs at each start, also in a container, where host and pid are the same again. ``started`` and
    ``heartbeat`` are times of the engine's clock. ``settings`` are those that must agree between
    processes, ``digest`` is over them.
    """

    name: str
    run: str = ""
    version: str
    services: list[str]
    host: str
    pid: int
    engine: str
    state: str = ""
    mongodb: str = ""
    amqp: str = ""
    broker: str = ""
    schema: int = 0
    started: float = 0.0
    heartbeat: float = 0.0
    settings: dict[str, str] = {}
    digest: str = ""

    def is_gone(self, now: float) -> bool:
        """Return whether it has had no heartbeat for GONE_SECONDS, by the engine's clock."""
        return now - self.heartbeat > GONE_SECONDS


PROCESSES = Collection("processes", Process, lambda process: process.name, (("heartbeat",),))


async def beat(begin: Callable[[], Work], process: Process) -> None:
    """Write a process with its heartbeat, and remove those gone for FORGOTTEN_SECONDS. Raises TransientError."""
    work = begin()
    now = work.time()
    known = (await work.get(PROCESSES, [process.name])).get(process.name)
    forgotten = await work.find(PROCESSES, {"heartbeat": Between(0.0, now - FORGOTTEN_SECONDS)})
    for gone in forgotten:
        if gone.name != process.name:
            work.remove(PROCESSES, gone)
    is_same = known is not None and _identity(known) == _identity(process)
    started = known.started if known is not None and is_same else now
    work.put(PROCESSES, msgspec.structs.replace(process, started=started, heartbeat=now))
    await work.commit()


def _identity(process: Process) -> tuple[str, int, str]:
    return process.host, process.pid, process.run


async def withdraw(begin: Callable[[], Work], name: str) -> None:
    """Remove a process that stops in good order; while the store is down it stays, and is shown as gone."""
    with contextlib.suppress(TransientError):
        work = begin()
        known = (await work.get(PROCESSES, [name])).get(name)
        if known is not None:
            work.remove(PROCESSES, known)
            await work.commit()


def is_served(reader: Reader) -> bool:
    """Return whether a process that runs services has had a heartbeat lately."""
    return any(not process.is_gone(reader.time()) for process in announced(reader))


def announced(reader: Reader) -> list[Process]:
    """Return all processes, in the order of their names."""
    found = reader.find(PROCESSES, {"heartbeat": Between(0.0, _END_OF_TIME)})
    return sorted(found, key=lambda process: process.name)


def live(processes: Sequence[Process], now: float) -> list[Process]:
    """Return the processes that are not gone."""
    return [process for process in processes if not process.is_gone(now)]
