"""Metrics for Prometheus: ids and names only, never personal data."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client import Counter as Count
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from tis_esr.engine.envelope import Message
from tis_esr.engine.protocol import Depths
from tis_esr.tcs.load_control import CHANGES, LoadControl
from tis_esr.tcs.transport import Counted
from tis_esr.visible import visible

_SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100)
_ONE_OF_MANY = re.compile(r"""(?<!\w)'[^']*'|"[^"]*"|\S*\d\S*""")
_BREAKER_STATES = ("closed", "half-open", "open")


class Metrics:
    """Counts what is observed, and queries the rest at each scrape. ``now`` is the event loop's clock."""

    def __init__(
        self,
        tcs_calls: Callable[[], Mapping[Counted, int]],
        breaker: Callable[[], str],
        tcs_load: Callable[[], LoadControl] = lambda: LoadControl(1),
        now: Callable[[], float] = time.monotonic,
        restarts: Callable[[], Mapping[str, int]] = dict,
        refused_values: Callable[[], Mapping[tuple[str, str], int]] = dict,
    ) -> None:
        self.registry = CollectorRegistry()
        self._handled = Count(
            "tis_esr_handled", "Messages handled, by outcome", ("queue", "outcome"), registry=self.registry
        )
        self._seconds = Histogram(
            "tis_esr_handler_seconds",
            "Time that a handler takes for a batch of messages",
            ("queue",),
            registry=self.registry,
            buckets=_SECONDS,
        )
        self.now = now
        self._restarts = restarts
        self._refused_values = refused_values
        self.file_lag = 0.0
        self.files: Mapping[tuple[str, ...], int] = {}
        self.file_gaps: Mapping[tuple[str, ...], int] = {}
        self.unconfirmed: Mapping[tuple[str, ...], int] = {}
        self.purged: Mapping[str, int] = {}
        self.polled: dict[str, float] = {}
        self.depths: Depths | None = None
        self.alarms: Mapping[tuple[str, ...], float] = {}
        self.alarms_unsent: Mapping[tuple[str, ...], float] = {}
        self.alarm_failures: Counter[str] = Counter()
        self.disks: Mapping[str, float] = {}
        self.memory: float | None = None
        self.clock_skew = 0.0
        self.registry.register(_Asked(lambda: self._asked(tcs_calls(), breaker(), tcs_load())))

    def observe(self, queue: str, outcome: str, messages: Sequence[Message], seconds: float) -> None:
        """Record a batch; see Observer."""
        self._handled.labels(queue, outcome).inc(len(messages))
        self._seconds.labels(queue).observe(seconds)

    def text(self) -> bytes:
        """Return all of it in Prometheus's text format."""
        return generate_latest(self.registry)

    def _asked(self, calls: Mapping[Counted, int], breaker: str, load: LoadControl) -> Iterator[Metric]:
        yield from _depths(self.depths)
        yield GaugeMetricFamily(
            "tis_esr_file_lag_seconds",
            "Age of the oldest inbound file that is not split",
            value=self.file_lag,
        )
        yield _gauge(
            "tis_esr_poll_age_seconds",
            "Time since a periodic task last succeeded",
            ("task",),
            {(task,): self.now() - at for task, at in self.polled.items()},
        )
        yield _gauge(
            "tis_esr_files",
            "Inbound files by state, without settled findings",
            ("deanery", "type", "state"),
            self.files,
        )
        yield _gauge(
            "tis_esr_file_gaps", "Inbound files that are missing", ("deanery", "type"), self.file_gaps
        )
        yield _gauge(
            "tis_esr_unconfirmed_files",
            "Outbound files that ESR has not confirmed in time, without settled ones",
            ("deanery", "type"),
            self.unconfirmed,
        )
        made = CounterMetricFamily(
            "tis_esr_tcs_calls", "Calls to TCS, by endpoint and outcome", labels=["method", "path", "outcome"]
        )
        for call, number in sorted(calls.items()):
            made.add_metric(list(call), number)
        yield made
        state = GaugeMetricFamily(
            "tis_esr_tcs_breaker", "State of the circuit breaker: 1 for the current one", labels=["state"]
        )
        for name in _BREAKER_STATES:
            state.add_metric([name], float(name == breaker))
        yield state
        refused = CounterMetricFamily(
            "tis_esr_refused_values",
            "Values of people from ESR that were not sent to TIS",
            labels=["column", "reason"],
        )
        for place, number in sorted(self._refused_values().items()):
            refused.add_metric(list(place), number)
        yield refused
        purged = CounterMetricFamily(
            "tis_esr_purged", "Documents, messages and rows removed by the purge", labels=["collection"]
        )
        for name, number in sorted(self.purged.items()):
            purged.add_metric([name], number)
        yield purged
        yield from _load(load, self.now())
        yield from self._of_alarms()
        restarted = CounterMetricFamily(
            "tis_esr_task_restarts", "Restarts of background tasks that ended unexpectedly", labels=["task"]
        )
        for task, number in sorted(self._restarts().items()):
            restarted.add_metric([task], number)
        yield restarted

    def _of_alarms(self) -> Iterator[Metric]:
        yield _gauge(
            "tis_esr_alarm_active",
            "Active alarms; 0 for a kind that was judged, absent for one that could not be, NaN for one that is not configured",
            ("alarm", "severity"),
            self.alarms,
        )
        yield _gauge(
            "tis_esr_alarm_oldest_unsent_seconds",
            "Age of the oldest message about an alarm that a receiver has not accepted",
            ("sink",),
            self.alarms_unsent,
        )
        failures = CounterMetricFamily(
            "tis_esr_alarm_sink_failures",
            "Attempts that a receiver of alarms did not accept",
            labels=["sink"],
        )
        for sink, number in sorted(self.alarm_failures.items()):
            failures.add_metric([sink], number)
        yield failures
        yield _gauge(
            "tis_esr_disk_free_ratio",
            "Free share of the disk that holds a place",
            ("place",),
            {(place,): free for place, free in self.disks.items()},
        )
        if self.memory is not None:
            yield GaugeMetricFamily(
                "tis_esr_memory_used_ratio",
                "Share of its memory limit that this process uses",
                value=self.memory,
            )
        yield GaugeMetricFamily(
            "tis_esr_clock_skew_seconds",
            "Difference between the clock of this process and that of the store",
            value=self.clock_skew,
        )


