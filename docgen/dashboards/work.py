"""The dashboards of throughput and backlog, and of TCS."""

from typing import Final

from docgen.dashboards.panels import Panel, Row, gauge, increase, quantile, rate, series
from tis_esr.operations.alarms.thresholds import BACKLOG_SECONDS, OUTBOX_SECONDS

_SECONDS = "tis_esr_handler_seconds"
_CALLS = "tis_esr_tcs_calls_total"
_ALL_CALLS = rate(_CALLS)
_FAILED_CALLS = rate(_CALLS, where='outcome!="ok"')

THROUGHPUT: Final = Row(
    title="Throughput",
    panels=(
        Panel(
            title="Messages done by queue",
            queries=[(rate("tis_esr_handled_total", "queue", where='outcome="done"'), "{{queue}}")],
            unit="mps",
            width=12,
        ),
        Panel(
            title="Messages not done, by outcome",
            queries=[
                (rate("tis_esr_handled_total", "queue", "outcome", where='outcome!="done"'), "{{outcome}} {{queue}}")
            ],
            note="Conflicts are retried at once; more than a few in a hundred are worth a ticket.",
            unit="mps",
            width=12,
        ),
        Panel(
            title="Batch: median duration",
            queries=[(quantile(0.5, _SECONDS, "queue"), "{{queue}}")],
        ),
        Panel(
            title="Batch: 95 % take less than",
            queries=[(quantile(0.95, _SECONDS, "queue"), "{{queue}}")],
        ),
        Panel(
            title="Handlers at work",
            queries=[(rate(f"{_SECONDS}_sum", "queue"), "{{queue}}")],
            note="The batches of a queue that are handled at the same time, on average.",
            unit="short",
        ),
    ),
)  # fmt: skip
BACKLOG: Final = Row(
    title="Backlog",
    panels=(
        Panel(title="Messages by queue", queries=[(gauge("tis_esr_queue_depth", "queue"), "{{queue}}")]),
        Panel(
            title="Oldest message by queue",
            queries=[(gauge("tis_esr_queue_oldest_seconds", "queue"), "{{queue}}")],
            bad=BACKLOG_SECONDS,
        ),
        Panel(
            title="Outbox: oldest message",
            queries=[(gauge("tis_esr_outbox_oldest_seconds"), "oldest")],
            note="0 on the embedded engine, which has no outbox.",
            bad=OUTBOX_SECONDS,
        ),
        Panel(
            title="Outbox: messages",
            queries=[(gauge("tis_esr_outbox_depth"), "messages")],
            note="0 on the embedded engine, which has no outbox.",
        ),
        Panel(
            title="Parked by queue and reason",
            queries=[(gauge("tis_esr_parked", "queue", "reason"), "")],
            note="`tis-esr parked list` and the console list them.",
            form="table",
            width=16,
        ),
        Panel(
            title="Purged within a day",
            queries=[(increase("tis_esr_purged_total", "collection", span="1d"), "{{collection}}")],
        ),
    ),
)
CALLS: Final = Row(
    title="Calls",
    panels=(
        Panel(title="Calls by outcome", queries=[(rate(_CALLS, "outcome"), "{{outcome}}")], unit="reqps"),
        Panel(
            title="The ten most frequent calls",
            queries=[(f"topk(10, {rate(_CALLS, 'method', 'path')})", "{{method}} {{path}}")],
            unit="reqps",
        ),
        Panel(
            title="Share of calls that fail",
            queries=[(f"({_FAILED_CALLS} or on () 0 * {_ALL_CALLS}) / {_ALL_CALLS}", "failed")],
            note="An attempt that was repeated counts as failed.",
            unit="percentunit",
        ),
    ),
)
LOAD: Final = Row(
    title="Load and protection",
    panels=(
        Panel(
            title="Processes by state of the circuit breaker",
            queries=[(f"sum by (state) ({series('tis_esr_tcs_breaker')})", "{{state}}")],
            note="Each process has its own breaker. Open: TCS is not called.",
        ),
        Panel(
            title="Concurrent calls, and their limit",
            queries=[
                (gauge("tis_esr_tcs_in_flight", how="sum"), "in flight"),
                (gauge("tis_esr_tcs_limit", how="sum"), "limit"),
            ],
            note="Over all processes, which share one budget.",
        ),
        Panel(
            title="Limit by process",
            queries=[(gauge("tis_esr_tcs_limit", "instance"), "{{instance}}")],
            note="1 is the floor: TCS is overloaded. 0: the process has no share of the budget.",
        ),
        Panel(
            title="Changes of the limit within an hour",
            queries=[(increase("tis_esr_tcs_limit_changes_total", "reason"), "{{reason}}")],
        ),
        Panel(
            title="Values from ESR that TIS is not sent, within a day",
            queries=[(increase("tis_esr_refused_values_total", "column", "reason", span="1d"), "{{column}} {{reason}}")],
            width=16,
        ),
    ),
)  # fmt: skip
