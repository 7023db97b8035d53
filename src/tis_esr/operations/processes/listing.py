"""The processes of an installation as ``tis-esr processes`` lists them."""

from enum import StrEnum

import msgspec

from tis_esr.engine.reader_protocol import Reader
from tis_esr.operations.dates import iso
from tis_esr.operations.processes.announced import Process, announced


class ProcessState(StrEnum):
    """Whether a process has sent a heartbeat lately; a gone one ended without stopping, or can't reach the store."""

    RUNNING = "RUNNING"
    GONE = "GONE"


class ListedProcess(msgspec.Struct, frozen=True, kw_only=True):
    """One process: times are in London, ``silent_seconds`` is how long ago its last heartbeat was."""

    name: str
    state: ProcessState
    version: str
    services: list[str]
    host: str
    pid: int
    engine: str
    store: str
    amqp: str
    broker: str
    schema: int
    started: str
    heartbeat: str
    silent_seconds: float
    digest: str
    settings: dict[str, str]


class Processes(msgspec.Struct, frozen=True, kw_only=True):
    """All processes that run, or are gone for less than a day, as of a moment of the engine's clock, in London time."""

    at: str
    processes: list[ListedProcess]


def processes(reader: Reader) -> Processes:
    """Return all processes that run, or are gone for less than a day."""
    now = reader.time()
    return Processes(at=iso(now), processes=[_listed(process, now) for process in announced(reader)])


def _listed(process: Process, now: float) -> ListedProcess:
    return ListedProcess(
        name=process.name,
        state=ProcessState.GONE if process.is_gone(now) else ProcessState.RUNNING,
        version=process.version,
        services=process.services,
        host=process.host,
        pid=process.pid,
        engine=process.engine,
        store=process.state or process.mongodb,
        amqp=process.amqp,
        broker=process.broker,
        schema=process.schema,
        started=iso(process.started),
        heartbeat=iso(process.heartbeat),
        silent_seconds=round(max(0.0, now - process.heartbeat), 1),
        digest=process.digest,
        settings=process.settings,
    )
