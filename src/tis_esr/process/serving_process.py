"""``tis-esr run``: runs services until they are stopped, on either engine."""

import asyncio
import contextlib
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any

import aiohttp
import structlog

from tis_esr import wall_clock
from tis_esr.engine.envelope import Message
from tis_esr.engine.faults import TransientError
from tis_esr.engine.protocol import Engine
from tis_esr.engine.runner import Runner
from tis_esr.engine.supervision import Beat, log_loop_fault
from tis_esr.errors import UsageError
from tis_esr.files.file_store import FileStore, Nowhere, name_fault
from tis_esr.files.folder import BadFolderError
from tis_esr.operations.audit.logged_head import LoggedHead
from tis_esr.operations.batches.advancing import advance_all
from tis_esr.operations.composition import System, crons, purge_of, serving
from tis_esr.operations.configured_stores import inbound_store, outbound_store, same_place, secret_text
from tis_esr.process.alarm_watch import alarm_tasks
from tis_esr.process.announcement import Announcement
from tis_esr.process.garbage_collection import collect_less_often
from tis_esr.process.ledger_watch import FileWatch
from tis_esr.process.logs import log_events
from tis_esr.process.nightly_statuses import nightly_statuses
from tis_esr.process.polling import every
from tis_esr.services.command_schedule import Schedule
from tis_esr.services.contracts.commands import DAILY_RULES_COMMAND, RECONCILE_ALL_COMMAND
from tis_esr.services.flow import SERVICES, services
from tis_esr.services.inbound_data_reader.arrivals import Arrivals, announce
from tis_esr.services.tis_changes.tis_changes import announce_changes
from tis_esr.settings import Settings
from tis_esr.tcs.bounded import read_up_to
from tis_esr.web.hooks.event_hook import S3Hook
from tis_esr.web.hooks.s3_events import FileArrived
from tis_esr.web.hooks.sns import SnsVerifier
from tis_esr.web.hooks.tis_hook import TisHook
from tis_esr.web.metrics import Metrics
from tis_esr.web.serving import Hook, http

Beside = Callable[[Runner], contextlib.AbstractAsyncContextManager[None]]
"""What is served beside the services, such as the console: opened with their runner, closed when they have stopped."""
_log = structlog.get_logger()
_SCHEDULE_SECONDS = 5.0
_REQUESTED = {
    RECONCILE_ALL_COMMAND: "reconcile_all_requested",
    DAILY_RULES_COMMAND: "daily_rules_requested",
}
_ENGINE_SECONDS = 8.0
_LEDGER_SECONDS = 30.0
_RETENTION = "retention"
_PURGE_SECONDS = 300.0
_PURGE_PAUSE = 0.05
_BATCH_SECONDS = 2.0
_AUDIT_SECONDS = 30.0
_CERTIFICATE_BYTES = 64 * 1024


def chosen(names: Sequence[str]) -> list[str]:
    """Return the services named, by default all. Raises UsageError."""
    by_name = {name.lower(): name for name in SERVICES}
    wanted = [name.replace("-", "").lower() for name in names]
    for given, name in zip(names, wanted, strict=True):
        if name not in by_name:
            raise UsageError("SERVICE", f"{given!r} must be one of {', '.join(SERVICES)}")
    return [by_name[name] for name in wanted] or list(SERVICES)


def nothing_else(_: Runner) -> contextlib.AbstractAsyncContextManager[None]:
    """Serve nothing beside the services."""
    return contextlib.nullcontext()


