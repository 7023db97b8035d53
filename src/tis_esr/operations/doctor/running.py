"""Services without a process, queues without a consumer, and processes that are gone."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import closing

from pika.exceptions import AMQPError

from tis_esr.engine.faults import StateInUseError, TransientError, UnusableStateError
from tis_esr.engine.production.rabbitmq.liveness import consumer_counts
from tis_esr.engine.production.server_checks import Finding
from tis_esr.engine.supervision import Supervisor
from tis_esr.errors import TisEsrError
from tis_esr.files.file_store import Nowhere
from tis_esr.operations.composition import addresses, engine_of, reader_of
from tis_esr.operations.dates import iso, readable
from tis_esr.operations.processes.announced import Process, announced, live
from tis_esr.services.flow import Dependencies, bindings_only, services
from tis_esr.settings import BadSettingsError, Settings
from tis_esr.tcs.client import Tcs, TcsSettings

_RUN = "start tis-esr run"
_SUBJECT = "tis-esr run"


async def check(settings: Settings) -> list[Finding]:
    """Name the services that no process runs; on the embedded engine one process holds the state file."""
    announced = announced_processes(settings)
    found = announced or ([], 0.0)
    gone = [process for process in found[0] if process.is_gone(found[1])]
    if settings.engine == "embedded":
        return [*await _of_state(settings, live(*found)), *gone_findings(gone)]
    by_queue = queues_by_service()
    try:
        queues = [queue for own in by_queue.values() for queue in own]
        consumers = await consumer_counts(addresses(settings).amqp_url, queues)
    except (BadSettingsError, AMQPError, OSError, TimeoutError, ValueError):
        return [Finding(_SUBJECT, "could not list the consumers of RabbitMQ's queues", "see engine")]
    idle = {queue for queue, number in consumers.items() if not number}
    running = live(*found)
    others = []
    if announced is not None:
        others += foreign_findings(by_queue, idle, running, gone)
        others += shared_findings(by_queue, consumers, running, gone)
    return [*idle_findings(by_queue, idle, running), *others, *gone_findings(gone)]


def announced_processes(settings: Settings) -> tuple[list[Process], float] | None:
    """Return the announced processes, and the time of the engine's clock; None if the store can't be read."""
    if settings.engine == "embedded" and not settings.state.exists():
        return [], 0.0
    try:
        with closing(reader_of(settings)) as reader:
            return announced(reader), reader.time()
    except (TisEsrError, TransientError):
        return None


def queues_by_service() -> dict[str, list[str]]:
    """Return the queues of each service."""
    nowhere = Nowhere()
    dependencies = Dependencies(Tcs(TcsSettings(base_url="http://localhost/tcs")), nowhere, nowhere)
    return {name: [handler.queue for handler in own] for name, own in services(dependencies).items()}


def idle_findings(
    by_service: Mapping[str, Sequence[str]], idle: Collection[str], running: Sequence[Process]
) -> list[Finding]:
    """Return services that no process runs, and queues without a consumer although a process should read them."""
    stopped = [name for name, own in by_service.items() if not set(own).isdisjoint(idle)]
    if len(stopped) == len(by_service) and not running:
        return [Finding(_SUBJECT, "no process is running: nothing reads the queues", _RUN)]
    found = []
    missing = [name for name in stopped if not _runs(name, running)]
    if missing:
        named = ", ".join(missing)
        found.append(Finding(_SUBJECT, f"no process runs {named}", f"start tis-esr run {' '.join(missing)}"))
    for name in stopped:
        if names := _runs(name, running):
            queues = ", ".join(queue for queue in by_service[name] if queue in idle)
            problem = f"{queues}: no consumer, although {', '.join(names)} runs {name}"
            found.append(Finding(_SUBJECT, problem, "see the log of that process, and restart it"))
    return found


def foreign_findings(
    by_service: Mapping[str, Sequence[str]],
    idle: Collection[str],
    running: Sequence[Process],
    gone: Sequence[Process],
) -> list[Finding]:
    """Return the services that no announced process runs, although all of their queues have a consumer.

    What reads them may be a process that can't reach the store, and so is ``gone``, or another program.
    """
    read = [
        name for name, own in by_service.items() if set(own).isdisjoint(idle) and not _runs(name, running)
    ]
    found = []
    for process in gone:
        if own := [name for name in read if name in process.services]:
            since = readable(iso(process.heartbeat))
            problem = f"{process.name} has had no heartbeat since {since}, but the queues of {', '.join(own)} have a consumer"
            remedy = "see its log: it may still run without reaching the store. If it has ended, find the consumer with rabbitmqctl list_consumers"
            found.append(Finding(_SUBJECT, problem, remedy))
    foreign = [name for name in read if not _runs(name, gone)]
    if foreign:
        problem = f"no announced process runs {', '.join(foreign)}, but something else reads the queues"
        remedy = "find it with rabbitmqctl list_consumers, and stop it: the messages that it takes are not handled here"
        found.append(Finding(_SUBJECT, problem, remedy))
    return found


def shared_findings(
    by_service: Mapping[str, Sequence[str]],
    consumers: Mapping[str, int],
    running: Sequence[Process],
    gone: Sequence[Process],
) -> list[Finding]:
    """Return a note of the services whose queues have more consumers than announced processes run them.

    Those of another installation in the same virtual host take messages of this one, and store what follows elsewhere.
    """
    shared = [
        name
        for name, own in by_service.items()
        if _runs(name, running)
        and min(consumers[queue] for queue in own) > len(_runs(name, [*running, *gone]))
    ]
    if not shared:
        return []
    problem = f"the queues of {', '.join(shared)} have more consumers than announced processes run them"
    remedy = (
        "unless a command such as tis-esr day runs, find them with rabbitmqctl list_consumers:"
        " another installation in the same virtual host takes messages of this one. Give each a virtual host of its own"
    )
    return [Finding(_SUBJECT, problem, remedy, is_note=True)]


def gone_findings(gone: Sequence[Process]) -> list[Finding]:
    """Return a note for each process that ended without stopping; whether its services run elsewhere is checked apart."""
    return [
        Finding(
            _SUBJECT,
            f"{process.name} ({', '.join(process.services)}) is gone: last heartbeat {readable(iso(process.heartbeat))}",
            "if it was not replaced, see its log and start it; its messages were released",
            is_note=True,
        )
        for process in gone
    ]


def _runs(service: str, running: Sequence[Process]) -> list[str]:
    return [process.name for process in running if service in process.services]


async def _of_state(settings: Settings, running: Sequence[Process]) -> list[Finding]:
    if not await _is_held(settings):
        problem = f"no process has {settings.state} open: no files are read and no exports are scheduled"
        remedy = f"{_RUN}, unless each day is run manually with tis-esr day"
        return [Finding(_SUBJECT, problem, remedy, is_note=True)]
    missing = [name for name in queues_by_service() if not _runs(name, running)]
    if not running or not missing:
        return []
    problem = f"no process runs {', '.join(missing)}: the state file is held by one that runs others only"
    return [Finding(_SUBJECT, problem, "restart it as tis-esr run, with all services")]


async def _is_held(settings: Settings) -> bool:
    if not settings.state.exists():
        return False
    try:
        async with Supervisor() as supervisor, engine_of(settings, bindings_only(), supervisor):
            return False
    except StateInUseError:
        return True
    except UnusableStateError:
        return False
