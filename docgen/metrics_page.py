"""``docs/reference/metrics.md``: every metric with its type and labels, from the registry that ``/metrics`` prints."""

from prometheus_client.core import Metric

from docgen.markdown import NOTICE, table
from tis_esr.engine.envelope import Message
from tis_esr.engine.protocol import Depths
from tis_esr.tcs.transport import Counted
from tis_esr.web.metrics import Metrics

_OPENING = """# Metrics

`GET /metrics` on each process, in Prometheus's text format. What to alert on is in [monitoring](../how-to/monitor.md).

- Queue depths, the outbox and parked messages are counted in the database, so every process reports the same value: aggregate with `max`.
  They are refreshed at least once a minute.
- Counters are per process: aggregate with `sum(rate(...))` or `sum(increase(...))`.
- Labels hold ids and names only, never personal data. Numbers and names within a reason are replaced by `…`.
"""
_VALUES = """## Values of labels

| label | values |
| --- | --- |
| `outcome` of `tis_esr_handled_total` | `done`; `conflict` (retried at once because a document had changed); `released` (a dependency was unavailable); `retried` (alone); `parked` |
| `outcome` of `tis_esr_tcs_calls_total` | `ok`; `repeated` (an attempt that was retried); `not_sent` (the deadline had passed); otherwise the kind of error |
| `reason` of `tis_esr_tcs_limit_changes_total` | `raised`; `halved_failures` (most calls failed); `halved_latency` (most were slow); `share` (another process started or stopped) |
| `reason` of `tis_esr_refused_values_total` | the codes in [rules](rules.md#people-from-esr-to-tis) |
| `state` of `tis_esr_files` | the codes in [states](states.md#inbound-files); settled findings are not counted |
| `type` of `tis_esr_files` and `tis_esr_file_gaps` | the file type; `RMT` stands for RMF and RMC, which share a counter |
| `task` of `tis_esr_poll_age_seconds` | `inbound files`, `ledger of files`, `export schedule`, `retention`, `announcement`, `batches`, `audit`, `statuses`, `alarms`, `alarms to` each receiver; it grows while a store or the database is unavailable |
| `alarm` of `tis_esr_alarm_active` | the ids of [alarms](alarms.md); 0 where it was judged and is not active, absent where it could not be judged, NaN where what it is judged by is not configured |
| `sink` | `slack`, `teams`, `webhook`, `mail` |
| `place` of `tis_esr_disk_free_ratio` | `TIS_ESR_STATE`, `TIS_ESR_INBOUND`, `TIS_ESR_OUTBOUND` |
| `state` of `tis_esr_tcs_breaker` | `closed`, `half-open`, `open`; the current one is 1 |

`tis_esr_files`, `tis_esr_file_gaps`, `tis_esr_unconfirmed_files` and `tis_esr_file_lag_seconds` are read from the ledger every 30 s (what has changed; all of it once an hour), and only where `InboundDataReader` runs. `tis_esr_tcs_limit` is 0 for a process without a share of the budget.
"""


def declared() -> dict[str, Metric]:
    """Return every metric by the name that queries use: a counter's ends in ``_total``."""
    return {_name(metric): metric for metric in sorted(_filled().registry.collect(), key=_name)}


def page() -> str:
    """Return the page."""
    rows = [
        (f"`{name}`", metric.type, _labels(metric), metric.documentation)
        for name, metric in declared().items()
    ]
    return f"{_OPENING}\n{NOTICE}\n\n{table(('metric', 'type', 'labels', 'meaning'), rows)}\n\n{_VALUES}"


def _name(metric: Metric) -> str:
    return f"{metric.name}_total" if metric.type == "counter" else metric.name


def _labels(metric: Metric) -> str:
    names = dict.fromkeys(name for sample in metric.samples for name in sample.labels if name != "le")
    return ", ".join(f"`{name}`" for name in names)


def _filled() -> Metrics:
    """Return metrics of which each has a sample, so that its labels can be seen."""
    metrics = Metrics(
        lambda: {Counted("GET", "/posts", "ok"): 1},
        lambda: "closed",
        restarts=lambda: {"task": 1},
        refused_values=lambda: {("PER07", "TOO_LONG"): 1},
    )
    metrics.depths = Depths({"queue": (1, 1.0)}, {("queue", "reason"): 1})
    metrics.files = {("EOE", "RMF", "split"): 1}
    metrics.purged, metrics.polled = {"rows": 1}, {"inbound files": 0.0}
    metrics.file_gaps = {("EOE", "RMT"): 1}
    metrics.alarms = {("file-gap", "warning"): 1}
    metrics.alarms_unsent, metrics.memory = {("slack",): 1.0}, 0.5
    metrics.alarm_failures["slack"], metrics.disks = 1, {"TIS_ESR_STATE": 0.5}
    metrics.unconfirmed = {("EOE", "APP"): 1}
    message = Message(
        id="1", queue="queue", correlation_id="1", source_file="", deanery="EOE", row=1, body=b""
    )
    metrics.observe("queue", "done", [message], 1.0)
    return metrics
