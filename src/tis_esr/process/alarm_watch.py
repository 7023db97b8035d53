"""The periodic tasks of ``run`` about alarms: they are judged, and delivered to each receiver by a task of its own."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime

import structlog

from tis_esr import wall_clock
from tis_esr.engine.faults import TransientError
from tis_esr.engine.supervision import Beat
from tis_esr.engine.work import Work
from tis_esr.operations.alarms.alarm import ALARMS, AlarmState
from tis_esr.operations.alarms.deliveries import SinkStatus, statuses, unsent_since
from tis_esr.operations.alarms.delivering import deliver
from tis_esr.operations.alarms.digest import send_digest
from tis_esr.operations.alarms.evaluation import Receivers, evaluations, store
from tis_esr.operations.alarms.gauge import active_by_kind
from tis_esr.operations.alarms.judge_process import ProcessFacts
from tis_esr.operations.alarms.sight import Sight
from tis_esr.operations.alarms.sinks.configured import sinks_of
from tis_esr.operations.alarms.sinks.sink import Sink
from tis_esr.operations.alarms.sources import SOURCES, judge
from tis_esr.operations.board.built_in import terms_of
from tis_esr.operations.composition import System, reader_of
from tis_esr.operations.digest import Digest, digest
from tis_esr.process.dead_mans_switch import dead_mans_switch
from tis_esr.process.own_condition import Restarts, free_disks, memory_share
from tis_esr.process.polling import every
from tis_esr.services.flow import services
from tis_esr.settings import Settings
from tis_esr.web.metrics import Metrics

_log = structlog.get_logger()
ALARMS_TASK = "alarms"
_DELIVERY_SECONDS = 5.0
_SECONDS = {kind.id: source.seconds for source in SOURCES for kind in source.kinds}


class AlarmWatch:
    """Judges alarms for one process, and keeps its metrics of them."""

    def __init__(
        self, settings: Settings, system: System, metrics: Metrics, own_services: Sequence[str]
    ) -> None:
        self._settings, self._system, self._metrics = settings, system, metrics
        self._own_services = own_services
        self._queues = {
            name: [handler.queue for handler in own] for name, own in services(system.dependencies).items()
        }
        self._restarts = Restarts()
        self._judged_at: float | None = None
        self._digest_fault = ""
        self.sinks = sinks_of(settings)
        self._receivers = Receivers(
            sinks=[sink.name for sink in self.sinks], runbooks=settings.alarm_runbooks_url or ""
        )

    async def look(self, beat: Beat) -> None:
        """Judge what is due, store it, and measure. Raises TransientError."""
        begin = self._system.runner.work
        work = begin()
        now = datetime.fromtimestamp(work.time(), UTC)
        last: dict[str, float] = {}
        for one in await evaluations(work):
            for kind, at in one.kinds.items():
                last[kind] = max(last.get(kind, 0.0), at)
        sight = Sight(
            self._settings,
            self._system.runner.engine,
            begin,
            self._facts(now.timestamp()),
            self._queues,
            self._own_services,
            now,
            wall_clock.today(),
        )
        await store(begin, await judge(sight, SOURCES, last, beat), self._receivers, sight.today, now)
        await self._measure(begin)
        self._judged_at = asyncio.get_running_loop().time()
        await self._digest_or_fault(now)

    async def _digest_or_fault(self, now: datetime) -> None:
        """Send the digest that is due; one that can't be made is logged once, retried, and alarmed about as missing."""
        try:
            await self._digest(now)
        except (TransientError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - what can't make a digest must not end the process
            fault = type(error).__name__
            if fault != self._digest_fault:
                _log.error("digest_not_made", fault=fault)
            self._digest_fault = fault
        else:
            self._digest_fault = ""

    async def _digest(self, now: datetime) -> None:
        begin, sinks = self._system.runner.work, self._receivers.sinks

        async def text(day: date) -> str:
            return (await asyncio.to_thread(self._of_day, day, now)).text

        if await send_digest(begin, sinks, self._settings.digest_cron, now, text):
            _log.info("digest_sent", sinks=list(sinks))

    def _of_day(self, day: date, now: datetime) -> Digest:
        with closing(reader_of(self._settings)) as reader:
            return digest(reader, day=day, now=now, terms=terms_of(self._settings))

    def judged_ago(self) -> float | None:
        """Return how many seconds ago alarms were judged by this process, None if they never were."""
        return None if self._judged_at is None else asyncio.get_running_loop().time() - self._judged_at

    def _facts(self, store_time: float) -> ProcessFacts:
        tcs = self._system.tcs
        loop = asyncio.get_running_loop()
        metrics = self._metrics
        metrics.clock_skew = time.time() - store_time
        metrics.disks, metrics.memory = free_disks(self._settings), memory_share()
        return ProcessFacts(
            name=self._system.process,
            breaker=tcs.breaker_state,
            limit=tcs.load.limit if tcs.load.bound > 1 else 0,
            restarted=self._restarts.within_an_hour(self._system.supervisor.restarts, loop.time()),
            clock_skew=metrics.clock_skew,
            disks=metrics.disks,
            memory=metrics.memory,
        )

    async def _measure(self, begin: Callable[[], Work]) -> None:
        work = begin()
        now = work.time()
        active_ones = await work.find(ALARMS, {"state": AlarmState.ACTIVE.value})
        self._metrics.alarms = active_by_kind(await evaluations(work), active_ones, now, _SECONDS)
        status = await asyncio.to_thread(self._statuses)
        at = datetime.fromtimestamp(now, UTC)
        self._metrics.alarms_unsent = {(one.sink,): unsent_since(one, at) for one in status}

    def _statuses(self) -> list[SinkStatus]:
        if not self.sinks:
            return []
        with closing(reader_of(self._settings)) as reader:
            return statuses(reader, self._receivers.sinks, wall_clock.now())


def alarm_tasks(
    settings: Settings, system: System, metrics: Metrics, stop: asyncio.Event, own_services: Sequence[str]
) -> list[asyncio.Task[None]]:
    """Start the tasks that judge alarms and deliver them."""
    watch = AlarmWatch(settings, system, metrics, own_services)
    judging = every(
        settings.alarm_seconds,
        watch.look,
        system.supervisor,
        metrics,
        stop,
        task=ALARMS_TASK,
        trouble="alarms_not_judged",
    )
    return [
        judging,
        *(_delivery(system, metrics, stop, sink) for sink in watch.sinks),
        *dead_mans_switch(settings, watch.judged_ago, system.supervisor, metrics, stop),
    ]


def _delivery(system: System, metrics: Metrics, stop: asyncio.Event, sink: Sink) -> asyncio.Task[None]:
    async def look(beat: Beat) -> None:
        delivering = deliver(system.runner.work, sink, beat, metrics.alarm_failures)
        await _until(stop, asyncio.create_task(delivering))

    return every(
        _DELIVERY_SECONDS,
        look,
        system.supervisor,
        metrics,
        stop,
        task=f"alarms to {sink.name}",
        trouble="alarm_delivery_failed",
    )


async def _until(stop: asyncio.Event, work: "asyncio.Task[int]") -> None:
    """Wait for a delivery; at the stop a receiver that does not answer is not waited for, and its message is repeated."""
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
    finally:
        for task in (work, stopping):
            task.cancel()
        await asyncio.gather(work, stopping, return_exceptions=True)
