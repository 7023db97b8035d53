"""When each alert fires and when it does not: what is scraped, and after how many minutes."""

from dataclasses import dataclass

from tests.monitoring.healthy import JUDGED, active

HERE = {
    "file-late", "file-missing", "rejects-above-usual", "applicants-leaving-window", "promise-at-risk", "status-drift",
    "queue-without-consumer", "parked-old", "tcs-limit-low", "broker-alarm", "store-disk-low", "store-growth", "foreign-objects", "digest-missing",
}  # fmt: skip
"""The kinds that only ``tis-esr run`` can judge."""


@dataclass(frozen=True)
class Condition:
    """A series with a value that fires an alert after ``minutes``, not earlier; and a value of it that never does."""

    kind: str
    series: str
    value: float | str
    minutes: int
    quiet: float | str
    labels: tuple[tuple[str, str], ...] = ()


def _files(kind: str, state: str, minutes: int = 0) -> Condition:
    return Condition(kind, f'tis_esr_files{{deanery="LDN",type="RMC",state="{state}"}}', 1, minutes, 0)


MEASURABLE = (
    _files("file-held", "held", 10),
    _files("file-refused", "refused"),
    _files("file-refused", "other_content"),
    _files("file-incomplete", "incomplete"),
    Condition("file-gap", 'tis_esr_file_gaps{deanery="LDN",type="RMT"}', 2, 30, 0),
    Condition("confirmation-overdue", 'tis_esr_unconfirmed_files{deanery="LDN",type="DNC"}', 1, 0, 0),
    Condition("confirmation-overdue", 'tis_esr_unconfirmed_files{deanery="LDN",type="DNF"}', 1, 0, 0),
    Condition("suspected-quarantine", 'tis_esr_unconfirmed_files{deanery="LDN",type="APP"}', 1, 0, 0),
    Condition(
        "backlog-old",
        'tis_esr_queue_oldest_seconds{queue="esr.queue.por.split"}',
        1801,
        0,
        1800,
        (("queue", "esr.queue.por.split"),),
    ),
    Condition("outbox-old", "tis_esr_outbox_oldest_seconds", 121, 0, 120),
    Condition("tcs-breaker-open", 'tis_esr_tcs_breaker{state="closed"}', 0, 15, 1),
    Condition(
        "disk-space",
        'tis_esr_disk_free_ratio{place="TIS_ESR_STATE"}',
        0.09,
        5,
        0.1,
        (("place", "TIS_ESR_STATE"),),
    ),
    Condition("memory-high", "tis_esr_memory_used_ratio", 0.91, 15, 0.9),
    Condition(
        "task-restarts",
        'tis_esr_task_restarts_total{task="inbound files"}',
        "0 1x60",
        1,
        "1x60",
        (("task", "inbound files"),),
    ),
    Condition("clock-skew", "tis_esr_clock_skew_seconds", 31, 5, 30),
    Condition("clock-skew", "tis_esr_clock_skew_seconds", -31, 5, -30),
    Condition("sink-failing", 'tis_esr_alarm_oldest_unsent_seconds{sink="slack"}', 901, 0, 900, (("sink", "slack"),)),
    Condition("alarms-not-judged", 'tis_esr_poll_age_seconds{task="alarms"}', 901, 0, 900),
)  # fmt: skip
"""The kinds whose condition Prometheus judges by itself."""
JUDGED_HERE = tuple(Condition(kind, active(kind), 1, 0, 0) for kind in sorted(HERE))
LEDGER = (
    "file-held",
    "file-refused",
    "file-incomplete",
    "file-gap",
    "confirmation-overdue",
    "suspected-quarantine",
)
"""The kinds that another process judges too, where no InboundDataReader exports the metric."""
ESCALATED = tuple(sorted(kind for kind, severity in JUDGED.items() if severity == "warning"))
"""The kinds that become critical."""