async def run(settings: Settings, names: Sequence[str], beside: Beside = nothing_else) -> None:
    """Run services until SIGTERM or SIGINT; then finish work in progress, within drain_seconds.

    ``beside`` is served for as long as they run.
    """
    log_events(settings.log_format)
    collect_less_often()
    wanted = chosen(names)
    asyncio.get_running_loop().set_exception_handler(log_loop_fault)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        observers: list[Callable[[str, str, Sequence[Message], float], None]] = []
        reads_files, exports = "InboundDataReader" in wanted, "DataExporter" in wanted
        inbound, out = _stores(settings, reads_files=reads_files)

        def observe(queue: str, outcome: str, messages: Sequence[Message], seconds: float) -> None:
            for observer in observers:
                observer(queue, outcome, messages, seconds)

        system = await stack.enter_async_context(serving(settings, inbound, out, observe, wanted))
        metrics = Metrics(
            lambda: system.tcs.stats,
            lambda: system.tcs.breaker_state,
            lambda: system.tcs.load,
            asyncio.get_running_loop().time,
            lambda: system.supervisor.restarts,
            lambda: system.dependencies.refused_values,
        )
        observers.append(metrics.observe)
        hooks: list[Hook] = []
        if reads_files and (hook := await stack.enter_async_context(_hook(settings, system.runner))):
            hooks.append(hook)
        if "TisChanges" in wanted and (token := secret_text(settings.events_token)):
            hooks.append(TisHook(recorder_of_tis(system.runner), token))
        address = await stack.enter_async_context(
            http(
                settings.http_host,
                settings.http_port,
                troubles=system.supervisor.troubles,
                missing=lambda: _missing(system),
                metrics=lambda: measured(system.runner.engine, metrics),
                hooks=hooks,
            )
        )
        await stack.enter_async_context(beside(system.runner))
        tasks = alarm_tasks(settings, system, metrics, stop, wanted)
        if reads_files:
            tasks += [
                _sweep(settings, system, metrics, stop),
                _ledger(settings, system, metrics, stop),
                _purge(settings, system, metrics, stop),
                _batches(system, metrics, stop),
                _audit(system, metrics, stop),
            ]
        if exports:
            tasks.append(_schedule(settings, system, metrics, stop))
        if settings.reconcile_status_cron is not None and "InboundDataWriter" in wanted:
            cron = settings.reconcile_status_cron
            tasks.append(nightly_statuses(cron, system, metrics, stop))
        announcement = Announcement(settings, system.process, wanted, system.runner.work)
        tasks.append(announcement.kept(system.supervisor, metrics, stop))
        _log.info("running", services=wanted, engine=settings.engine, http=address)
        found = services(system.dependencies)
        queues = [handler.queue for name in wanted for handler in found[name]]
        try:
            await system.runner.serve(queues, stop, system.supervisor, drain_seconds=settings.drain_seconds)
        finally:
            stop.set()
            await system.supervisor.stop(tasks)
            await announcement.withdrawn()
        _log.info("stopped", handled=system.runner.handled)


def _stores(settings: Settings, *, reads_files: bool) -> tuple[FileStore, FileStore]:
    """Return the inbound and the outbound store. Raises UsageError for a place that can't be used."""
    if same_place(settings):
        raise UsageError("TIS_ESR_OUTBOUND", "is the same place as TIS_ESR_INBOUND; use two different places")
    try:
        inbound = inbound_store(settings) if reads_files else Nowhere()
    except BadFolderError as error:
        raise UsageError("TIS_ESR_INBOUND", f"{error}; create the folder, or correct its name") from error
    try:
        return inbound, outbound_store(settings)
    except BadFolderError as error:
        raise UsageError("TIS_ESR_OUTBOUND", f"{error}; correct its name or its permissions") from error


def _sweep(settings: Settings, system: System, metrics: Metrics, stop: asyncio.Event) -> asyncio.Task[None]:
    """Poll for files without an event, and measure the age of the oldest one."""
    arrivals = Arrivals(system.dependencies.inbound)
    since: dict[str, float] = {}

    async def look(_: Beat) -> None:
        waiting = await arrivals.sweep(system.runner.work)
        now = time.monotonic()
        for name in set(since) - set(waiting):
            del since[name]
        for name in waiting:
            since.setdefault(name, now)
        metrics.file_lag = max((now - first for first in since.values()), default=0.0)

    return every(
        settings.sweep_seconds,
        look,
        system.supervisor,
        metrics,
        stop,
        task="inbound files",
        trouble="inbound_poll_failed",
    )


def _ledger(settings: Settings, system: System, metrics: Metrics, stop: asyncio.Event) -> asyncio.Task[None]:
    """Count the entries of the ledger, and warn of each missing or unconfirmed file."""
    watch = FileWatch(system.runner.work, metrics, settings.confirmation_due_days)

    async def look(_: Beat) -> None:
        await watch.look()

    return every(
        _LEDGER_SECONDS,
        look,
        system.supervisor,
        metrics,
        stop,
        task="ledger of files",
        trouble="ledger_poll_failed",
    )


def _schedule(
    settings: Settings, system: System, metrics: Metrics, stop: asyncio.Event
) -> asyncio.Task[None]:
    """Send commands when they are due."""
    schedule = Schedule(crons(settings))

    async def look(_: Beat) -> None:
        for command in await schedule.tick(system.runner.work, wall_clock.now()):
            _log.info(_REQUESTED.get(command, "export_requested"), command=command)

    return every(
        _SCHEDULE_SECONDS,
        look,
        system.supervisor,
        metrics,
        stop,
        task="export schedule",
        trouble="schedule_check_failed",
    )


def _batches(system: System, metrics: Metrics, stop: asyncio.Event) -> asyncio.Task[None]:
    """Judge what the open batches have requeued, and requeue what is due."""

    async def look(_: Beat) -> None:
        await advance_all(system.runner.work)

    return every(
        _BATCH_SECONDS,
        look,
        system.supervisor,
        metrics,
        stop,
        task="batches",
        trouble="batches_not_advanced",
    )