def _depths(depths: Depths | None) -> Iterator[Metric]:
    """Return the depths of queues; nothing while the engine is unavailable, rather than old values."""
    if depths is None:
        return
    depth = GaugeMetricFamily("tis_esr_queue_depth", "Messages waiting or being handled", labels=["queue"])
    oldest = GaugeMetricFamily(
        "tis_esr_queue_oldest_seconds", "Age of the oldest message in a queue", labels=["queue"]
    )
    for queue, (number, age) in sorted(depths.queues.items()):
        depth.add_metric([queue], number)
        oldest.add_metric([queue], age)
    yield depth
    yield oldest
    yield GaugeMetricFamily(
        "tis_esr_outbox_depth", "Messages committed and not delivered yet", value=depths.outbox
    )
    yield GaugeMetricFamily(
        "tis_esr_outbox_oldest_seconds", "Age of the oldest message in the outbox", value=depths.outbox_oldest
    )
    parked = GaugeMetricFamily("tis_esr_parked", "Messages parked for a person", labels=["queue", "reason"])
    for (queue, kind), number in sorted(_by_kind(depths.parked).items()):
        parked.add_metric([queue, kind], number)
    yield parked


def _gauge(
    name: str, help_text: str, labels: Sequence[str], values: Mapping[tuple[str, ...], float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, help_text, labels=labels)
    for of, value in sorted(values.items()):
        family.add_metric(list(of), value)
    return family


def _load(load: LoadControl, now: float) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "tis_esr_tcs_limit", "Limit of concurrent calls to TCS in this process", value=load.allowed(now)
    )
    yield GaugeMetricFamily(
        "tis_esr_tcs_in_flight", "Concurrent calls to TCS in this process", value=load.in_flight
    )
    changes = CounterMetricFamily(
        "tis_esr_tcs_limit_changes", "Changes of the limit of concurrent calls, by reason", labels=["reason"]
    )
    for reason in CHANGES:
        changes.add_metric([reason], load.changes[reason])
    yield changes


class _Asked(Collector):
    def __init__(self, ask: Callable[[], Iterable[Metric]]) -> None:
        self._ask = ask

    def collect(self) -> Iterable[Metric]:
        return self._ask()


def _by_kind(parked: Mapping[tuple[str, str], int]) -> Counter[tuple[str, str]]:
    """Merge reasons that differ only in a number or a quoted name: otherwise the number of labels has no limit."""
    kinds: Counter[tuple[str, str]] = Counter()
    for (queue, reason), number in parked.items():
        kinds[queue, _ONE_OF_MANY.sub("…", visible(reason, kept=""))[:80]] += number
    return kinds