def _audit(system: System, metrics: Metrics, stop: asyncio.Event) -> asyncio.Task[None]:
    """Log the newest entry of the audit, so that the log shows whether the trail was rewritten."""
    logged = LoggedHead(system.runner.work)

    async def look(_: Beat) -> None:
        await logged.look()

    return every(
        _AUDIT_SECONDS,
        look,
        system.supervisor,
        metrics,
        stop,
        task="audit",
        trouble="audit_not_logged",
    )


def _purge(settings: Settings, system: System, metrics: Metrics, stop: asyncio.Event) -> asyncio.Task[None]:
    """Purge old data, once a day by any process, in small steps so that handlers continue meanwhile."""
    purge = purge_of(settings, system.runner, system.dependencies.inbound, embedded=False)
    metrics.purged, purge.pause = purge.removed, _PURGE_PAUSE
    logged: Counter[str] = Counter()

    async def look(beat: Beat) -> None:
        before = purge.removed.total()

        def goes_on() -> bool:
            nonlocal before
            beat()
            removed = purge.removed.total()
            if removed > before:  # a long purge makes progress; one that fails again does not
                before, metrics.polled[_RETENTION] = removed, metrics.now()
            return not stop.is_set()

        purge.goes_on = goes_on
        await purge.of_day(wall_clock.today())
        if fresh := purge.removed - logged:
            _log.info("purged", removed=dict(fresh))
            logged.update(fresh)

    return every(
        _PURGE_SECONDS,
        look,
        system.supervisor,
        metrics,
        stop,
        task=_RETENTION,
        trouble="not_purged",
    )


async def _missing(system: System) -> dict[str, str]:
    """Return what prevents the process from working: tasks that are down or stuck, an unavailable engine."""
    try:
        async with asyncio.timeout(_ENGINE_SECONDS):
            trouble = await system.runner.engine.trouble()
    except TimeoutError:
        trouble = f"no answer within {_ENGINE_SECONDS:.0f} s"
    return {**system.supervisor.troubles(), **({"engine": trouble} if trouble else {})}


async def measured(engine: Engine, metrics: Metrics) -> bytes:
    """Return the metrics; the depths of queues are left out if the engine does not respond in time."""
    try:
        async with asyncio.timeout(_ENGINE_SECONDS):
            metrics.depths = await engine.depths()
    except (TransientError, TimeoutError):
        metrics.depths = None
    return metrics.text()


@contextlib.asynccontextmanager
async def _hook(settings: Settings, runner: Runner) -> AsyncIterator[S3Hook | None]:
    """Create the events endpoint if files come from S3 and senders of events are configured."""
    if settings.files_in != "s3" or not (settings.events_token or settings.sns_topics):
        yield None
        return
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:

        async def fetch(url: str) -> bytes:
            async with session.get(url, allow_redirects=False, raise_for_status=True) as answer:
                return await read_up_to(answer, _CERTIFICATE_BYTES)

        async def visit(url: str) -> None:
            await fetch(url)

        sns = SnsVerifier(settings.sns_topics, fetch) if settings.sns_topics else None
        yield S3Hook(
            recorder(runner, settings.inbound),
            secret_text(settings.events_token),
            sns,
            visit,
            settings.s3_bucket or "",
        )


def recorder(runner: Runner, prefix: str) -> Callable[[list[FileArrived]], Awaitable[None]]:
    """Return the function that stores events: one message per file directly under the prefix, in one transaction."""
    folder = prefix.strip("/") + "/" if prefix.strip("/") else ""

    async def record(arrived: list[FileArrived]) -> None:
        work = runner.work()
        announce(work, _ours(arrived, folder))
        await work.commit()

    return record


def recorder_of_tis(runner: Runner) -> Callable[[list[Any]], Awaitable[None]]:
    """Return what stores change records of TIS, a message each, in one transaction."""

    async def record(records: list[Any]) -> None:
        work = runner.work()
        announce_changes(work, records)
        await work.commit()

    return record


def _ours(arrived: Iterable[FileArrived], folder: str) -> list[tuple[str, str]]:
    return [
        (file.key.removeprefix(folder), f"{file.version}:{file.sequencer}")
        for file in arrived
        if file.key.startswith(folder) and _may_be_a_file(file.key.removeprefix(folder))
    ]


def _may_be_a_file(name: str) -> bool:
    """Return whether an event may be about a file of ESR's: not a folder marker, a hidden key, or one that polling reports."""
    return bool(name) and not name.startswith(".") and not name_fault(name)
